"""Pages of public claims, read from the public index alone.

The SQL is written by hand: building it from querysets takes longer than running it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from claims.read_models.public_index import DIMENSIONS, INDEX_TABLE, OVERFLOW
from claimsapi.core.api.keyset import KeyRow, KeySource

_SORT_COLUMN: Final = "created_at"


@dataclass(frozen=True, slots=True)
class IdLookup:
    """The value of a dimension: an id, or with a table the id of its row with this value."""

    value: Any
    table: str = ""
    column: str = ""

    def sql(self) -> str:
        if not self.table:
            return "%s"
        # A value without a row gives NULL, which equals nothing: the page is empty.
        return f"(SELECT id FROM {self.table} WHERE {self.column} = %s)"  # noqa: S608  constants


@dataclass(frozen=True, slots=True)
class PublicIndexKeySource(KeySource):
    """The public claims with these dimensions, each claim once.

    ``dimensions`` maps some of ``DIMENSIONS`` to a value. ``created`` bounds the claims' creation:
    pairs of an SQL comparison operator and a timestamp.
    """

    dimensions: Mapping[str, IdLookup]
    created: tuple[tuple[str, datetime], ...] = ()

    def statement(
        self, *, descending: bool = True, after: tuple[Any, Any] | None = None, limit: int | None
    ) -> tuple[str, list[Any]]:
        """Return the SELECT statement and its parameters.

        Every dimension has a value (0 is "any"), so the statement reads one range of the index
        ``claims_publicclaim_page`` in its order: no sort, and no row of the table.
        """
        lookups = [self.dimensions.get(dimension, IdLookup(0)) for dimension in DIMENSIONS]
        conditions = [
            f"{dimension} = {lookup.sql()}"
            for dimension, lookup in zip(DIMENSIONS, lookups, strict=True)
        ]
        params = [_to_database(lookup.value) for lookup in lookups]
        for operator, timestamp in self.created:
            conditions.append(f"{_SORT_COLUMN} {operator} %s")
            params.append(_to_database(timestamp))
        if after is not None:
            # A comparison of rows uses the index. The same written with OR scans.
            conditions.append(f"({_SORT_COLUMN}, public_id) {'<' if descending else '>'} (%s, %s)")
            params += map(_to_database, after)
        order = "DESC" if descending else "ASC"
        sql = f"""
            SELECT claim_id, {_SORT_COLUMN}, public_id FROM {INDEX_TABLE}
            WHERE {" AND ".join(conditions)}
            ORDER BY {_SORT_COLUMN} {order}, public_id {order}"""  # noqa: S608  constants
        return (sql if limit is None else f"{sql} LIMIT {limit:d}"), params

    def fetch_rows(
        self, column: str, *, descending: bool, after: tuple[Any, Any] | None, limit: int
    ) -> list[KeyRow]:
        if column != _SORT_COLUMN:
            # Callers use this source only for lists sorted by creation.
            raise ValueError(f"The public index is sorted by {_SORT_COLUMN}, not by {column}.")
        return _fetch_all(*self.statement(descending=descending, after=after, limit=limit))

    def position(self, row: KeyRow) -> tuple[Any, UUID]:
        _claim_id, created_at, public_id = row
        # Raw cursors of SQLite return naive timestamps and UUIDs as hexadecimal text.
        if connection.vendor == "sqlite":
            return created_at.replace(tzinfo=UTC), UUID(hex=public_id)
        return created_at, public_id

    def count(self, limit: int | None = None) -> int:
        sql, params = self.statement(limit=limit)
        [(count,)] = _fetch_all(f"SELECT count(*) FROM ({sql}) k", params)  # noqa: S608  constants
        return int(count)


def has_overflowing_claims() -> bool:
    """Whether a public claim has too many combinations for the index to hold all of them."""
    conditions = " AND ".join(f"{dimension} = {OVERFLOW}" for dimension in DIMENSIONS)
    sql = f"SELECT 1 FROM {INDEX_TABLE} WHERE {conditions} LIMIT 1"  # noqa: S608  constants
    return bool(_fetch_all(sql, []))


def _fetch_all(sql: str, params: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _to_database(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value
