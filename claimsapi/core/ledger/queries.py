"""Which entries a caller may read, what a record's history was, and what changed since.

The public reads the entries that were a public record's state at some time. Of every other entry it
sees the leaf hash alone, so that the tree is the same for all.
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

_OPEN: Final = float("inf")


def readable_kinds(user: Any) -> set[str]:
    """The kinds of which the caller reads every entry."""
    kinds = {
        model._meta.label_lower
        for model in recorded_models()
        if user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
    }
    return kinds | ({ERASURE} if user.has_perm("core.view_entry") else set())


def readable_leaves(leaves: Sequence[Leaf], user: Any) -> set[int]:
    """Return the sequence numbers of those leaves whose entries the caller may read.

    The leaves come with their entries.
    """
    kinds = readable_kinds(user)
    seen = {leaf.sequence for leaf in leaves if leaf.entry.kind in kinds}
    # A kind of which something is withheld, or that there is no more, is for staff alone.
    open_kinds = {m._meta.label_lower for m in recorded_models() if not m.withheld} - kinds
    others = [
        leaf
        for leaf in leaves
        if leaf.settled and leaf.entry.kind in open_kinds and not leaf.entry.erased
    ]
    if not others:
        return seen
    objects = {leaf.entry.object for leaf in others}
    public, withdrawn = _public_spans(objects)
    stood = defaultdict(list)
    settled = Leaf.objects.filter(entry__object__in=objects, settled=True)
    settled = settled.exclude(entry__kind=ERASURE)
    for object_, number in settled.order_by("sequence").values_list("entry__object", "sequence"):
        stood[object_].append(number)
    for leaf in others:
        object_ = leaf.entry.object
        until = next((n for n in stood[object_] if n > leaf.sequence), _OPEN)
        # A deletion is where its record ceased to be public.
        last = leaf.sequence - (leaf.entry.action == "delete")
        if object_ not in withdrawn and any(
            start < until and end > last for start, end in public[object_]
        ):
            seen.add(leaf.sequence)
    return seen


def _public_spans(
    objects: Iterable[UUID],
) -> tuple[dict[UUID, list[tuple[float, float]]], set[UUID]]:
    """From which leaf to which each object was public; and those taken from the public since.

    Those exist and are public no more, or were public no more when they were deleted.
    """
    times: dict[UUID, list[tuple[float, float]]] = defaultdict(list)
    gone: dict[str, set[UUID]] = defaultdict(set)
    for noted in Appearance.objects.filter(object__in=list(objects)).order_by("id"):
        spans = times[noted.object]
        is_public = bool(spans) and spans[-1][1] == _OPEN
        if noted.visible and not is_public:
            spans.append((noted.leaf_id, _OPEN))
            gone[noted.kind].discard(noted.object)
        elif is_public and not noted.visible:
            spans[-1] = (spans[-1][0], noted.leaf_id)
            gone[noted.kind].add(noted.object)
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
    """One entry of a history; ``changes`` gives each field's value before and after."""

    leaf: Leaf
    changes: dict[str, tuple[Any, Any]]

    @property
    def entry(self) -> Entry:
        return self.leaf.entry

    @property
    def fields(self) -> dict[str, Any] | None:
        """The record's fields after it; ``None`` once deleted, or where they were erased."""
        return read_fields(self.entry.state) if self.entry.state else None


def find_parts(objects: Iterable[UUID]) -> set[UUID]:
    """These records and all that ever was a part of them, and of their parts."""
    found = fresh = set(objects)
    while fresh:
        parts: set[UUID] = set()
        for chunk in split_into_chunks(fresh):
            for whole in ("part_of", "part_of_too"):
                rows = Entry.objects.filter(**{f"{whole}__in": chunk}).order_by()
                parts |= set(rows.values_list("object", flat=True).distinct())
        fresh = parts - found
        found = found | fresh
    return found


def history(object_: UUID, user: Any, *, before: int | None = None, size: int) -> list[Change]:
    """What happened to a record and its parts as far as the caller may know, the newest first.

    ``before`` is the sequence number from which to go back, not itself included; at most ``size``
    changes are returned.
    """
    found = Leaf.objects.filter(entry__object__in=find_parts([object_])).order_by("sequence")
    mine = list(defer_states(found))
    seen = readable_leaves(mine, user)
    kept = [leaf for leaf in mine if leaf.sequence in seen]
    earlier: dict[UUID, Leaf] = {}
    pairs = []
    for leaf in kept:
        pairs.append((leaf, earlier.get(leaf.entry.object)))
        if leaf.entry.kind != ERASURE:
            earlier[leaf.entry.object] = leaf
    pairs = [p for p in pairs if before is None or p[0].sequence < before][::-1][:size]
    load_states([leaf for pair in pairs for leaf in pair if leaf is not None])
    return [_change(leaf, old) for leaf, old in pairs]


def defer_states(leaves: QuerySet[Leaf]) -> QuerySet[Leaf]:
    """With their entries, but without the states, of which some hold a whole document's text."""
    return leaves.select_related("entry").defer("entry__state")


def load_states(leaves: Iterable[Leaf]) -> None:
    """Read the states of these leaves' entries, which came without."""
    entries = [leaf.entry for leaf in leaves]
    found = Entry.objects.filter(id__in={entry.id for entry in entries})
    states = dict(found.values_list("id", "state"))
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
    """The fields whose values differ, by name; when a row was last written is none of them."""
    names = sorted((old.keys() | new.keys()) - {"updated_at", "public_id"})
    pairs = {name: (old.get(name), new.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the feed of changes: how many leaves were read, and what was noted at the last."""

    leaves: int = 0
    noted: int = 0

    def __str__(self) -> str:
        return f"{self.leaves}.{self.noted}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read a cursor back; ``ValueError`` for anything that this class did not write."""
        leaves, dot, noted = text.partition(".")
        if not (dot and text.isascii() and leaves.isdecimal() and noted.isdecimal()):
            raise ValueError("not a cursor")
        if len(text) > 37:
            raise ValueError("no cursor is that long")
        return cls(int(leaves), int(noted))


@dataclass(frozen=True, slots=True)
class FeedChange:
    """That something about a record changed for the caller, at this place of the feed."""

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
            later = Q(leaf__gte=after.leaves) | Q(leaf=after.leaves - 1, id__gt=after.noted)
            appearances = Appearance.objects.filter(later, kind__in=others)
            rows = appearances.order_by("leaf_id", "id").values_list(
                "leaf_id", "id", "kind", "object"
            )
            changes += [
                FeedChange(Cursor(sequence + 1, number), kind, object_)
                for sequence, number, kind, object_ in rows[:size]
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
    """What each of these parts is a part of, by its newest entry that says so."""
    told = Entry.objects.filter(object__in=list(objects), part_of__isnull=False)
    pairs = told.order_by("id").values_list("object", "part_of")
    return {part: whole for part, whole in pairs if whole is not None}
