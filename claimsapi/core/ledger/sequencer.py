"""Giving entries their places in the tree, and noting what thereby became public.

An entry is part of the record when its write commits. Its place in the tree it gets a moment
later, in one short transaction for all that wait, so that writers never queue behind one another:
after each request that may have written, and before anything is read off the tree.
"""

import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db import OperationalError, connection, transaction
from django.db.models import Max, Min

from claimsapi.core.database.ledger_triggers import recorded_models
from claimsapi.core.ledger import merkle
from claimsapi.core.ledger.models import ERASURE, Appearance, Entry, Leaf, Pending
from claimsapi.core.ledger.state_json import iterate_record_references, split_into_chunks

# Of a string RFC 8785 makes what the standard library does, which is ten times as fast.
_json_string: Final = json.JSONEncoder(ensure_ascii=False).encode

_LOCK: Final = 0x1ED6E2  # the number of PostgreSQL's advisory lock, any that nobody else takes
_TRIES: Final = 200
_PAUSE: Final = 0.05  # seconds


def content_json(entry: Entry) -> bytes:
    """The canonical JSON of an entry's content, which its content hash is of."""
    reason, salt, state = (
        _json_string(entry.reason),
        _json_string(entry.salt),
        entry.state or "null",
    )
    return f'{{"reason":{reason},"salt":{salt},"state":{state}}}'.encode()


def leaf_json(entry: Entry, content: str | bytes) -> bytes:
    """The canonical JSON of an entry; its leaf if ``content`` is the hash, else its whole."""
    said = _json_string(content).encode() if isinstance(content, str) else content
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00")
    action, actor, kind = (
        _json_string(entry.action),
        _json_string(entry.actor),
        _json_string(entry.kind),
    )
    head = f'{{"action":{action},"actor":{actor},"at":"{at}Z","content":'.encode()
    return b'%b%b,"kind":%b,"object":"%b"}' % (
        head,
        said,
        kind.encode(),
        str(entry.object).encode(),
    )


def entry_line(leaf: Leaf) -> bytes:
    """An entry as a line of the export: its content, or the hash of what was erased."""
    entry = leaf.entry
    held = bytes(leaf.content_hash).hex() if entry.erased else content_json(entry)
    return leaf_json(entry, held)


def tree_size() -> int:
    """The number of leaves."""
    last = Leaf.objects.order_by("-sequence").values_list("sequence", flat=True).first()
    return 0 if last is None else last + 1


def read_nodes(nodes: Sequence[tuple[int, int]]) -> list[bytes]:
    """Read complete nodes, given as (level, index), from the leaves that store them."""
    places = [merkle.node_position(level, index) for level, index in nodes]
    stored: dict[int, bytes] = {}
    for numbers in split_into_chunks({number for number, _part in places}):
        found = Leaf.objects.filter(sequence__in=numbers)
        stored |= {number: bytes(held) for number, held in found.values_list("sequence", "nodes")}
    return [stored[number][part] for number, part in places]


def sequence_entries(*, wait: bool = False) -> int:
    """Place every committed entry that waits, and return how many.

    If another process is placing just now, that one will do, and this returns at once. With
    ``wait`` it returns when all that waits now is placed, or raises ``OperationalError``.
    """
    newest = Pending.objects.order_by("-entry_id").values_list("entry_id", flat=True).first()
    placed = 0
    for attempt in range(1, _TRIES + 1) if newest is not None else ():
        try:
            placed += _sequence_batch()
        except OperationalError:  # busy, or placed by another between our look and our lock
            if wait and (attempt == _TRIES or connection.in_atomic_block):
                raise
        if not wait or not Pending.objects.filter(entry_id__lte=newest).exists():
            break
        time.sleep(_PAUSE)
    return placed


def _sequence_batch() -> int:
    """Place what waits, and return how many; ``OperationalError`` if another process is at it."""
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            if outermost:
                # Entries and what is public of them are to be seen at one and the same moment.
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                raise OperationalError("Another process is placing entries in the tree.")
        return _append_leaves()


def _append_leaves() -> int:
    size = start = tree_size()
    frontier = merkle.Frontier(size, read_nodes(merkle.frontier_nodes(size)))
    locked = Pending.objects.select_for_update().order_by("entry_id")
    waiting = list(locked.values_list("entry_id", flat=True))
    newest: dict[tuple[UUID, bool], int] = {
        (object_, kind == ERASURE): number
        for object_, kind, number in Entry.objects.filter(id__in=Pending.objects.values("entry_id"))
        .order_by("id")
        .values_list("object", "kind", "id")
    }
    touched: dict[str, dict[UUID, int]] = defaultdict(dict)
    for numbers in split_into_chunks(waiting):
        leaves = []
        for entry in Entry.objects.filter(id__in=numbers).order_by("id"):
            digest = hashlib.sha256(content_json(entry)).digest()
            nodes = frontier.append(merkle.leaf_hash(leaf_json(entry, digest.hex())))
            settled = newest[entry.object, entry.kind == ERASURE] == entry.id
            leaves.append(
                Leaf(
                    sequence=size,
                    entry=entry,
                    content_hash=digest,
                    nodes=nodes,
                    settled=settled,
                )
            )
            touched[entry.kind][entry.object] = size
            size += 1
        Leaf.objects.bulk_create(leaves)
        Pending.objects.filter(entry__in=numbers).delete()
    record_appearances(touched, start)
    return size - start


