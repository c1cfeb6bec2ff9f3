"""The compiled statement, and what it answers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connections
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from rest_framework import serializers

from claimsapi.core.api.projection.compiling import compiled

_BOUND: Final = object()  # stands among a statement's parameters where a request's keys will
_KEYS: Final = {
    "sqlite": "SELECT value FROM json_each(%s)",
    "postgresql": "SELECT unnest(CAST(%s AS {type}[]))",
}


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
        self._sql, self._params = rows.query.get_compiler(queryset.db).as_sql()

    def records(self, keys: Sequence[Any]) -> list[Projected]:
        """The records of these keys, in their order; one that there is not is left out."""
        if not keys:
            return []
        connection = connections[self._alias]
        stored = [self._key.get_db_prep_value(key, connection, prepared=False) for key in keys]
        bound = json.dumps(stored) if connection.vendor == "sqlite" else stored
        with connection.cursor() as cursor:
            cursor.execute(self._sql, [bound if p is _BOUND else p for p in self._params])
            found = {key: Projected(text, tuple(rest)) for key, text, *rest in cursor.fetchall()}
        return [found[key] for key in stored if key in found]
