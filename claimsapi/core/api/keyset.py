"""Where the keys of a page come from, and the places between its rows.

A page is found by comparing rows, ``(key, public_id) < (…, …)``, which an index answers. Sort keys
are never null, and the public id breaks ties.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import Tuple as RowValue
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan

from claimsapi.core.text import find_unprintable

TIE_BREAK: Final = "public_id"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two rows: the sort key and public id of the row beside it."""

    ordering: str
    backwards: bool
    values: tuple[str, str]

    def __str__(self) -> str:
        content = json.dumps([self.ordering, int(self.backwards), *self.values])
        return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read a cursor back; ``ValueError`` for anything that this class did not write."""
        padded = text.encode("ascii", "strict") + b"=" * (-len(text) % 4)
        match json.loads(base64.b64decode(padded, altchars=b"-_", validate=True)):
            case [str(ordering), 0 | 1 as backwards, str(key), str(identifier)] if not (
                find_unprintable(key)
            ):
                return cls(ordering, bool(backwards), (key, str(UUID(identifier))))
        raise ValueError("not a cursor")


Row = tuple[Any, Any, Any]
"""A primary key, the sort key and the public id."""


class Keys:
    """Where the keys of a page come from: rows in order, and how many there are."""

    __slots__ = ()

    def place(self, row: Row) -> tuple[Any, UUID]:
        """The row's sort key and public id, if ``rows`` gives them as the database stores them."""
        return row[1:]

    def rows(
        self, column: str, *, descending: bool, after: tuple[Any, Any] | None, limit: int
    ) -> list[Row]:
        """The first ``limit`` rows by sort key and public id, from those of ``after`` on."""
        raise NotImplementedError

    def number(self, limit: int | None = None) -> int:
        """How many rows there are, counted no further than to the limit."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class QueryKeys(Keys):
    """The keys of a queryset's rows."""

    queryset: QuerySet[Any]

    def rows(
        self, column: str, *, descending: bool, after: tuple[Any, Any] | None, limit: int
    ) -> list[Row]:
        found = self.queryset
        if after is not None:
            lookup = TupleLessThan if descending else TupleGreaterThan
            found = found.filter(lookup(RowValue(F(column), F(TIE_BREAK)), after))
        sign = "-" if descending else ""
        ordered = found.order_by(sign + column, sign + TIE_BREAK)
        return list(ordered.values_list("pk", column, TIE_BREAK)[:limit])

    def number(self, limit: int | None = None) -> int:
        return self.queryset.order_by()[:limit].count()


@dataclass(frozen=True, slots=True)
class Ranking:
    """The primary keys of what a search found, the most relevant first.

    ``complete`` says whether all that matches was ranked, or the newest of it.
    """

    keys: list[Any]
    complete: bool
