"""Lists in other forms than a page of JSON: every row there is, one after the other."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from rest_framework import serializers

from claimsapi.core.api.json_media import JSONRenderer
from claimsapi.core.api.sparse_fields import nested_of
from claimsapi.core.text import escape_cell


class NDJSONRenderer(JSONRenderer):
    """Names JSON with one record a line; errors are JSON."""

    media_type = "application/x-ndjson"
    format = "ndjson"


class CSVRenderer(JSONRenderer):
    """Names CSV (RFC 4180); errors are JSON."""

    media_type = "text/csv"
    format = "csv"


def as_lines(texts: Iterable[str]) -> str:
    """Records as lines of JSON."""
    return "".join(f"{text}\n" for text in texts)


class CSVWriter:
    """Writes records as CSV, one column for each plain field of the serializer.

    What is nested once has columns with a dot in their name; what is a list is one cell of JSON. A
    text that a spreadsheet would take for a formula has an apostrophe before it.
    """

    def __init__(self, serializer: Any) -> None:
        self._columns = list(_columns(serializer))

    def head(self) -> str:
        return self._written([".".join(path) for path in self._columns])

    def rows(self, texts: Iterable[str]) -> str:
        return "".join(
            self._written([_cell(record, path) for path in self._columns])
            for record in map(orjson.loads, texts)
        )

    def _written(self, cells: list[str]) -> str:
        line = io.StringIO()
        csv.writer(line).writerow(cells)
        return line.getvalue()


def _columns(serializer: Any) -> Iterator[tuple[str, ...]]:
    for field in serializer._readable_fields:
        name = field.field_name
        many = isinstance(field, serializers.ListSerializer | serializers.ManyRelatedField)
        nested = None if many else nested_of(field)
        if nested is None:
            yield (name,)
        else:
            for path in _columns(nested):
                yield (name, *path)


def _cell(value: Any, path: tuple[str, ...]) -> str:
    for name in path:
        value = value[name] if value is not None else None
    match value:
        case None:
            return ""
        case str():
            return escape_cell(value)
    return orjson.dumps(value).decode()
