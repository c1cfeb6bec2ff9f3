"""Executes a compiled statement for the keys of a page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg
from django.db import connections
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from rest_framework import serializers

from claimsapi.core.api.projection.compiler import compile_serializer
from claimsapi.core.database.bound_keys import bind_keys, keys_subquery

_KEYS: Final = object()  # placeholder among the parameters, replaced by the keys of each request
_PLACEHOLDER: Final = re.compile("%%|%s")


@dataclass(frozen=True, slots=True)
class ProjectedRecord:
    """A record as JSON text, and the values of its extra columns."""

    text: str
    columns: tuple[Any, ...]


class Projection:
    """A serializer and queryset, compiled for one database.

    ``lookup`` is the unique column of the keys. ``columns`` are extra columns beside the JSON, with
    values as the database driver returns them.
    """

    def __init__(
        self,
        serializer: serializers.BaseSerializer,
        queryset: QuerySet[Any],
        lookup: str = "pk",
        columns: Sequence[str] = (),
    ) -> None:
        # Keep the alias: threads share a projection, but each has its own connection.
        self._alias = queryset.db
        connection = connections[self._alias]
        meta = queryset.model._meta
        self._key: Any = meta.pk if lookup == "pk" else meta.get_field(lookup)
        column_type = self._key.rel_db_type(connection)
        keys = RawSQL(keys_subquery(connection, column_type), (_KEYS,))  # noqa: S611  a constant
        json = compile_serializer(serializer, queryset)
        # The expression reads related rows itself: drop joins and prefetches. The caller's keys are
        # in order already.
        rows = queryset.order_by().prefetch_related(None).select_related(None)
        rows = rows.filter(**{f"{lookup}__in": keys}).annotate(_json=json)
        rows = rows.values_list(lookup, "_json", *columns)
        sql, params = rows.query.get_compiler(queryset.db).as_sql()
        self._statement = STATEMENTS[connection.vendor](connection, sql, params)

    @property
    def sql(self) -> str:
        """The statement's text, for ``EXPLAIN`` and debugging."""
        sql: str = self._statement.sql
        return sql

    def fetch_records(self, keys: Sequence[Any]) -> list[ProjectedRecord]:
        """Return the records of these keys in the same order, without those that are absent."""
        if not keys:
            return []
        connection = connections[self._alias]
        stored = [self._key.get_db_prep_value(key, connection, prepared=False) for key in keys]
        rows = self._statement.fetch(connection, bind_keys(connection, stored))
        records = {key: ProjectedRecord(text, tuple(columns)) for key, text, *columns in rows}
        return [records[key] for key in stored if key in records]


class _SQLiteStatement:
    """A statement for SQLite. Python's driver keeps it prepared by its text."""

    def __init__(self, _connection: Any, sql: str, params: Sequence[Any]) -> None:
        # Named parameters: Django replaces each `%s` in Python, which takes long for hundreds of
        # them in a long statement.
        names = iter(f"%(p{number})s" for number in range(len(params)))
        self.sql = _PLACEHOLDER.sub(lambda mark: next(names) if mark[0] == "%s" else mark[0], sql)
        self._params = {f"p{number}": value for number, value in enumerate(params)}

    def fetch(self, connection: Any, keys: str) -> list[Any]:
        params = {name: keys if v is _KEYS else v for name, v in self._params.items()}
        with connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            return list(cursor.fetchall())


if TYPE_CHECKING:
    _RawCursor = psycopg.RawCursor[Any]
else:
    _RawCursor = psycopg.RawCursor


class _PreparedCursor(_RawCursor):
    """Prepares each statement at its first execution. Parameters are numbered: ``$1``."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, **{"prepare": True, **options})


class _PostgreSQLStatement:
    """A statement for PostgreSQL, which psycopg prepares once for each connection.

    Planning takes as long as execution. psycopg keeps the last 100 statements of a connection
    prepared. The setting ``prepare_threshold`` of None disables preparation: behind a pooler in
    transaction mode, where each transaction may get another server connection.
    """

    def __init__(self, connection: Any, sql: str, params: Sequence[Any]) -> None:
        values = iter(params)
        keys_as_first = _PLACEHOLDER.sub(
            lambda mark: "$1" if mark[0] == "%s" and next(values) is _KEYS else mark[0], sql
        )
        # Constants become literals of the statement: only the keys differ between requests.
        constants = [value for value in params if value is not _KEYS]
        with connection.cursor() as cursor:
            self.sql = cursor.mogrify(keys_as_first, constants)

    def fetch(self, connection: Any, keys: str) -> list[Any]:
        connection.ensure_connection()
        # Django's cursors bind on the client and never prepare. Its wrapper around ours logs the
        # query and translates errors of the driver.
        with connection._prepare_cursor(_PreparedCursor(connection.connection)) as cursor:
            cursor.execute(self.sql, [keys])
            return list(cursor.fetchall())


STATEMENTS: Final[dict[str, Any]] = {"sqlite": _SQLiteStatement, "postgresql": _PostgreSQLStatement}
