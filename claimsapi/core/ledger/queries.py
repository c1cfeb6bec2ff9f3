"""Reads of the ledger: readable entries, the history of a record, and the feed of changes.

The public reads entries that were the state of a public record at some time. Of every other entry
it reads the leaf hash only, so that all callers see the same tree.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db.models import Q, QuerySet

from claimsapi.core.database.ledger_triggers import recorded_models
from claimsapi.core.ledger.models import ERASURE, Appearance, Entry, Leaf
from claimsapi.core.ledger.read_snapshot import read_snapshot
from claimsapi.core.ledger.sequencer import find_visible
from claimsapi.core.ledger.state_json import read_fields, split_into_chunks
from claimsapi.core.text import parse_digits

_OPEN: Final = float("inf")


def readable_kinds(user: Any) -> set[str]:
    """Return the kinds whose entries the caller can read entirely."""
    kinds = {
        model._meta.label_lower
        for model in recorded_models()
        if user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
    }
    return kinds | ({ERASURE} if user.has_perm("core.view_entry") else set())


def readable_leaves(leaves: Sequence[Leaf], user: Any) -> set[int]:
    """Return the sequence numbers of the leaves whose entries the caller can read.

    The leaves must have their entries loaded.
    """
    kinds = readable_kinds(user)
    readable = {leaf.sequence for leaf in leaves if leaf.entry.kind in kinds}
    # Only staff reads kinds with columns for staff, and kinds whose model no longer exists.
    open_kinds = {m._meta.label_lower for m in recorded_models() if not m.staff_only_fields} - kinds
    others = [
        leaf
        for leaf in leaves
        if leaf.settled and leaf.entry.kind in open_kinds and not leaf.entry.erased
    ]
    if not others:
        return readable
    objects = {leaf.entry.object for leaf in others}
    public, withdrawn = _public_spans(objects)
    # A settled leaf is the state of its record until the record's next settled leaf.
    settled_leaves = defaultdict(list)
    settled = Leaf.objects.filter(entry__object__in=objects, settled=True)
    settled = settled.exclude(entry__kind=ERASURE)
    for object_, number in settled.order_by("sequence").values_list("entry__object", "sequence"):
        settled_leaves[object_].append(number)
    for leaf in others:
        object_ = leaf.entry.object
        until = next((n for n in settled_leaves[object_] if n > leaf.sequence), _OPEN)
        # The record ceases to be public at the leaf of its deletion, so look one leaf earlier.
        last = leaf.sequence - (leaf.entry.action == "delete")
        if object_ not in withdrawn and any(
            start < until and end > last for start, end in public[object_]
        ):
            readable.add(leaf.sequence)
    return readable


def _public_spans(
    objects: Iterable[UUID],
) -> tuple[dict[UUID, list[tuple[float, float]]], set[UUID]]:
    """Return each object's public spans, from leaf to leaf, and the withdrawn objects.

    Withdrawn objects exist but are no longer public, or were no longer public when deleted. Their
    past is withdrawn with them.
    """
    times: dict[UUID, list[tuple[float, float]]] = defaultdict(list)
    gone: dict[str, set[UUID]] = defaultdict(set)
    for appearance in Appearance.objects.filter(object__in=list(objects)).order_by("id"):
        spans = times[appearance.object]
        is_public = bool(spans) and spans[-1][1] == _OPEN
        if appearance.visible and not is_public:
            spans.append((appearance.leaf_id, _OPEN))
            gone[appearance.kind].discard(appearance.object)
        elif is_public and not appearance.visible:
            spans[-1] = (spans[-1][0], appearance.leaf_id)
            gone[appearance.kind].add(appearance.object)
    withdrawn: set[UUID] = set()
    for kind, hidden in gone.items():
        rows = apps.get_model(kind)._default_manager.filter(public_id__in=hidden)
        withdrawn |= set(rows.values_list("public_id", flat=True))
        deletions = Leaf.objects.filter(entry__object__in=hidden, entry__action="delete")
        last = deletions.order_by("sequence").values_list("entry__object", "sequence")
        withdrawn |= {number for number, leaf in dict(last).items() if times[number][-1][1] < leaf}
    return times, withdrawn


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a history; ``changes`` maps fields to their values before and after it."""

    leaf: Leaf
    changes: dict[str, tuple[Any, Any]]

    @property
    def entry(self) -> Entry:
        return self.leaf.entry

    @property
    def fields(self) -> dict[str, Any] | None:
        """The record's fields after the entry; ``None`` if they are deleted or erased."""
        return read_fields(self.entry.state) if self.entry.state else None


def find_parts(objects: Iterable[UUID]) -> set[UUID]:
    """Return these records and all their past and present parts, recursively."""
    records = fresh = set(objects)
    while fresh:
        parts: set[UUID] = set()
        for chunk in split_into_chunks(fresh):
            for column in ("part_of", "part_of_too"):
                rows = Entry.objects.filter(**{f"{column}__in": chunk}).order_by()
                parts |= set(rows.values_list("object", flat=True).distinct())
        fresh = parts - records
        records = records | fresh
    return records


