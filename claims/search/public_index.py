"""The keys of pages of claims, from the narrow index over the public set alone.

One statement of hand-written SQL: to put it together anew from querysets would take longer than it
takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from claims.read_models.public_index import DIMENSIONS, INDEX_TABLE, OVERFLOW
from claimsapi.core.api.keyset import Keys, Row

_TIME: Final = "created_at"


@dataclass(frozen=True, slots=True)
class IdLookup:
    """A number in the database: itself, or as that of the row which has ``value`` in a column."""

    value: Any
    table: str = ""
    column: str = ""

    def sql(self) -> str:
        return f"(SELECT id FROM {self.table} WHERE {self.column} = %s)" if self.table else "%s"  # noqa: S608  the models' own names


@dataclass(frozen=True, slots=True)
class IndexKeys(Keys):
    """The public claims with these facts, each once: one range of the index, in its order.

    ``facts`` names some of speaker, verdict, publisher and topic; nothing is found by a number that
    there is not. ``moments`` bound when the claims were made, each by an operator and a moment.
    """

    facts: Mapping[str, IdLookup]
    moments: tuple[tuple[str, datetime], ...] = ()

    def statement(
        self, *, descending: bool = True, after: tuple[Any, Any] | None = None, limit: int | None
    ) -> tuple[str, list[Any]]:
        """The SELECT and its parameters."""
        known = [self.facts.get(measure, IdLookup(0)) for measure in DIMENSIONS]
        conditions = [f"{m} = {k.sql()}" for m, k in zip(DIMENSIONS, known, strict=True)]
        values = [_stored(k.value) for k in known]
        for operator, moment in self.moments:
            conditions.append(f"{_TIME} {operator} %s")
            values.append(_stored(moment))
        if after is not None:
            conditions.append(f"({_TIME}, public_id) {'<' if descending else '>'} (%s, %s)")
            values += map(_stored, after)
        order = "DESC" if descending else "ASC"
        sql = (
            f"SELECT claim_id, {_TIME}, public_id FROM {INDEX_TABLE} WHERE {' AND '.join(conditions)}"  # noqa: S608  as above
            f" ORDER BY {_TIME} {order}, public_id {order}"
        )
        return (sql if limit is None else f"{sql} LIMIT {limit:d}"), values

    def rows(
        self, column: str, *, descending: bool, after: tuple[Any, Any] | None, limit: int
    ) -> list[Row]:
        if column != _TIME:
            raise ValueError(f"The index is not in the order of {column}.")
        return _fetched(*self.statement(descending=descending, after=after, limit=limit))

    def place(self, row: Row) -> tuple[Any, UUID]:
        _pk, at, identifier = row
        if connection.vendor == "sqlite":
            return at.replace(tzinfo=UTC), UUID(hex=identifier)
        return at, identifier

    def number(self, limit: int | None = None) -> int:
        sql, values = self.statement(limit=limit)
        [(number,)] = _fetched(f"SELECT count(*) FROM ({sql}) k", values)  # noqa: S608  as above
        return int(number)


def has_overflowing_claims() -> bool:
    """Whether a claim has too many combinations to be found by all of them."""
    conditions = " AND ".join(f"{measure} = {OVERFLOW}" for measure in DIMENSIONS)
    return bool(_fetched(f"SELECT 1 FROM {INDEX_TABLE} WHERE {conditions} LIMIT 1", []))  # noqa: S608  as above


def _fetched(sql: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value
