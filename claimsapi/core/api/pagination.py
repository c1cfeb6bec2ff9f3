"""Keyset pages: as fast at any depth, and no row is repeated or left out while others write.

See ``keyset`` for the comparison that finds a page.
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

from claimsapi.core.api.keyset import Cursor, KeyRow, KeySource, Ranking
from claimsapi.core.api.parameters import integer_parameter, parse_integer
from claimsapi.core.api.problems import ParameterError
from claimsapi.core.errors import MalformedParameter
from claimsapi.core.text import parse_digits

if TYPE_CHECKING:
    from rest_framework.views import APIView

DEFAULT_PAGE_SIZE: Final = 50  # rows
MAX_PAGE_SIZE: Final = 200  # rows
ESTIMATE_LIMIT: Final = 10_000  # rows that `count=estimate` counts at most
RELEVANCE: Final = "relevance"
STREAM_CHUNK_SIZE: Final = 500  # rows that a streamed list reads at a time
_NO_ID: Final = UUID(int=0)  # cursors of ranked pages hold an offset and need no id
_PAGE_SIZE_DESCRIPTION: Final = (
    f"Number of results on a page, up to {MAX_PAGE_SIZE}. The default is {DEFAULT_PAGE_SIZE}."
)
_PAGE_SIZE_SCHEMA: Final[dict[str, Any]] = {
    "type": "integer",
    "minimum": 1,
    "maximum": MAX_PAGE_SIZE,
}
PAGE_SIZE: Final = integer_parameter(
    "page_size", _PAGE_SIZE_DESCRIPTION, minimum=1, maximum=MAX_PAGE_SIZE
)


def parse_page_size(request: Request) -> int:
    """Parse ``page_size``."""
    return parse_integer(request, "page_size", DEFAULT_PAGE_SIZE, 1, MAX_PAGE_SIZE)


@dataclass(frozen=True, slots=True)
class Page:
    """The primary keys of a page's rows, the URLs of its neighbours, and the count members."""

    keys: list[Any]
    next: str | None
    previous: str | None
    count_members: dict[str, Any]

    def envelope(self) -> dict[str, Any]:
        """Return the members of the response other than its results."""
        return {**self.count_members, "next": self.next, "previous": self.previous}

    def link_header(self) -> str:
        """Return the value of the header ``Link`` (RFC 8288)."""
        links = {"next": self.next, "prev": self.previous}
        return ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items() if url)