def history(object_: UUID, user: Any, *, before: int | None = None, size: int) -> list[Change]:
    """Return the changes of a record and its parts that the caller can read, the newest first.

    Returns at most ``size`` changes with sequence numbers below ``before``.
    """
    entries_of = Leaf.objects.filter(entry__object__in=find_parts([object_]))
    leaves = list(defer_states(entries_of).order_by("sequence"))
    readable = readable_leaves(leaves, user)
    # Compare each leaf with the last readable one of its record. A hidden state between them must
    # not show, not even as a difference.
    earlier: dict[UUID, Leaf] = {}
    pairs = []
    for leaf in leaves:
        if leaf.sequence not in readable:
            continue
        pairs.append((leaf, earlier.get(leaf.entry.object)))
        if leaf.entry.kind != ERASURE:
            earlier[leaf.entry.object] = leaf
    pairs = [p for p in pairs if before is None or p[0].sequence < before][::-1][:size]
    load_states([leaf for pair in pairs for leaf in pair if leaf is not None])
    return [_change(leaf, old) for leaf, old in pairs]


def defer_states(leaves: QuerySet[Leaf]) -> QuerySet[Leaf]:
    """Load leaves with their entries but without states, which may be whole documents."""
    return leaves.select_related("entry").defer("entry__state")


def load_states(leaves: Iterable[Leaf]) -> None:
    """Load the deferred states of these leaves' entries in one query."""
    entries = [leaf.entry for leaf in leaves]
    rows = Entry.objects.filter(id__in={entry.id for entry in entries})
    states = dict(rows.values_list("id", "state"))
    for entry in entries:
        entry.state = states[entry.id]


def _change(leaf: Leaf, earlier: Leaf | None) -> Change:
    if leaf.entry.erased or leaf.entry.kind == ERASURE:
        return Change(leaf, {})
    before = earlier.entry.state if earlier is not None else None
    return Change(
        leaf, compare_fields(read_fields(before or ""), read_fields(leaf.entry.state or ""))
    )


def compare_fields(old: dict[str, Any], new: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the fields with different values, by name, without ``updated_at``."""
    names = sorted((old.keys() | new.keys()) - {"updated_at", "public_id"})
    pairs = {name: (old.get(name), new.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A position in the feed: the number of leaves read, and the last appearance there."""

    leaves: int = 0
    appearance: int = 0

    def __str__(self) -> str:
        return f"{self.leaves}.{self.appearance}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Parse the text of a cursor, or raise ``ValueError``."""
        leaves, appearance = (parse_digits(part, 18) for part in text.partition(".")[::2])
        if leaves is None or appearance is None:
            raise ValueError("not a cursor")
        return cls(leaves, appearance)


@dataclass(frozen=True, slots=True)
class FeedChange:
    """A change of a record for the caller, at this position of the feed."""

    cursor: Cursor
    kind: str
    object: UUID


def changed_since(user: Any, after: Cursor, size: int) -> list[FeedChange]:
    """Return the changes for the caller after that position, in order: at most ``size``.

    Of kinds that the caller reads entirely, every entry is a change; of the others, every
    appearance.
    """
    own = readable_kinds(user) - {ERASURE}
    others = {model._meta.label_lower for model in recorded_models()} - own
    changes: list[FeedChange] = []
    # Both queries must end at the same leaf. If a batch were sequenced between them, the cursor
    # would pass changes that the first query did not see.
    with read_snapshot() if own and others else nullcontext():
        if own:
            leaves = Leaf.objects.filter(sequence__gte=after.leaves, entry__kind__in=own)
            rows = leaves.order_by("sequence").values_list(
                "sequence", "entry__kind", "entry__object"
            )
            changes += [
                FeedChange(Cursor(sequence + 1), kind, object_)
                for sequence, kind, object_ in rows[:size]
            ]
        if others:
            later = Q(leaf__gte=after.leaves) | Q(leaf=after.leaves - 1, id__gt=after.appearance)
            appearances = Appearance.objects.filter(later, kind__in=others)
            appearance_rows = appearances.order_by("leaf_id", "id").values_list(
                "leaf_id", "id", "kind", "object"
            )
            changes += [
                FeedChange(Cursor(sequence + 1, number), kind, object_)
                for sequence, number, kind, object_ in appearance_rows[:size]
            ]
    return sorted(changes, key=lambda change: change.cursor)[:size]


def visible_at_last_leaf(model: Any, objects: Iterable[UUID], user: Any) -> set[UUID]:
    """Return which of the records the caller can read, as far as entries are sequenced.

    A write whose entry still waits must not count. If it were undone before the next batch, no
    appearance would correct the answer. Of kinds that the caller reads entirely, every entry is a
    change, so the records that exist now are right.
    """
    if model._meta.label_lower in readable_kinds(user):
        rows = model._default_manager.filter(public_id__in=objects)
        return set(rows.values_list("public_id", flat=True))
    return find_visible(objects)


def find_parents(objects: Iterable[UUID]) -> dict[UUID, UUID]:
    """Map parts to their parent records, by the newest entry of each that names one."""
    entries = Entry.objects.filter(object__in=list(objects), part_of__isnull=False)
    # In the order of ids, so that the newest entry of a part wins.
    pairs = entries.order_by("id").values_list("object", "part_of")
    return {part: parent for part, parent in pairs if parent is not None}
