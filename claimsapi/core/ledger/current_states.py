"""Streams the states of records, kind by kind: as they are now, as of a time, or as the public.

The states of now come from the records' own tables and never from the ledger. Otherwise comparing
them with the ledger would prove nothing.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from claimsapi.core.database.ledger_triggers import state_sql
from claimsapi.core.ledger.models import ERASURE, Entry, Pending

CHUNK: Final = 500  # records in memory; each may contain the text of a document

State = tuple[UUID, str]


def with_states(records: QuerySet[Any], *, for_public: bool = False) -> QuerySet[Any]:
    """Annotate records with their ``state_json``.

    With ``for_public``, the columns that only staff may read are null in it.
    """
    model: Any = records.model
    without = model.staff_only_fields if for_public else frozenset()
    sql = state_sql(model, f'"{model._meta.db_table}"', connection.vendor, without=without)
    annotated: QuerySet[Any] = records.annotate(
        state_json=RawSQL(sql.replace("%", "%%"), ())  # noqa: S611  built from the models
    )
    return annotated


def iterate_in_chunks(rows: QuerySet[Any], key: str, *values: str) -> Iterator[list[Any]]:
    """Yield a unique key and values of rows in chunks, in the order of the key."""
    last: dict[str, Any] = {}
    # Keyset pages and not a cursor: a pooler in transaction mode loses cursors.
    while chunk := list(rows.filter(**last).order_by(key).values_list(key, *values)[:CHUNK]):
        yield chunk
        last = {f"{key}__gt": chunk[-1][0]}


def iterate_current_states(model: Any) -> Iterator[list[State]]:
    """Yield the states of all records of a kind as of the last sequenced entry.

    The state of a record with a waiting entry is that of its newest sequenced entry.
    """
    records, waiting = with_states(model._default_manager.all()), _waiting_entries(model)
    if not waiting.exists():
        yield from iterate_in_chunks(records, "public_id", "state_json")
        return
    after: dict[str, Any] = {}
    for chunk in iterate_in_chunks(records, "public_id", "state_json"):
        until = chunk[-1][0]
        yield _replace_waiting(model, chunk, waiting.filter(**after, object__lte=until))
        after = {"object__gt": until}
    # Records that sort after the last existing one and whose deletion still waits.
    yield _replace_waiting(model, [], waiting.filter(**after))


def _waiting_entries(model: Any) -> QuerySet[Entry]:
    return Entry.objects.filter(
        kind=model._meta.label_lower, id__in=Pending.objects.values("entry_id")
    )


def _replace_waiting(model: Any, chunk: list[State], waiting: QuerySet[Entry]) -> list[State]:
    """Replace the states of records with waiting entries by their newest sequenced states."""
    objects = set(waiting.values_list("object", flat=True))
    states = {object_: state for object_, state in chunk if object_ not in objects}
    sequenced = Entry.objects.filter(kind=model._meta.label_lower, leaf__isnull=False)
    for entry in sequenced.filter(object__in=objects).newest():
        if entry.state is not None:
            states[entry.object] = entry.state
    return sorted(states.items())


def iterate_states_at(model: Any, moment: datetime) -> Iterator[list[State]]:
    """Yield the states of a kind's records as of a time, from the sequenced entries until then."""
    # Not at__lte=moment: SQLite compares times as text, and whole seconds have no fraction there.
    then = Entry.objects.filter(
        kind=model._meta.label_lower,
        at__lt=moment + timedelta(microseconds=1),
        leaf__isnull=False,
    )
    later = then.filter(
        object=OuterRef("object"), leaf__sequence__gt=OuterRef("leaf__sequence")
    ).order_by()
    newest = then.filter(~Exists(later), state__isnull=False)
    yield from iterate_in_chunks(newest, "object", "state")


def iterate_public_states(model: Any) -> Iterator[list[State]]:
    """Yield the states of a kind's public records, without columns for staff."""
    records = with_states(model._default_manager.public(), for_public=True)
    yield from iterate_in_chunks(records, "public_id", "state_json")


def has_blocking_entries(*, public: bool) -> bool:
    """Return whether entries wait that would make an export contradict itself now.

    A waiting erasure leaves erased entries without an explanation. A public export needs every
    entry sequenced, because only the sequencer records which records are public.
    """
    waiting = Entry.objects.filter(id__in=Pending.objects.values("entry_id"))
    return (waiting if public else waiting.filter(kind=ERASURE)).exists()
