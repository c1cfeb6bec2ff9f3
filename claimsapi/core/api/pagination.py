"""Keyset pages: as fast at any depth, and neither a row twice nor one left out while others write.

A page is found by comparing rows, ``(key, public_id) < (…, …)``, which an index answers. Sort keys
are never null, and the public id breaks ties.
"""

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import Tuple as RowValue
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param

from claimsapi.core.api.problems import ParameterError
from claimsapi.core.errors import MalformedParameter
from claimsapi.core.text import unprintable

if TYPE_CHECKING:
    from rest_framework.views import APIView

TIE_BREAK: Final = "public_id"
DEFAULT_PAGE: Final = 50
LARGEST_PAGE: Final = 200
ENOUGH: Final = 10_000  # how far an estimate counts
RELEVANCE: Final = "relevance"
_NOWHERE: Final = UUID(int=0)
_PORTION: Final = 500  # rows that a streamed list reads at a time


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
                unprintable(key)
            ):
                return cls(ordering, bool(backwards), (key, str(UUID(identifier))))
        raise ValueError("not a cursor")


Row = tuple[Any, Any, UUID]
"""A primary key, the sort key and the public id."""


class Keys:
    """Where the keys of a page come from: rows in order, and how many there are."""

    __slots__ = ()

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
class Page:
    """The primary keys of a page's rows, what leads to its neighbours, and the count if wished."""

    keys: list[Any]
    next: str | None
    previous: str | None
    about: dict[str, Any]

    def head(self) -> dict[str, Any]:
        """The members of the answer before its results."""
        return {**self.about, "next": self.next, "previous": self.previous}

    def links(self) -> str:
        """The value of the header ``Link`` (RFC 8288)."""
        links = {"next": self.next, "prev": self.previous}
        return ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items() if url)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The primary keys of what a search found, the most relevant first.

    ``complete`` says whether all that matches was ranked, or the newest of it.
    """

    keys: list[Any]
    complete: bool


class KeysetPagination(BasePagination):
    """Reads ``cursor``, ``page_size``, ``ordering`` and ``count`` from the query."""

    parameters: Final = ("cursor", "page_size", "ordering", "count")

    def page(self, keys: Keys | Ranking, request: Request, view: Any) -> Page:
        """Find the page that the request asks for."""
        if isinstance(keys, Ranking):
            return self._ranked_page(keys, request)
        self.url = request.build_absolute_uri()
        size = _page_size(request)
        about = _counted(keys, request)
        self._order(request, view)
        cursor = self._cursor(request)
        backwards = cursor is not None and cursor.backwards
        found = self._rows(keys, view, cursor, size + 1)
        more = len(found) > size
        found = found[:size]
        if backwards:
            found.reverse()
        following = bool(found) and (more or backwards)
        preceding = bool(found) and (more if backwards else cursor is not None)
        return Page(
            [pk for pk, *_ in found],
            self._link(found[-1], backwards=False) if following else None,
            self._link(found[0], backwards=True) if preceding else None,
            about,
        )

    def _ranked_page(self, ranking: Ranking, request: Request) -> Page:
        """Find a page of what a search found, by its place there."""
        self.url, self.ordering, self.column = request.build_absolute_uri(), RELEVANCE, ""
        size = _page_size(request)
        about: dict[str, Any] = {"ranked": "all" if ranking.complete else "newest"}
        wish = request.query_params.get("count")
        if wish not in {None, "exact", "estimate"}:
            raise ParameterError("count", "count: exact or estimate.", MalformedParameter)
        if wish == "exact" and not ranking.complete:
            raise ParameterError(
                "count", "count: exact needs another ordering than relevance.", MalformedParameter
            )
        if wish:
            reached = "exact" if ranking.complete else "at_least"
            about |= {"count": len(ranking.keys), "count_is": reached}
        cursor = self._cursor(request)
        start = 0
        if cursor is not None:
            place = cursor.values[0]
            if not (place.isascii() and place.isdecimal() and len(place) < 6):
                raise self._malformed()
            start = int(place)
        links = {
            at: self._link((None, str(at), _NOWHERE), backwards=False)
            for at in (start + size, max(0, start - size))
        }
        return Page(
            ranking.keys[start : start + size],
            links[start + size] if start + size < len(ranking.keys) else None,
            links[max(0, start - size)] if start else None,
            about,
        )

    def all(self, keys: Keys | Ranking, request: Request, view: Any) -> Iterator[list[Any]]:
        """Yield the keys of all rows in order, some hundreds at a time."""
        if isinstance(keys, Ranking):
            yield keys.keys
            return
        self._order(request, view)
        cursor = None
        while found := self._rows(keys, view, cursor, _PORTION):
            yield [pk for pk, *_ in found]
            if len(found) < _PORTION:
                return
            cursor = self._cursor_at(found[-1], backwards=False)

    def _order(self, request: Request, view: Any) -> None:
        self.ordering = _ordering(request, view)
        self.column = view.ordering_fields[self.ordering.removeprefix("-")]

    def _rows(self, keys: Keys, view: Any, cursor: Cursor | None, limit: int) -> list[Row]:
        """Rows in the request's order, from a cursor on; backwards if that leads backwards."""
        descending = self.ordering.startswith("-")
        after = None
        if cursor is not None:
            descending ^= cursor.backwards
            model = view.queryset.model
            after = (self._key(model, cursor.values[0]), UUID(cursor.values[1]))
        return keys.rows(self.column, descending=descending, after=after, limit=limit)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "count": {
                    "type": "integer",
                    "description": "How many there are in all; only with `count`.",
                },
                "count_is": {
                    "type": "string",
                    "enum": ["exact", "at_least"],
                    "description": "Whether there may be more than `count`; only with `count`.",
                },
                "ranked": {
                    "type": "string",
                    "enum": ["all", "newest"],
                    "description": "With `relevance`: whether all that match are in order, or only "
                    "the newest of them, and the others left out.",
                },
                "next": {**link, "description": "The following page; null on the last one."},
                "previous": {**link, "description": "The page before; null on the first one."},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        keys = sorted(view.ordering_fields)  # type: ignore[attr-defined]
        return [
            _parameter("cursor", "A place in the list, as a page's `next` or `previous` gives it."),
            _parameter(
                "page_size",
                f"How many a page holds at the most; {DEFAULT_PAGE} if not given.",
                {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE},
            ),
            _parameter(
                "ordering",
                "The sort key, with `-` for descending. Ties are broken by `id`."
                + (" With `q` the default is `relevance`." if view.ranks else ""),  # type: ignore[attr-defined]
                {
                    "type": "string",
                    "enum": [sign + key for key in keys for sign in ("", "-")]
                    + ([RELEVANCE] if view.ranks else []),  # type: ignore[attr-defined]
                    "default": view.default_ordering,  # type: ignore[attr-defined]
                },
            ),
            _parameter(
                "count",
                "Adds the number of all results. `exact` counts them all, at that cost; `estimate` "
                f"counts to {ENOUGH:,} and says with `count_is` whether there are more.",
                {"type": "string", "enum": ["exact", "estimate"]},
            ),
        ]

    def _cursor(self, request: Request) -> Cursor | None:
        text = request.query_params.get("cursor")
        if text is None:
            return None
        try:
            cursor = Cursor.parse(text)
        except (ValueError, binascii.Error, RecursionError):
            cursor = None
        if cursor is None or cursor.ordering != self.ordering:
            raise self._malformed()
        return cursor

    def _malformed(self) -> ParameterError:
        return ParameterError(
            "cursor",
            "cursor: take it from a page's next or previous link, with the same ordering.",
            MalformedParameter,
        )

    def _key(self, model: Any, text: str) -> Any:
        """The sort key's value as its column's type; a forged one is a malformed cursor."""
        field: Any = model._meta.get_field(self.column)
        try:
            if isinstance(field, models.DateTimeField):
                moment = datetime.fromisoformat(text)
                if moment.tzinfo is None:
                    raise ValueError(text)
                return moment.astimezone(UTC)
            return field.to_python(text)
        except (ValueError, ValidationError, OverflowError):
            raise self._malformed() from None

    def _cursor_at(self, row: Row, *, backwards: bool) -> Cursor:
        _pk, key, identifier = row
        text = key.isoformat() if isinstance(key, date) else str(key)
        return Cursor(self.ordering, backwards, (text, str(identifier)))

    def _link(self, row: Row, *, backwards: bool) -> str:
        cursor = self._cursor_at(row, backwards=backwards)
        return replace_query_param(remove_query_param(self.url, "count"), "cursor", str(cursor))


