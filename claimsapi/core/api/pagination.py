"""Keyset pages: as fast at any depth, and neither a row twice nor one left out while others write.

See ``keys`` for how a page is found.
"""

import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param

from claimsapi.core.api.keyset import Cursor, Keys, Ranking, Row
from claimsapi.core.api.parameters import DEFAULT_PAGE, LARGEST_PAGE, page_size
from claimsapi.core.api.problems import ParameterError
from claimsapi.core.errors import MalformedParameter

if TYPE_CHECKING:
    from rest_framework.views import APIView

ENOUGH: Final = 10_000  # how far an estimate counts
RELEVANCE: Final = "relevance"
_NOWHERE: Final = UUID(int=0)
_PORTION: Final = 500  # rows that a streamed list reads at a time


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


class KeysetPagination(BasePagination):
    """Reads ``cursor``, ``page_size``, ``ordering`` and ``count`` from the query."""

    parameters: Final = ("cursor", "page_size", "ordering", "count")

    def page(self, keys: Keys | Ranking, request: Request, view: Any) -> Page:
        """Find the page that the request asks for."""
        if isinstance(keys, Ranking):
            return self._ranked_page(keys, request)
        self.url = request.build_absolute_uri()
        size = page_size(request)
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
            self._link(*keys.place(found[-1]), backwards=False) if following else None,
            self._link(*keys.place(found[0]), backwards=True) if preceding else None,
            about,
        )

    def _ranked_page(self, ranking: Ranking, request: Request) -> Page:
        """Find a page of what a search found, by its place there."""
        self.url, self.ordering, self.column = request.build_absolute_uri(), RELEVANCE, ""
        size = page_size(request)
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
            at: self._link(str(at), _NOWHERE, backwards=False)
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
            cursor = self._cursor_at(*keys.place(found[-1]), backwards=False)

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

    def _cursor_at(self, key: Any, identifier: UUID, *, backwards: bool) -> Cursor:
        text = key.isoformat() if isinstance(key, date) else str(key)
        return Cursor(self.ordering, backwards, (text, str(identifier)))

    def _link(self, key: Any, identifier: UUID, *, backwards: bool) -> str:
        cursor = self._cursor_at(key, identifier, backwards=backwards)
        return replace_query_param(remove_query_param(self.url, "count"), "cursor", str(cursor))


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
