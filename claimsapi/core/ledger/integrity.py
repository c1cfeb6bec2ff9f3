"""Checking the live database: entries against the tree, records against their entries, triggers."""

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
from claimsapi.core.ledger.progress import Output, Progress, no_output
from claimsapi.core.ledger.sequencer import content_json, leaf_json, read_nodes, tree_size


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the ledger says: of which record or entry, and what."""

    what: str
    message: str

    def __str__(self) -> str:
        return f"{self.what}: {self.message}"


def find_differences(output: Output = no_output) -> Iterator[Difference]:
    """Everything in which the database differs from its ledger, and the ledger from its tree.

    Read it in ``one_moment``, or what is written meanwhile appears as differences. Memory does not
    grow with the ledger.
    """
    for message in check_triggers(None, [connection.alias]):
        yield Difference("triggers", message.msg)
    yield from _check_tree(output)
    yield from _check_sequencing()
    yield from _check_erasures()
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
            if leaf.sequence != frontier.size:
                yield Difference("tree", f"entry {frontier.size} is missing.")
                return
            held = bytes(leaf.content_hash)
            entry, what = leaf.entry, _label(leaf.entry, leaf.sequence)
            said = held if entry.erased else hashlib.sha256(content_json(entry)).digest()
            if said != held:
                yield Difference(what, "its content is not what its place in the tree was made of.")
            nodes = frontier.append(merkle.leaf_hash(leaf_json(entry, said.hex())))
            if nodes[: merkle.HASH_SIZE] != leaf.leaf_hash and said == held:
                yield Difference(what, "it is not what its place in the tree was made of.")
            elif nodes != bytes(leaf.nodes):
                yield Difference(what, "the hashes kept with it are not those of the entries.")
        progress.add(len(chunk))
    if _read_root(size) != frontier.root():
        yield Difference("tree", "its root is not that of the entries.")


def _read_root(size: int) -> bytes | None:
    try:
        return merkle.root(size, read_nodes)
    except (KeyError, ValueError):  # what it is made of is not there
        return None


def _check_sequencing() -> Iterator[Difference]:
    waiting = Pending.objects.filter(entry=OuterRef("pk"))
    lost = Entry.objects.filter(~Exists(waiting), leaf__isnull=True)
    for entry in lost.iterator(CHUNK):
        yield Difference(
            _label(entry, None), "it neither has a place in the tree nor waits for one."
        )
    placed = Entry.objects.filter(Exists(waiting), leaf__isnull=False).select_related("leaf")
    for entry in placed.iterator(CHUNK):
        yield Difference(_label(entry, entry.leaf.sequence), "it has its place and still waits.")
    entries = Entry.objects.filter(pk=OuterRef("entry_id"))
    for number in Pending.objects.filter(~Exists(entries)).values_list("pk", flat=True):
        yield Difference("tree", f"row {number} waits for a place, and there is no such entry.")


def _check_erasures() -> Iterator[Difference]:
    """Every erased entry is named by a later erasure of its record."""
    erased = Leaf.objects.select_related("entry").filter(entry__erased=True)
    for leaf in erased.order_by("sequence").iterator(CHUNK):
        erasures = Entry.objects.filter(
            object=leaf.entry.object, kind=ERASURE, id__gt=leaf.entry_id
        )
        named = {
            number
            for state in erasures.values_list("state", flat=True)
            for number in orjson.loads(state or '{"fields":{"entries":[]}}')["fields"]["entries"]
        }
        if leaf.sequence not in named:
            yield Difference(
                _label(leaf.entry, leaf.sequence), "it is erased, and no erasure says so."
            )


def _newest_entries(kind: str, objects: list[UUID]) -> dict[UUID, Entry]:
    found = Entry.objects.filter(kind=kind, object__in=objects).newest().select_related("leaf")
    return {entry.object: entry for entry in found}


def _check_records(model: Any, output: Output) -> Iterator[Difference]:
    """Every record is as its newest entry says."""
    kind = model._meta.label_lower
    records = with_states(model._default_manager.all())
    progress = Progress(kind, records.count(), output)
    for chunk in iterate_in_chunks(records, "public_id", "state_json"):
        newest = _newest_entries(kind, [object_ for object_, _ in chunk])
        for object_, state in chunk:
            entry, what = newest.get(object_), f"{kind} {object_}"
            if entry is None:
                yield Difference(what, "the ledger does not know of it.")
            elif state is None:
                yield Difference(what, "it holds a value that has no canonical form.")
            elif entry.state != state:
                yield Difference(
                    what, f"it is not as {_entry_name(entry)} says{_describe_fields(entry, state)}."
                )
        progress.add(len(chunk))


def _entry_name(entry: Entry) -> str:
    leaf = getattr(entry, "leaf", None)
    return "its newest entry" if leaf is None else f"entry {leaf.sequence}"


def _describe_fields(entry: Entry, state: str) -> str:
    """Which fields differ, by name and not by what they hold."""
    if entry.state is None:
        return ""
    said, found = orjson.loads(entry.state)["fields"], orjson.loads(state)["fields"]
    names = sorted(n for n in said.keys() | found.keys() if said.get(n) != found.get(n))
    return f" ({', '.join(names)})" if names else ""


def _check_missing_records(model: Any) -> Iterator[Difference]:
    """Every record whose newest entry is no deletion is there."""
    kind = model._meta.label_lower
    there = model._default_manager.filter(public_id=OuterRef("object"))
    later = Entry.objects.filter(object=OuterRef("object"), kind=kind, id__gt=OuterRef("id"))
    newest = Entry.objects.filter(~Exists(there), ~Exists(later.order_by()), kind=kind)
    for entry in newest.exclude(action="delete").select_related("leaf").iterator(CHUNK):
        yield Difference(f"{kind} {entry.object}", f"it is gone, and {_entry_name(entry)} has it.")