def _page_size(request: Request) -> int:
    text = request.query_params.get("page_size", str(DEFAULT_PAGE))
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= LARGEST_PAGE):
        raise ParameterError(
            "page_size", f"page_size: a whole number from 1 to {LARGEST_PAGE}.", MalformedParameter
        )
    return int(text)


def _counted(keys: Keys, request: Request) -> dict[str, Any]:
    wish = request.query_params.get("count")
    match wish:
        case None:
            return {}
        case "exact":
            return {"count": keys.number(), "count_is": "exact"}
        case "estimate":
            # Not the planner's guess, which knows of hidden rows too.
            counted = keys.number(ENOUGH + 1)
            reached = "at_least" if counted > ENOUGH else "exact"
            return {"count": min(counted, ENOUGH), "count_is": reached}
    raise ParameterError("count", "count: exact or estimate.", MalformedParameter)


def _ordering(request: Request, view: Any) -> str:
    key: str = request.query_params.get("ordering", view.default_ordering)
    if key.removeprefix("-") not in view.ordering_fields:
        raise ParameterError(
            "ordering",
            f"ordering: one of {', '.join(sorted(view.ordering_fields))}, with - for descending.",
            MalformedParameter,
        )
    return key


def _parameter(name: str, description: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema or {"type": "string"},
    }
