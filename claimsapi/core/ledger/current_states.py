"""The states that stand: of records as they are now, or as they were, streamed kind by kind.

What is now is read off the records' own tables, and never off the ledger: only so does it say
something that both are equal.
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

CHUNK: Final = 500  # records in memory, each of which may hold the text of a document

State = tuple[UUID, str]


def with_states(records: QuerySet[Any], *, withheld: bool = False) -> QuerySet[Any]:
    """Annotate records with their ``state_json``, without what is ``withheld`` from the public."""
    model: Any = records.model
    without = model.withheld if withheld else frozenset()
    sql = state_sql(model, f'"{model._meta.db_table}"', connection.vendor, without=without)
    stated: QuerySet[Any] = records.annotate(state_json=RawSQL(sql.replace("%", "%%"), ()))  # noqa: S611  the model's own words
    return stated


def iterate_in_chunks(rows: QuerySet[Any], key: str, *values: str) -> Iterator[list[Any]]:
    """Yield the key and values of rows in chunks, in the order of the key, which is unique.

    Chunk by chunk and not by a cursor, which poolers in transaction mode lose.
    """
    last: dict[str, Any] = {}
    while chunk := list(rows.filter(**last).order_by(key).values_list(key, *values)[:CHUNK]):
        yield chunk
        last = {f"{key}__gt": chunk[-1][0]}


def iterate_current_states(model: Any) -> Iterator[list[State]]:
    """The states of all records of a kind, as far as their entries have places in the tree.

    A record with an entry that waits is as its newest placed entry says.
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
    yield _replace_waiting(model, [], waiting.filter(**after))


def _waiting_entries(model: Any) -> QuerySet[Entry]:
    return Entry.objects.filter(
        kind=model._meta.label_lower, id__in=Pending.objects.values("entry_id")
    )


def _replace_waiting(model: Any, chunk: list[State], waiting: QuerySet[Entry]) -> list[State]:
    objects = set(waiting.values_list("object", flat=True))
    states = {object_: state for object_, state in chunk if object_ not in objects}
    placed = Entry.objects.filter(kind=model._meta.label_lower, leaf__isnull=False)
    for entry in placed.filter(object__in=objects).newest():
        if entry.state is not None:
            states[entry.object] = entry.state
    return sorted(states.items())


def iterate_states_at(model: Any, moment: datetime) -> Iterator[list[State]]:
    """The states of the records of a kind as the entries until that moment tell."""
    # Not 'at most the moment': SQLite compares times as text, and whole seconds have no fraction.
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
    """The states of what everyone may know of, without what is withheld."""
    records = with_states(model._default_manager.public(), withheld=True)
    yield from iterate_in_chunks(records, "public_id", "state_json")


def has_blocking_entries(*, public: bool) -> bool:
    """Whether entries wait without which an export would contradict itself: take a later moment.

    An erasure that waits leaves its entries erased without a word; what is public is known only of
    what is placed.
    """
    waiting = Entry.objects.filter(id__in=Pending.objects.values("entry_id"))
    return (waiting if public else waiting.filter(kind=ERASURE)).exists()
