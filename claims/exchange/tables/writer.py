"""Reviews as the rows of a table, by the mapping file that such a table is read with. Pure."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from claims.exchange.claimreview.normalizer import load_original
from claims.exchange.claimreview.vocabulary import Json
from claims.exchange.tables.mapping import BadMapping, Mapping
from claims.exchange.tables.reader import claim_review
from claimsapi.core.text import escape_cell, unescape_html

_PUBLISHER: Final = {(agent, name) for agent in ("author", "publisher") for name in ("name", "url")}
_PLACE: Final = re.compile(r"\{([^{}]+)\}")


class TableWriter:
    """Writes CSV; a column that comes from no member of ClaimReview is empty.

    Lists within a row (``each``) have no column and are left out. Raises ``BadMapping`` for a
    mapping that names no column.
    """

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._sources: dict[str, Any] = {}
        for column, source in _sources(mapping.members, ()):
            # The first one; rather than one that says the same of many cells, the next.
            if "otherwise" in self._sources.get(column, ((), {"otherwise": ""}))[1]:
                self._sources[column] = source
        self._named = set(_named({"members": mapping.members}))
        self._columns = mapping.columns or tuple(self._sources)
        self._publisher = [
            (path, value) for path, value in _constants(mapping.members, ()) if path in _PUBLISHER
        ]
        if not self._sources or mapping.format != "csv":
            raise BadMapping("members: a table that is written is CSV, and has columns.")

    def head(self) -> str:
        """The line of names, unless the mapping says that the table has none."""
        return "" if self._mapping.columns else self._line(list(self._columns))

    def row(self, found: Json, markup: str = "") -> str:
        """A review's line. ``markup`` is what its version was made of, if it was imported."""
        cells = self._as_it_came(markup) or {
            column: _written(_at(found, path), spec, column)
            for column, (path, spec) in self._sources.items()
        }
        return self._line([escape_cell(cells.get(column, "")) for column in self._columns])

    def fits(self, found: Json) -> bool:
        """Whether it is of whom the mapping says: who reads the table will take it for theirs."""
        return all(_at(found, path) == value for path, value in self._publisher)

    def _as_it_came(self, markup: str) -> dict[str, str]:
        """The cells of the row of which the markup was made, if it was by this mapping.

        Only those that the mapping makes something of: others were never meant to go out.
        """
        found, row = load_original(markup) if markup else (None, None)
        if not isinstance(row, dict) or not all(isinstance(cell, str) for cell in row.values()):
            return {}
        if not row.keys() >= self._named or claim_review(row, self._mapping, 0) != found:
            return {}
        return {column: row[column] for column in self._named}

    def _line(self, cells: list[str]) -> str:
        line, mapping = io.StringIO(), self._mapping
        if not mapping.quoting:  # then nothing can stand for what parts cells and rows
            parting = str.maketrans(dict.fromkeys(f"{mapping.delimiter}\r\n", " "))
            return mapping.delimiter.join(cell.translate(parting) for cell in cells) + "\n"
        csv.writer(line, delimiter=mapping.delimiter).writerow(cells)
        return line.getvalue()


def _sources(members: Json, above: tuple[str, ...]) -> Any:
    """Yield each column with the path of its member and how it was read."""
    for name, spec in members.items():
        path = (*above, *str(name).split("."))
        match spec:
            case str():
                yield spec, (path, {})
            case {"column": column}:
                yield str(column), (path, spec)
            case {"text": str(text)}:
                for column in _PLACE.findall(text):
                    yield column, (path, spec)
            case {"members": dict(inner)} if "each" not in spec:
                yield from _sources(inner, path)


def _named(spec: Any) -> Iterator[str]:
    """Each column of which something is to be read in the markup."""
    match spec:
        case str():
            yield spec
        case {"column": str(column)}:
            yield column
        case {"text": str(text)} if "digest" not in spec:
            yield from _PLACE.findall(text)
        case list():
            for one in spec:
                yield from _named(one)
        case {"members": dict(members)} if "each" not in spec:
            for one in members.values():
                yield from _named(one)


def _constants(members: Json, above: tuple[str, ...]) -> Any:
    """Yield each member that is the same in every row, by its path."""
    for name, spec in members.items():
        path = (*above, *str(name).split("."))
        match spec:
            case {"value": value}:
                yield path, value
            case {"members": dict(inner)} if "each" not in spec:
                yield from _constants(inner, path)


def _at(found: Any, path: tuple[str, ...]) -> Any:
    """What stands at a path; of objects in a list the first."""
    for name in path:
        if isinstance(found, list):
            found = found[0] if found else None
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _written(value: Any, spec: Json, column: str) -> str:
    if isinstance(value, list):
        parts = [unescape_html(str(one)) for one in value if isinstance(one, str | int | float)]
        return str(spec.get("split", ", ")).join(_replaced(part, spec) for part in parts)
    text = unescape_html(str(value)) if isinstance(value, str | int | float) else ""
    if "text" in spec:
        return _of_text(text, spec["text"], column)
    cells = [str(cell) for cell, word in spec.get("words", {}).items() if word == text]
    if cells or "otherwise" in spec:
        return cells[0] if cells else ""
    if "date" in spec:
        try:
            return date.fromisoformat(text[:10]).strftime(spec["date"])
        except ValueError:
            return text
    return _replaced(text, spec)


def _replaced(text: str, spec: Json) -> str:
    for cell, word in spec.get("replace", {}).items():
        text = text.replace(str(word), str(cell)) if word else text
    return text


def _of_text(text: str, template: str, column: str) -> str:
    """The column's part of a text; the whole text if it is not of this form."""
    first, *rest = _PLACE.split(template)
    names, between, last = rest[::2], rest[1:-1:2], rest[-1]
    if not text.startswith(first) or not text[len(first) :].endswith(last):
        return text
    left, cells = text[len(first) : len(text) - len(last)], {}
    for name, literal in zip(reversed(names[1:]), reversed(between), strict=True):
        left, parted, cells[name] = left.rpartition(literal) if literal else (left, "-", "")
        if not parted:
            return text
    return (cells | {names[0]: left})[column]
