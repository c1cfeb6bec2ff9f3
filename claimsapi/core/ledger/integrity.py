"""Compares the live database with its ledger: entries with the tree, records with entries."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Exists, OuterRef

from claimsapi.core.database.checks import check_triggers
from claimsapi.core.database.ledger_triggers import recorded_models
from claimsapi.core.ledger import merkle
from claimsapi.core.ledger.current_states import CHUNK, iterate_in_chunks, with_states
from claimsapi.core.ledger.models import ERASURE, Entry, Leaf, Pending
from claimsapi.core.ledger.sequencer import content_json, leaf_json, read_nodes, tree_size
from claimsapi.core.progress import Output, Progress, no_output


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between the database and its ledger; ``what`` is the record or entry."""

    what: str
    message: str

    def __str__(self) -> str:
        return f"{self.what}: {self.message}"


def find_differences(output: Output = no_output) -> Iterator[Difference]:
    """Yield each difference between records, entries, tree and triggers.

    Call it in ``read_snapshot``; otherwise concurrent writes appear as differences. Its memory does
    not grow with the ledger.
    """
    for message in check_triggers(None, [connection.alias]):
        yield Difference("triggers", message.msg)
    yield from _check_tree(output)
    yield from _check_sequencing()
    yield from _check_erasures()
    # Each check reports on its own: one fault must not hide another.
    for model in recorded_models():
        yield from _check_records(model, output)
        yield from _check_missing_records(model)


def _label(entry: Entry, number: int | None) -> str:
    place = "a waiting entry" if number is None else f"entry {number}"
    return f"{place} ({entry.kind} {entry.object})"


def _check_tree(output: Output) -> Iterator[Difference]:
    size, frontier = tree_size(), merkle.Frontier()
    progress = Progress("Entries", size, output)
    leaves = Leaf.objects.select_related("entry").order_by("sequence")
    for start in range(0, size, CHUNK):
        chunk = list(leaves.filter(sequence__gte=start, sequence__lt=start + CHUNK))
        for leaf in chunk:
            # Behind a gap every later hash would differ, so stop here.
            if leaf.sequence != frontier.size:
                yield Difference("tree", f"entry {frontier.size} is missing.")
                return
            stored = bytes(leaf.content_hash)
            entry, what = leaf.entry, _label(leaf.entry, leaf.sequence)
            digest = stored if entry.erased else hashlib.sha256(content_json(entry)).digest()
            if digest != stored:
                yield Difference(what, "its content differs from the content hash in its leaf.")
            # Continue with the computed hash, so that the root shows the difference too.
            nodes = frontier.append(merkle.leaf_hash(leaf_json(entry, digest.hex())))
            if nodes[: merkle.HASH_SIZE] != leaf.leaf_hash and digest == stored:
                yield Difference(what, "it differs from the leaf hash in its leaf.")
            elif nodes != bytes(leaf.nodes):
                yield Difference(what, "the hashes in its leaf differ from those of the entries.")
        progress.add(len(chunk))
    if _read_root(size) != frontier.root():
        yield Difference("tree", "its root differs from that of the entries.")


def _read_root(size: int) -> bytes | None:
    try:
        return merkle.root(size, read_nodes)
    except (KeyError, ValueError):  # a leaf with a node of the root is missing
        return None


def _check_sequencing() -> Iterator[Difference]:
    waiting = Pending.objects.filter(entry=OuterRef("pk"))
    lost = Entry.objects.filter(~Exists(waiting), leaf__isnull=True)
    for entry in lost.iterator(CHUNK):
        yield Difference(_label(entry, None), "it is neither sequenced nor waiting.")
    sequenced = Entry.objects.filter(Exists(waiting), leaf__isnull=False).select_related("leaf")
    for entry in sequenced.iterator(CHUNK):
        yield Difference(_label(entry, entry.leaf.sequence), "it is sequenced and still waiting.")
    entries = Entry.objects.filter(pk=OuterRef("entry_id"))
    for number in Pending.objects.filter(~Exists(entries)).values_list("pk", flat=True):
        yield Difference("tree", f"row {number} is waiting, but no such entry exists.")


def _check_erasures() -> Iterator[Difference]:
    """Check that a later erasure of the same record names every erased entry."""
    erased = Leaf.objects.select_related("entry").filter(entry__erased=True)
    for leaf in erased.order_by("sequence").iterator(CHUNK):
        erasures = Entry.objects.filter(
            object=leaf.entry.object, kind=ERASURE, id__gt=leaf.entry_id
        )
        numbers = {
            number
            for state in erasures.values_list("state", flat=True)
            for number in orjson.loads(state or '{"fields":{"entries":[]}}')["fields"]["entries"]
        }
        if leaf.sequence not in numbers:
            yield Difference(
                _label(leaf.entry, leaf.sequence), "it is erased, but no erasure names it."
            )


def _newest_entries(kind: str, objects: list[UUID]) -> dict[UUID, Entry]:
    newest = Entry.objects.filter(kind=kind, object__in=objects).newest().select_related("leaf")
    return {entry.object: entry for entry in newest}


def _check_records(model: Any, output: Output) -> Iterator[Difference]:
    """Check that every record equals the state of its newest entry."""
    kind = model._meta.label_lower
    # The database computes the states, with the expression that the triggers use.
    records = with_states(model._default_manager.all())
    progress = Progress(kind, records.count(), output)
    for chunk in iterate_in_chunks(records, "public_id", "state_json"):
        newest = _newest_entries(kind, [object_ for object_, _ in chunk])
        for object_, state in chunk:
            entry, what = newest.get(object_), f"{kind} {object_}"
            if entry is None:
                yield Difference(what, "the ledger has no entry for it.")
            elif state is None:
                yield Difference(what, "it has a value without canonical form.")
            elif entry.state != state:
                yield Difference(
                    what, f"it differs from {_entry_name(entry)}{_describe_fields(entry, state)}."
                )
        progress.add(len(chunk))


def _entry_name(entry: Entry) -> str:
    leaf = getattr(entry, "leaf", None)
    return "its newest entry" if leaf is None else f"entry {leaf.sequence}"


def _describe_fields(entry: Entry, state: str) -> str:
    """Return the names of the differing fields, without their values, which may be secret."""
    if entry.state is None:
        return ""
    recorded, current = orjson.loads(entry.state)["fields"], orjson.loads(state)["fields"]
    names = sorted(
        name for name in recorded.keys() | current.keys() if recorded.get(name) != current.get(name)
    )
    return f" ({', '.join(names)})" if names else ""


def _check_missing_records(model: Any) -> Iterator[Difference]:
    """Check that every record exists unless its newest entry is a deletion."""
    kind = model._meta.label_lower
    existing = model._default_manager.filter(public_id=OuterRef("object"))
    later = Entry.objects.filter(object=OuterRef("object"), kind=kind, id__gt=OuterRef("id"))
    newest = Entry.objects.filter(~Exists(existing), ~Exists(later.order_by()), kind=kind)
    for entry in newest.exclude(action="delete").select_related("leaf").iterator(CHUNK):
        yield Difference(
            f"{kind} {entry.object}", f"it is missing, but {_entry_name(entry)} has it."
        )
