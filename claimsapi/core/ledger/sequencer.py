"""The sequencer: appends waiting entries to the Merkle tree and records which records are public.

An entry is recorded when its write commits. It gets its leaf a moment later, in one short
transaction for all waiting entries: after each request that may have written, and before each read
of the tree. So writers never wait for each other.
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

# For strings the standard library writes the same bytes as RFC 8785, ten times as fast.
_json_string: Final = json.JSONEncoder(ensure_ascii=False).encode

_LOCK: Final = 0x1ED6E2  # number of PostgreSQL's advisory lock; any number that no other code uses
_MAX_ATTEMPTS: Final = 200
_PAUSE: Final = 0.05  # seconds


def content_json(entry: Entry) -> bytes:
    """Return the canonical JSON of an entry's content, the input of its content hash."""
    reason, salt, state = (
        _json_string(entry.reason),
        _json_string(entry.salt),
        entry.state or "null",
    )
    return f'{{"reason":{reason},"salt":{salt},"state":{state}}}'.encode()


def leaf_json(entry: Entry, content: str | bytes) -> bytes:
    """Return the canonical JSON of an entry with this content, or with this hash of it.

    ``content`` is the content hash as text, for the leaf, or the content's JSON as bytes.
    """
    # Built by hand in sorted order: a JSON encoder would parse and write the long state again.
    value = _json_string(content).encode() if isinstance(content, str) else content
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00")
    action, actor, kind = (
        _json_string(entry.action),
        _json_string(entry.actor),
        _json_string(entry.kind),
    )
    head = f'{{"action":{action},"actor":{actor},"at":"{at}Z","content":'.encode()
    return b'%b%b,"kind":%b,"object":"%b"}' % (
        head,
        value,
        kind.encode(),
        str(entry.object).encode(),
    )


def entry_line(leaf: Leaf) -> bytes:
    """Return an entry's line of the export: with its content, or with its hash if it is erased."""
    entry = leaf.entry
    content = bytes(leaf.content_hash).hex() if entry.erased else content_json(entry)
    return leaf_json(entry, content)


def tree_size() -> int:
    """Return the number of leaves."""
    last = Leaf.objects.order_by("-sequence").values_list("sequence", flat=True).first()
    return 0 if last is None else last + 1


def read_nodes(nodes: Sequence[tuple[int, int]]) -> list[bytes]:
    """Read the hashes of complete nodes, given as (level, index), from the leaves."""
    positions = [merkle.node_position(level, index) for level, index in nodes]
    stored: dict[int, bytes] = {}
    for numbers in split_into_chunks({number for number, _part in positions}):
        leaves = Leaf.objects.filter(sequence__in=numbers)
        stored |= {number: bytes(data) for number, data in leaves.values_list("sequence", "nodes")}
    return [stored[number][part] for number, part in positions]


def sequence_entries(*, wait: bool = False) -> int:
    """Give every committed waiting entry its leaf, and return their number.

    Returns at once if another process is sequencing. With ``wait`` it returns only when all entries
    that are waiting now are sequenced, or raises ``OperationalError``.
    """
    newest = Pending.objects.order_by("-entry_id").values_list("entry_id", flat=True).first()
    count = 0
    for attempt in range(1, _MAX_ATTEMPTS + 1) if newest is not None else ():
        try:
            count += _sequence_batch()
        except OperationalError:
            # Another process is sequencing, or did so between our snapshot and our lock. Inside a
            # transaction of the caller a new attempt would see the same snapshot, so give up.
            if wait and (attempt == _MAX_ATTEMPTS or connection.in_atomic_block):
                raise
        if not wait or not Pending.objects.filter(entry_id__lte=newest).exists():
            break
        time.sleep(_PAUSE)
    return count