def record_appearances(touched: dict[str, dict[UUID, int]], start: int) -> None:
    """Record what became public, changed as such, or ceased to be, by the leaves from ``start``."""
    for kind, candidates in _find_affected(touched, start).items():
        model: Any = apps.get_model(kind)
        direct = touched.get(kind, {})
        for chunk in split_into_chunks(candidates.items()):
            leaves = dict(chunk)
            records = model._default_manager.filter(public_id__in=leaves)
            now = set(records.public().values_list("public_id", flat=True))
            before = find_visible(leaves)
            # What was written of a record before it ceased to be public was not public any more.
            leaves |= _first_leaves(before - now, start)
            rows = [
                Appearance(leaf_id=leaf, kind=kind, object=number, visible=number in now)
                for number, leaf in sorted(leaves.items(), key=lambda item: (item[1], item[0]))
                if (number in now) != (number in before) or (number in now and number in direct)
            ]
            Appearance.objects.bulk_create(rows)


def _first_leaves(objects: set[UUID], start: int) -> dict[UUID, int]:
    """The first leaf from ``start`` on of each object; ``start`` for those that have none."""
    placed = Leaf.objects.filter(sequence__gte=start, entry__object__in=objects).order_by()
    first = placed.values("entry__object").annotate(first=Min("sequence"))
    return dict.fromkeys(objects, start) | dict(first.values_list("entry__object", "first"))


def find_visible(objects: Iterable[UUID]) -> set[UUID]:
    """Return which of the objects are public by their last appearance."""
    appearances = Appearance.objects.filter(object__in=list(objects)).order_by()
    last = appearances.values("object").annotate(last=Max("id")).values("last")
    visible = Appearance.objects.filter(id__in=last, visible=True).order_by()
    return set(visible.values_list("object", flat=True))


def _find_affected(touched: dict[str, dict[UUID, int]], start: int) -> dict[str, dict[UUID, int]]:
    """All records whose publicity may hang on the touched ones, with the leaf that touched last.

    That are those themselves, what they reveal now, and what their states before referred to.
    """
    reached: dict[str, dict[UUID, int]] = defaultdict(dict)
    kinds = {model._meta.label_lower for model in recorded_models()}
    waves = [
        (kind, number, leaf)
        for kind in touched.keys() & kinds
        for number, leaf in touched[kind].items()
    ]
    waves += [
        found
        for kind in touched.keys() & kinds
        for found in _find_former_references(kind, touched[kind], start)
    ]
    while waves:
        fresh: dict[str, dict[UUID, int]] = defaultdict(dict)
        for kind, number, leaf in waves:
            if reached[kind].get(number, -1) < leaf:
                reached[kind][number] = fresh[kind][number] = leaf
        waves = [
            (kind, number, leaf)
            for source, objects in fresh.items()
            for kind, number, leaf in _follow_relations(source, objects)
        ]
    return reached


def _follow_relations(kind: str, objects: dict[UUID, int]) -> Iterator[tuple[str, UUID, int]]:
    """What the records reveal now, by the relations that their model names."""
    model: Any = apps.get_model(kind)
    for relation in model.reveals:
        other = model._meta.get_field(relation).related_model._meta.label_lower
        for chunk in split_into_chunks(objects):
            rows = model._default_manager.filter(public_id__in=chunk).order_by()
            pairs = rows.values_list("public_id", f"{relation}__public_id").distinct()
            for number, revealed in pairs:
                if revealed is not None:
                    yield other, revealed, objects[number]


def _find_former_references(
    kind: str, objects: dict[UUID, int], start: int
) -> Iterator[tuple[str, UUID, int]]:
    """What the states before referred to: it may have been public through them alone."""
    model: Any = apps.get_model(kind)
    for chunk in split_into_chunks(objects):
        placed = Entry.objects.filter(object__in=chunk, kind=kind, state__isnull=False)
        for entry in placed.filter(leaf__sequence__lt=start).newest():
            names = {*model.reveals, *model.part_of}
            for other, number in iterate_record_references(model, entry.state or "", names):
                yield other, number, objects[entry.object]
