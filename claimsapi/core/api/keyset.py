"""Cursors of keyset pages, and the sources of a page's keys.

A page starts after a row: ``(sort key, public_id) < (…, …)``. An index answers this comparison of
row values at any depth. Sort keys are never null, and the public id breaks ties.
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
    """A position in a list: the sort key and public id of the row beside it."""

    ordering: str
    backwards: bool
    values: tuple[str, str]

    def __str__(self) -> str:
        # Clients must not read meaning into it: base64 keeps the format free to change.
        content = json.dumps([self.ordering, int(self.backwards), *self.values])
        return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Parse a cursor. Raises ``ValueError`` for any text that ``str(cursor)`` cannot give."""
        padded = text.encode("ascii", "strict") + b"=" * (-len(text) % 4)
        match json.loads(base64.b64decode(padded, altchars=b"-_", validate=True)):
            # A caller can forge a cursor. The database would reject NUL characters and lone
            # surrogates in its key with a server error.
            case [str(ordering), 0 | 1 as backwards, str(key), str(identifier)] if not (
                find_unprintable(key)
            ):
                return cls(ordering, bool(backwards), (key, str(UUID(identifier))))
        raise ValueError("not a cursor")


KeyRow = tuple[Any, Any, Any]
"""A primary key, the sort key and the public id."""


class KeySource:
    """A source of the keys of a page: ordered rows and their number."""

    __slots__ = ()

    def position(self, row: KeyRow) -> tuple[Any, UUID]:
        """Return the row's sort key and public id as Python values.

        Override it where ``fetch_rows`` returns values as the database driver gives them.
        """
        return row[1:]

    def fetch_rows(
        self, column: str, *, descending: bool, after: tuple[Any, Any] | None, limit: int
    ) -> list[KeyRow]:
        """Return the first ``limit`` rows after the position ``after``."""
        raise NotImplementedError

    def count(self, limit: int | None = None) -> int:
        """Count the rows, up to ``limit``."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class QuerysetKeySource(KeySource):
    """The keys of a queryset's rows."""

    queryset: QuerySet[Any]

    def fetch_rows(
        self, column: str, *, descending: bool, after: tuple[Any, Any] | None, limit: int
    ) -> list[KeyRow]:
        rows = self.queryset
        if after is not None:
            # Compare row values. The same written with OR reads the list from its start: 60 to
            # 90 ms in place of 0.05 ms on a million rows.
            lookup = TupleLessThan if descending else TupleGreaterThan
            rows = rows.filter(lookup(RowValue(F(column), F(TIE_BREAK)), after))
        sign = "-" if descending else ""
        ordered = rows.order_by(sign + column, sign + TIE_BREAK)
        return list(ordered.values_list("pk", column, TIE_BREAK)[:limit])

    def count(self, limit: int | None = None) -> int:
        return self.queryset.order_by()[:limit].count()


@dataclass(frozen=True, slots=True)
class Ranking:
    """The primary keys of search results, the most relevant first.

    ``complete`` is false if only the newest matches were ranked and the others are left out.
    """

    keys: list[Any]
    complete: bool