def _sequence_batch() -> int:
    """Sequence all waiting entries in one transaction, and return their number.

    Raises ``OperationalError`` if another process is sequencing.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            if outermost:
                # One snapshot for the entries and the records: an appearance must describe the
                # visibility after exactly the entries of this batch.
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                raise OperationalError("Another process is sequencing entries.")
        # SQLite needs no lock: its transaction begins IMMEDIATE and is the only writer.
        return _append_leaves()


def _append_leaves() -> int:
    size = start = tree_size()
    frontier = merkle.Frontier(size, read_nodes(merkle.frontier_nodes(size)))
    # Locking the rows fails if another process sequenced them after this snapshot was taken, since
    # it has deleted them. That is the only way to notice a stale snapshot before writing.
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
    """Record an appearance of each record whose visibility or public content the batch changed.

    ``touched`` maps kinds to the records with new entries and the leaf of each one's last entry.
    ``start`` is the first leaf of the batch. An unchanged record gets no appearance.
    """
    for kind, candidates in _find_affected(touched, start).items():
        model: Any = apps.get_model(kind)
        direct = touched.get(kind, {})
        for chunk in split_into_chunks(candidates.items()):
            leaves = dict(chunk)
            records = model._default_manager.filter(public_id__in=leaves)
            after = set(records.public().values_list("public_id", flat=True))
            before = find_visible(leaves)
            # A record that is hidden after the batch counts as hidden from its first entry in the
            # batch on. Otherwise its last entries, perhaps the secret ones, would be readable.
            leaves |= _first_leaves(before - after, start)
            rows = [
                Appearance(leaf_id=leaf, kind=kind, object=number, visible=number in after)
                for number, leaf in sorted(leaves.items(), key=lambda item: (item[1], item[0]))
                if (number in after) != (number in before) or (number in after and number in direct)
            ]
            Appearance.objects.bulk_create(rows)


def _first_leaves(objects: set[UUID], start: int) -> dict[UUID, int]:
    """Return the first leaf from ``start`` on of each object; ``start`` if it has none."""
    leaves = Leaf.objects.filter(sequence__gte=start, entry__object__in=objects).order_by()
    first = leaves.values("entry__object").annotate(first=Min("sequence"))
    return dict.fromkeys(objects, start) | dict(first.values_list("entry__object", "first"))


def find_visible(objects: Iterable[UUID]) -> set[UUID]:
    """Return which of the objects are public by their last appearance."""
    appearances = Appearance.objects.filter(object__in=list(objects)).order_by()
    last = appearances.values("object").annotate(last=Max("id")).values("last")
    visible = Appearance.objects.filter(id__in=last, visible=True).order_by()
    return set(visible.values_list("object", flat=True))


def _find_affected(touched: dict[str, dict[UUID, int]], start: int) -> dict[str, dict[UUID, int]]:
    """Return the records whose visibility may depend on the touched ones, with their last leaf.

    They are the touched records, the records that their ``revealed_relations`` lead to now,
    and the references of their states before this batch.
    """
    affected: dict[str, dict[UUID, int]] = defaultdict(dict)
    kinds = {model._meta.label_lower for model in recorded_models()}
    waves = [
        (kind, number, leaf)
        for kind in touched.keys() & kinds
        for number, leaf in touched[kind].items()
    ]
    waves += [
        reference
        for kind in touched.keys() & kinds
        for reference in _find_former_references(kind, touched[kind], start)
    ]
    # Follow relations to their end. A record is visited again only for a later leaf, so this stops.
    while waves:
        fresh: dict[str, dict[UUID, int]] = defaultdict(dict)
        for kind, number, leaf in waves:
            if affected[kind].get(number, -1) < leaf:
                affected[kind][number] = fresh[kind][number] = leaf
        waves = [
            (kind, number, leaf)
            for source, objects in fresh.items()
            for kind, number, leaf in _follow_relations(source, objects)
        ]
    return affected


def _follow_relations(kind: str, objects: dict[UUID, int]) -> Iterator[tuple[str, UUID, int]]:
    """Yield the records at the other end of the relations in ``revealed_relations``."""
    model: Any = apps.get_model(kind)
    for relation in model.revealed_relations:
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
    """Yield the references of the states before the batch.

    These records may have been public only through a reference that the batch removed.
    """
    model: Any = apps.get_model(kind)
    for chunk in split_into_chunks(objects):
        entries = Entry.objects.filter(object__in=chunk, kind=kind, state__isnull=False)
        for entry in entries.filter(leaf__sequence__lt=start).newest():
            names = {*model.revealed_relations, *model.part_of}
            for other, number in iterate_record_references(model, entry.state or "", names):
                yield other, number, objects[entry.object]
