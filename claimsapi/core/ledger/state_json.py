"""Reads the states of entries: their fields, and their references to other records."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson

CHUNK: Final = 1000  # rows in memory, and values in one SQL statement

T = TypeVar("T")


def read_fields(state: str) -> dict[str, Any]:
    """Return the fields of a state by name; a reference is a list of one natural key."""
    fields: dict[str, Any] = orjson.loads(state)["fields"] if state else {}
    return fields


def iterate_references(
    model: Any, state: str, names: Iterable[str] = ()
) -> Iterator[tuple[str, str]]:
    """Yield kind and natural key of each reference, of all relations or of the named ones."""
    fields = read_fields(state)
    # An old state may lack newer fields, and its own extra fields have no model field any more.
    for field in (*model._meta.concrete_fields, *model._meta.many_to_many):
        value = fields.get(field.name) if field.is_relation else None
        if not value or (names and field.name not in names):
            continue
        kind = field.related_model._meta.label_lower
        for (key,) in value if field.many_to_many else [value]:
            yield kind, key


def iterate_record_references(
    model: Any, state: str, names: Iterable[str] = ()
) -> Iterator[tuple[str, UUID]]:
    """Yield the kind and the public id of each reference to a record, not to an account."""
    for kind, key in iterate_references(model, state, names):
        if not key.startswith("@"):
            yield kind, UUID(key)


def split_into_chunks(values: Iterable[T]) -> Iterator[Sequence[T]]:
    """Split values into sequences that fit into one SQL statement."""
    items = list(values)
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
