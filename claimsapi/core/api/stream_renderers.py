"""Streamed lists as NDJSON and CSV: all rows, without pages."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from rest_framework import serializers

from claimsapi.core.api.json_media import JSONRenderer
from claimsapi.core.api.sparse_fields import nested_serializer
from claimsapi.core.text import escape_cell


class NDJSONRenderer(JSONRenderer):
    """Negotiates NDJSON, one record a line. Errors stay JSON."""

    media_type = "application/x-ndjson"
    format = "ndjson"


class CSVRenderer(JSONRenderer):
    """Negotiates CSV (RFC 4180). Errors stay JSON."""

    media_type = "text/csv"
    format = "csv"


def join_lines(texts: Iterable[str]) -> str:
    """Return records of JSON text as lines."""
    return "".join(f"{text}\n" for text in texts)


class CSVWriter:
    """Writes records as CSV, one column for each plain field of the serializer.

    A nested record has columns with a dot in their names. A list is one cell of JSON. Text that a
    spreadsheet would run as a formula gets an apostrophe in front.
    """

    def __init__(self, serializer: Any) -> None:
        self._columns = list(_list_columns(serializer))

    def header(self) -> str:
        return self._format_row([".".join(path) for path in self._columns])

    def rows(self, texts: Iterable[str]) -> str:
        return "".join(
            self._format_row([_format_cell(record, path) for path in self._columns])
            for record in map(orjson.loads, texts)
        )

    def _format_row(self, cells: list[str]) -> str:
        line = io.StringIO()
        csv.writer(line).writerow(cells)
        return line.getvalue()


def _list_columns(serializer: Any) -> Iterator[tuple[str, ...]]:
    for field in serializer._readable_fields:
        name = field.field_name
        is_list = isinstance(field, serializers.ListSerializer | serializers.ManyRelatedField)
        nested = None if is_list else nested_serializer(field)
        if nested is None:
            yield (name,)
        else:
            for path in _list_columns(nested):
                yield (name, *path)


def _format_cell(value: Any, path: tuple[str, ...]) -> str:
    for name in path:
        value = value[name] if value is not None else None
    match value:
        case None:
            return ""
        case str():
            return escape_cell(value)
    # Numbers, booleans and lists: none of them can start a formula.
    return orjson.dumps(value).decode()
