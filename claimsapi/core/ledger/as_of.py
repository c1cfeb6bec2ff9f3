"""Reading records as they were: the ledger's states, loaded as fixtures into a database of memory.

There the very queries and serializers of the present read them, and so answer as they did then.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from threading import Lock
from typing import Any, Final
from uuid import UUID

import orjson
from django.apps import apps
from django.core.serializers.python import Deserializer
from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper

from claimsapi.core.database.ledger_triggers import recorded_models
from claimsapi.core.errors import DomainError
from claimsapi.core.ledger.models import ERASURE, Appearance, Entry
from claimsapi.core.ledger.queries import find_parts
from claimsapi.core.ledger.state_json import (
    iterate_record_references,
    iterate_references,
    split_into_chunks,
)

PAST: Final = "past"  # the alias of the database, in the thread that reads
_MAX_RECORDS: Final = 1000  # records that are put together again for one answer


class TooManyRecords(DomainError):
    """More belongs to the record's past than is put together for one answer."""

    slug, status, title = "too-much", 503, "Too much for one answer"


_copying: Final = Lock()


def was_public(object_: UUID, at: datetime) -> bool:
    """Whether a record was public at that time."""
    noted = Appearance.objects.filter(object=object_, leaf__entry__at__lte=at)
    return bool(noted.order_by("-id").values_list("visible", flat=True).first())


@contextmanager
def as_of(model: Any, object_: UUID, at: datetime, user: Any) -> Iterator[Any]:
    """Yield the record as it was, in a database of what it then was related to.

    Yields ``None`` if there was no such record, or the caller might not know of it then.
    """
    states = _related_states(object_, at, user)
    kind = model._meta.label_lower
    known = user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
    if (kind, object_) not in states or not (known or was_public(object_, at)):
        yield None
        return
    with _temporary_database(states) as alias:
        records = model._default_manager.using(alias).for_api(user)
        yield records.filter(public_id=object_).first()


def _related_states(object_: UUID, at: datetime, user: Any) -> dict[tuple[str, UUID], str]:
    """The states then of a record, its parts, and what they referred to."""
    states: dict[tuple[str, UUID], str] = {}

    def take(objects: Iterable[UUID]) -> None:
        """Take in these and, on and on, what they refer to."""
        fresh = set(objects) - {number for _kind, number in states}
        while fresh:
            found = dict(_iterate_states(fresh, at))
            states.update(found)
            if len(states) > _MAX_RECORDS:
                raise TooManyRecords(
                    f"More than {_MAX_RECORDS} records belong to this one's past: read its history, or "
                    "the records one by one."
                )
            fresh = {
                number
                for (kind, _), state in found.items()
                for _, number in iterate_record_references(apps.get_model(kind), state)
            } - {number for _kind, number in states}

    take(find_parts([object_]))
    # Whether related records were public hangs on their parts; on the texts of snapshots nothing.
    take(find_parts(number for kind, number in states if not _has_texts(kind)))
    withdrawn = _find_withdrawn(states, object_, user)
    return {key: state for key, state in states.items() if key[1] not in withdrawn}


def _has_texts(kind: str) -> bool:
    """Whether records of this kind have parts that are for staff alone."""
    return any(
        model._meta.get_field(name).related_model._meta.label_lower == kind
        for model in recorded_models()
        if model.withheld
        for name in model.part_of
    )


def _iterate_states(
    objects: Iterable[UUID], at: datetime
) -> Iterator[tuple[tuple[str, UUID], str]]:
    for chunk in split_into_chunks(objects):
        then = Entry.objects.filter(object__in=chunk, at__lte=at).exclude(kind=ERASURE)
        for entry in then.newest():
            if entry.state:
                yield (entry.kind, entry.object), entry.state


def _find_withdrawn(states: Iterable[tuple[str, UUID]], object_: UUID, user: Any) -> set[UUID]:
    """Related records that an editor has since taken from the public, of which this caller is."""
    withdrawn: set[UUID] = set()
    by_kind = defaultdict(set)
    for kind, number in states:
        by_kind[kind].add(number)
    for kind, numbers in by_kind.items():
        model: Any = apps.get_model(kind)
        if model.withdrawable:
            rows = model._default_manager.filter(public_id__in=numbers - {object_})
            seen = rows.visible_to(user).values_list("public_id", flat=True)
            withdrawn |= set(rows.values_list("public_id", flat=True)) - set(seen)
    return withdrawn


@contextmanager
def _temporary_database(states: dict[tuple[str, UUID], str]) -> Iterator[str]:
    """Load the states into a database of memory, under the alias that is yielded."""
    connection = DatabaseWrapper(_memory_settings(), alias=PAST)
    connections[PAST] = connection
    try:
        connection.disable_constraint_checking()
        connection.ensure_connection()
        with _copying:
            _template_database().backup(connection.connection)
        _load(states)
        yield PAST
    finally:
        if connection.connection is not None:
            connection.connection.close()  # Django's own close() keeps a database of memory
        del connections[PAST]


def _load(states: dict[tuple[str, UUID], str]) -> None:
    accounts: Any = apps.get_model("core.user")
    handles = {
        key
        for (kind, _), state in states.items()
        for _, key in iterate_references(apps.get_model(kind), state)
        if key.startswith("@")
    }
    accounts._default_manager.using(PAST).bulk_create(
        accounts(handle=key[1:], username=key[1:]) for key in sorted(handles)
    )
    for model in recorded_models():
        kind = model._meta.label_lower
        told = [orjson.loads(state) for (of, _), state in states.items() if of == kind]
        for record in Deserializer(
            told, using=PAST, ignorenonexistent=True, handle_forward_references=True
        ):
            if not record.deferred_fields:  # what it refers to is not there for this caller
                record.save(using=PAST)


@cache
def _template_database() -> sqlite3.Connection:
    """An empty database with the tables of all records."""
    connection = DatabaseWrapper(_memory_settings(), alias=PAST)
    connection.disable_constraint_checking()
    with connection.schema_editor() as editor:
        for model in (apps.get_model("core.user"), *recorded_models()):
            editor.create_model(model)
    template: sqlite3.Connection = connection.connection
    return template


def _memory_settings() -> dict[str, Any]:
    defaults = {**connections[next(iter(connections))].settings_dict}
    return defaults | {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        "ATOMIC_REQUESTS": False,
        "AUTOCOMMIT": True,
        "CONN_MAX_AGE": 0,
        "OPTIONS": {"check_same_thread": False},
        "TIME_ZONE": None,
    }