class KeysetPagination(BasePagination):
    """Reads ``cursor``, ``page_size``, ``ordering`` and ``count`` from the query."""

    parameters: Final = ("cursor", "page_size", "ordering", "count")

    def paginate(self, source: KeySource | Ranking, request: Request, view: Any) -> Page:
        """Return the requested page."""
        if isinstance(source, Ranking):
            return self._paginate_ranking(source, request)
        self.url = request.build_absolute_uri()
        size = parse_page_size(request)
        count_members = _count(source, request)
        self._set_ordering(request, view)
        cursor = self._parse_cursor(request)
        backwards = cursor is not None and cursor.backwards
        # One row more than the page says whether the list goes on.
        rows = self._fetch_rows(source, view, cursor, size + 1)
        has_more = len(rows) > size
        rows = rows[:size]
        if backwards:
            rows.reverse()
        has_next = bool(rows) and (has_more or backwards)
        has_previous = bool(rows) and (has_more if backwards else cursor is not None)
        return Page(
            [pk for pk, *_ in rows],
            self._link(*source.position(rows[-1]), backwards=False) if has_next else None,
            self._link(*source.position(rows[0]), backwards=True) if has_previous else None,
            count_members,
        )

    def _paginate_ranking(self, ranking: Ranking, request: Request) -> Page:
        """Return a page of ranked search results. Its cursor is an offset."""
        self.url, self.ordering, self.column = request.build_absolute_uri(), RELEVANCE, ""
        size = parse_page_size(request)
        count_members: dict[str, Any] = {"ranked": "all" if ranking.complete else "newest"}
        count = request.query_params.get("count")
        if count not in {None, "exact", "estimate"}:
            raise ParameterError("count", _INVALID_COUNT, MalformedParameter)
        if count == "exact" and not ranking.complete:
            raise ParameterError(
                "count",
                "count: exact is not available, since only the newest matches are ranked. Use "
                "another ordering than relevance.",
                MalformedParameter,
            )
        if count:
            precision = "exact" if ranking.complete else "at_least"
            count_members |= {"count": len(ranking.keys), "count_is": precision}
        cursor = self._parse_cursor(request)
        start = 0
        if cursor is not None:
            offset = parse_digits(cursor.values[0], 5)
            if offset is None:
                raise self._malformed_cursor()
            start = offset
        end, before = start + size, max(0, start - size)
        return Page(
            ranking.keys[start:end],
            self._link(str(end), _NO_ID, backwards=False) if end < len(ranking.keys) else None,
            self._link(str(before), _NO_ID, backwards=False) if start else None,
            count_members,
        )

    def iter_keys(
        self, source: KeySource | Ranking, request: Request, view: Any
    ) -> Iterator[list[Any]]:
        """Yield the keys of all rows in order, in chunks."""
        if isinstance(source, Ranking):
            yield source.keys
            return
        self._set_ordering(request, view)
        cursor = None
        # Each chunk is a page of its own, so that no cursor of the database stays open between.
        while rows := self._fetch_rows(source, view, cursor, STREAM_CHUNK_SIZE):
            yield [pk for pk, *_ in rows]
            if len(rows) < STREAM_CHUNK_SIZE:
                return
            cursor = self._build_cursor(*source.position(rows[-1]), backwards=False)

    def _set_ordering(self, request: Request, view: Any) -> None:
        self.ordering = _parse_ordering(request, view)
        self.column = view.ordering_fields[self.ordering.removeprefix("-")]

    def _fetch_rows(
        self, source: KeySource, view: Any, cursor: Cursor | None, limit: int
    ) -> list[KeyRow]:
        """Return rows after the cursor, in the reverse order for a backwards cursor."""
        descending = self.ordering.startswith("-")
        after = None
        if cursor is not None:
            descending ^= cursor.backwards
            model = view.queryset.model
            after = (self._parse_sort_key(model, cursor.values[0]), UUID(cursor.values[1]))
        return source.fetch_rows(self.column, descending=descending, after=after, limit=limit)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "count": {
                    "type": "integer",
                    "description": "Number of all results. Only with `count`.",
                },
                "count_is": {
                    "type": "string",
                    "enum": ["exact", "at_least"],
                    "description": "Whether `count` is exact or a lower bound. Only with `count`.",
                },
                "ranked": {
                    "type": "string",
                    "enum": ["all", "newest"],
                    "description": "With `relevance`: whether all matches are ranked, or only the "
                    "newest ones, while the others are left out.",
                },
                "next": {**link, "description": "URL of the next page. Null on the last page."},
                "previous": {
                    **link,
                    "description": "URL of the previous page. Null on the first page.",
                },
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        keys = sorted(view.ordering_fields)  # type: ignore[attr-defined]
        return [
            _parameter("cursor", "Position in the list, from a page's `next` or `previous`."),
            _parameter("page_size", _PAGE_SIZE_DESCRIPTION, _PAGE_SIZE_SCHEMA),
            _parameter(
                "ordering",
                "Sort key, with `-` for descending order. `id` breaks ties."
                + (" With `q` the default is `relevance`." if view.ranks_by_relevance else ""),  # type: ignore[attr-defined]
                {
                    "type": "string",
                    "enum": [sign + key for key in keys for sign in ("", "-")]
                    + ([RELEVANCE] if view.ranks_by_relevance else []),  # type: ignore[attr-defined]
                    "default": view.default_ordering,  # type: ignore[attr-defined]
                },
            ),
            _parameter(
                "count",
                "Adds the number of all results. `exact` counts all rows, which is slow on a long "
                f"list. `estimate` counts up to {ESTIMATE_LIMIT:,}: `count_is` is `at_least` if "
                "there are more.",
                {"type": "string", "enum": ["exact", "estimate"]},
            ),
        ]

    def _parse_cursor(self, request: Request) -> Cursor | None:
        text = request.query_params.get("cursor")
        if text is None:
            return None
        try:
            cursor = Cursor.parse(text)
        except (ValueError, binascii.Error, RecursionError):
            cursor = None
        if cursor is None or cursor.ordering != self.ordering:
            raise self._malformed_cursor()
        return cursor

    def _malformed_cursor(self) -> ParameterError:
        return ParameterError(
            "cursor",
            "cursor: take it from a page's next or previous link, with the same ordering.",
            MalformedParameter,
        )

    def _parse_sort_key(self, model: Any, text: str) -> Any:
        """Convert a cursor's sort key to the type of its column.

        A caller can forge a cursor: any text that the column cannot hold is a malformed cursor.
        """
        field: Any = model._meta.get_field(self.column)
        try:
            if isinstance(field, models.DateTimeField):
                timestamp = datetime.fromisoformat(text)
                if timestamp.tzinfo is None:
                    raise ValueError(text)
                return timestamp.astimezone(UTC)
            return field.to_python(text)
        except (ValueError, ValidationError, OverflowError):
            raise self._malformed_cursor() from None

    def _build_cursor(self, key: Any, identifier: UUID, *, backwards: bool) -> Cursor:
        text = key.isoformat() if isinstance(key, date) else str(key)
        return Cursor(self.ordering, backwards, (text, str(identifier)))

    def _link(self, key: Any, identifier: UUID, *, backwards: bool) -> str:
        cursor = self._build_cursor(key, identifier, backwards=backwards)
        # A client that follows links pays for `count` once, on the first page.
        return replace_query_param(remove_query_param(self.url, "count"), "cursor", str(cursor))


_INVALID_COUNT: Final = "count: give exact or estimate."


def _count(source: KeySource, request: Request) -> dict[str, Any]:
    match request.query_params.get("count"):
        case None:
            return {}
        case "exact":
            return {"count": source.count(), "count_is": "exact"}
        case "estimate":
            # Count up to a limit. The planner's estimate would disclose hidden rows.
            count = source.count(ESTIMATE_LIMIT + 1)
            precision = "at_least" if count > ESTIMATE_LIMIT else "exact"
            return {"count": min(count, ESTIMATE_LIMIT), "count_is": precision}
    raise ParameterError("count", _INVALID_COUNT, MalformedParameter)


def _parse_ordering(request: Request, view: Any) -> str:
    key: str = request.query_params.get("ordering", view.default_ordering)
    if key.removeprefix("-") not in view.ordering_fields:
        names = ", ".join(sorted(view.ordering_fields))
        raise ParameterError(
            "ordering",
            f"ordering: give one of {names}, with - for descending order.",
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
