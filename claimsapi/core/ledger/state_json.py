"""Reading the states that entries hold: what is in their fields, and what they refer to."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson

CHUNK: Final = 1000  # rows in memory, and values in one statement

T = TypeVar("T")


def read_fields(state: str) -> dict[str, Any]:
    """The fields of a state by name, none of no state; references are lists of one natural key."""
    fields: dict[str, Any] = orjson.loads(state)["fields"] if state else {}
    return fields


def iterate_references(
    model: Any, state: str, names: Iterable[str] = ()
) -> Iterator[tuple[str, str]]:
    """Yield kind and natural key of what a state refers to, by all its relations or by some."""
    fields = read_fields(state)
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
    """As ``references``, of records alone, by their public ids."""
    for kind, key in iterate_references(model, state, names):
        if not key.startswith("@"):
            yield kind, UUID(key)


def split_into_chunks(values: Iterable[T]) -> Iterator[Sequence[T]]:
    """Split values into sequences that fit into one statement."""
    kept = list(values)
    for start in range(0, len(kept), CHUNK):
        yield kept[start : start + CHUNK]
