"""Reads records as of a time: loads the ledger's states into a temporary database in memory.

The same queries and serializers that read the present then read that database.
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
_MAX_RECORDS: Final = 1000  # the limit of one request


class TooManyRecords(DomainError):
    """More records belong to the record's past than one request may load."""

    slug, status, title = "too-much", 503, "Too much for one answer"


_template_lock: Final = Lock()


def was_public(object_: UUID, at: datetime) -> bool:
    """Return whether a record was public at that time."""
    appearances = Appearance.objects.filter(object=object_, leaf__entry__at__lte=at)
    return bool(appearances.order_by("-id").values_list("visible", flat=True).first())


@contextmanager
def as_of(model: Any, object_: UUID, at: datetime, user: Any) -> Iterator[Any]:
    """Yield the record as of a time, in a temporary database with its related records.

    Yields ``None`` if the record did not exist then, or if the caller could not read it then.
    """
    states = _related_states(object_, at, user)
    kind = model._meta.label_lower
    reads_all = user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
    if (kind, object_) not in states or not (reads_all or was_public(object_, at)):
        yield None
        return
    with _temporary_database(states) as alias:
        records = model._default_manager.using(alias).for_api(user)
        yield records.filter(public_id=object_).first()


def _related_states(object_: UUID, at: datetime, user: Any) -> dict[tuple[str, UUID], str]:
    """Return the states at that time of a record, its parts and the records they refer to."""
    states: dict[tuple[str, UUID], str] = {}

    def add(objects: Iterable[UUID]) -> None:
        """Add these records and, recursively, the records that they refer to."""
        fresh = set(objects) - {number for _kind, number in states}
        while fresh:
            fresh_states = dict(_iterate_states(fresh, at))
            states.update(fresh_states)
            if len(states) > _MAX_RECORDS:
                raise TooManyRecords(
                    f"More than {_MAX_RECORDS} records belong to the past of this one: read its "
                    "history, or the records one by one."
                )
            fresh = {
                number
                for (kind, _), state in fresh_states.items()
                for _, number in iterate_record_references(apps.get_model(kind), state)
            } - {number for _kind, number in states}

    add(find_parts([object_]))
    # Parts decide whether related records were public. Texts of snapshots are large and decide
    # nothing, so the parts of kinds with texts are left out.
    add(find_parts(number for kind, number in states if not _has_texts(kind)))
    withdrawn = _find_withdrawn(states, object_, user)
    return {key: state for key, state in states.items() if key[1] not in withdrawn}


def _has_texts(kind: str) -> bool:
    """Return whether records of this kind have parts that only staff may read."""
    return any(
        model._meta.get_field(name).related_model._meta.label_lower == kind
        for model in recorded_models()
        if model.staff_only_fields
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
    """Return related records that an editor has since withdrawn from this caller."""
    withdrawn: set[UUID] = set()
    by_kind = defaultdict(set)
    for kind, number in states:
        by_kind[kind].add(number)
    for kind, numbers in by_kind.items():
        model: Any = apps.get_model(kind)
        if model.withdrawable:
            rows = model._default_manager.filter(public_id__in=numbers - {object_})
            visible = rows.visible_to(user).values_list("public_id", flat=True)
            withdrawn |= set(rows.values_list("public_id", flat=True)) - set(visible)
    return withdrawn


@contextmanager
def _temporary_database(states: dict[tuple[str, UUID], str]) -> Iterator[str]:
    """Load the states into a new database in memory and yield its alias."""
    # connections is local to the thread, so parallel requests do not share the alias.
    connection = DatabaseWrapper(_memory_settings(), alias=PAST)
    connections[PAST] = connection
    try:
        connection.disable_constraint_checking()
        connection.ensure_connection()
        # The template is shared by all threads, and SQLite copies it for one at a time.
        with _template_lock:
            _template_database().backup(connection.connection)
        _load(states)
        yield PAST
    finally:
        if connection.connection is not None:
            connection.connection.close()  # Django's close() keeps a database in memory open
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
        rows = [orjson.loads(state) for (of, _), state in states.items() if of == kind]
        for record in Deserializer(
            rows, using=PAST, ignorenonexistent=True, handle_forward_references=True
        ):
            # A deferred field is a reference to a record that is hidden from this caller.
            if not record.deferred_fields:
                record.save(using=PAST)


@cache
def _template_database() -> sqlite3.Connection:
    """Return an empty database in memory with the tables of all records."""
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
