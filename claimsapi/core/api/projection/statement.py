"""The compiled statement, and what it answers."""

import json
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from weakref import WeakKeyDictionary

from django.db import connections
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from rest_framework import serializers

from claimsapi.core.api.projection.compiler import compiled

_BOUND: Final = object()  # stands among a statement's parameters where a request's keys will
_KEYS: Final = {
    "sqlite": "SELECT value FROM json_each(%s)",
    "postgresql": "SELECT unnest(CAST(%s AS {type}[]))",
}


_MARK: Final = re.compile("%%|%s")
_MOST: Final = 50  # statements that a session of PostgreSQL keeps prepared
_SESSIONS: Final[WeakKeyDictionary[Any, OrderedDict[str, None]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Projected:
    """A record as JSON text, with the columns that were asked for beside it."""

    text: str
    columns: tuple[Any, ...]


class Projection:
    """A serializer over a queryset, compiled for one database.

    Records are found by the column ``lookup``, which is unique; ``columns`` are wanted beside the
    JSON, as the database's driver gives them.
    """

    def __init__(
        self,
        serializer: serializers.BaseSerializer,
        queryset: QuerySet[Any],
        lookup: str = "pk",
        columns: Sequence[str] = (),
    ) -> None:
        # By its alias, since a connection is its thread's and a projection is everyone's.
        self._alias = queryset.db
        connection = connections[self._alias]
        meta = queryset.model._meta
        self._key: Any = meta.pk if lookup == "pk" else meta.get_field(lookup)
        kind = self._key.rel_db_type(connection)
        keys = RawSQL(_KEYS[connection.vendor].format(type=kind), (_BOUND,))  # noqa: S611  a constant
        rows = queryset.order_by().prefetch_related(None).select_related(None)
        rows = rows.filter(**{f"{lookup}__in": keys}).annotate(_json=compiled(serializer, queryset))
        rows = rows.values_list(lookup, "_json", *columns)
        sql, params = rows.query.get_compiler(queryset.db).as_sql()
        self._statement = STATEMENTS[connection.vendor](sql, params, kind)

    def records(self, keys: Sequence[Any]) -> list[Projected]:
        """The records of these keys, in their order; one that there is not is left out."""
        if not keys:
            return []
        connection = connections[self._alias]
        stored = [self._key.get_db_prep_value(key, connection, prepared=False) for key in keys]
        found = {
            key: Projected(text, tuple(rest))
            for key, text, *rest in self._statement.rows(connection, stored)
        }
        return [found[key] for key in stored if key in found]


class _Named:
    """SQLite's statement, which its driver keeps prepared.

    Its parameters have names, since it takes Django long to look for so many marks in so long a
    text.
    """

    def __init__(self, sql: str, params: Sequence[Any], _kind: str) -> None:
        names = iter(f"%(p{number})s" for number in range(len(params)))
        self._sql = _MARK.sub(lambda mark: next(names) if mark[0] == "%s" else mark[0], sql)
        self._params = {f"p{number}": value for number, value in enumerate(params)}

    def rows(self, connection: Any, keys: list[Any]) -> list[Any]:
        bound = json.dumps(keys)
        values = {name: bound if v is _BOUND else v for name, v in self._params.items()}
        with connection.cursor() as cursor:
            cursor.execute(self._sql, values)
            return list(cursor.fetchall())


class _Prepared:
    """PostgreSQL's statement, planned once for each connection: that takes as long as it does.

    A connection keeps the last ``_MOST`` of them. Behind a pooler that gives every transaction
    another connection nothing is kept.
    """

    def __init__(self, sql: str, params: Sequence[Any], kind: str) -> None:
        marks = iter(params)
        self._plain, self._params, self._kind = sql, params, kind
        self._sql = _MARK.sub(
            lambda mark: "$1" if mark[0] == "%s" and next(marks) is _BOUND else mark[0], sql
        )
        self._constants = [value for value in params if value is not _BOUND]
        digest = sha256(repr((self._sql, self._constants)).encode()).hexdigest()
        self._name = f"projection_{digest[:24]}"

    def rows(self, connection: Any, keys: list[Any]) -> list[Any]:
        with connection.cursor() as cursor:
            if connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]:
                cursor.execute(self._plain, [keys if p is _BOUND else p for p in self._params])
            else:
                self._prepare(connection.connection, cursor)
                cursor.execute(
                    f"EXECUTE {self._name} (CAST(%s AS {self._kind}[]))",
                    [keys],
                )
            return list(cursor.fetchall())

    def _prepare(self, session: Any, cursor: Any) -> None:
        """Have the statement prepared in this session of the database."""
        names = _SESSIONS.setdefault(session, OrderedDict())
        if self._name in names:
            names.move_to_end(self._name)
            return
        if len(names) == _MOST:
            oldest, _ = names.popitem(last=False)
            cursor.execute(f"DEALLOCATE {oldest}")
        cursor.execute(f"PREPARE {self._name} ({self._kind}[]) AS {self._sql}", self._constants)
        names[self._name] = None


STATEMENTS: Final[dict[str, Any]] = {"sqlite": _Named, "postgresql": _Prepared}
