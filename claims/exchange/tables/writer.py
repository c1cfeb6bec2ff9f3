"""Writer of tables: writes reviews as CSV rows by the mapping that reads such tables. Pure."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from claims.exchange.claimreview.normalizer import load_original
from claims.exchange.claimreview.vocabulary import Json
from claims.exchange.tables.mapping import PLACEHOLDER, InvalidMapping, Mapping, iter_columns
from claims.exchange.tables.reader import build_claim_review
from claimsapi.core.text import escape_cell, unescape_html

Path = tuple[str, ...]

_PUBLISHER: Final = {(agent, name) for agent in ("author", "publisher") for name in ("name", "url")}


class TableWriter:
    """Writes the rows of a CSV table.

    A column without a member of ClaimReview is empty. Lists within a row (``each``) have no column
    and are left out. Raises ``InvalidMapping`` for a mapping without columns.
    """

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._sources: dict[str, tuple[Path, Json]] = {}  # by column
        self._publisher: list[tuple[Path, Any]] = []  # constant members
        for path, spec in _walk(mapping.members):
            if isinstance(spec, dict) and "value" in spec and path in _PUBLISHER:
                self._publisher.append((path, spec["value"]))
            # A list merges several sources, and no reverse takes them apart.
            if not isinstance(spec, list):
                for column in iter_columns(spec, with_digests=False):
                    self._add_source(column, path, {} if isinstance(spec, str) else spec)
        self._used = set(iter_columns({"members": mapping.members}, with_digests=False))
        self._columns = mapping.columns or tuple(self._sources)
        if not self._sources or mapping.format != "csv":
            raise InvalidMapping("members: an exported table is CSV, and has columns.")

    def _add_source(self, column: str, path: Path, spec: Json) -> None:
        # A column's first member wins. One with `otherwise` yields to the next one, because it
        # has the same value for many cells.
        if column not in self._sources or "otherwise" in self._sources[column][1]:
            self._sources[column] = (path, spec)

    def format_header(self) -> str:
        """Return the line of the column names; empty if the table has no header."""
        return "" if self._mapping.columns else self._format_line(list(self._columns))

    def format_row(self, review: Json, markup: str = "") -> str:
        """Return the line of a review. ``markup`` is the stored markup of an imported review."""
        cells = self._original_cells(markup) or {
            column: _format_cell(_get_value(review, path), spec, column)
            for column, (path, spec) in self._sources.items()
        }
        return self._format_line([escape_cell(cells.get(column, "")) for column in self._columns])

    def accepts(self, review: Json) -> bool:
        """Whether the review has the mapping's publisher.

        The table has no column for a constant publisher: readers would attribute a foreign review
        to the mapping's publisher.
        """
        # A mapping with a column for the publisher has no constant, and accepts every review.
        return all(_get_value(review, path) == value for path, value in self._publisher)

    def _original_cells(self, markup: str) -> dict[str, str]:
        """Return the stored cells if this mapping makes the same object of them, else none.

        Only the cells that the mapping uses: nobody intended the other ones for publication.
        """
        original, row = load_original(markup) if markup else (None, None)
        if not isinstance(row, dict) or not all(isinstance(cell, str) for cell in row.values()):
            return {}
        # A mapping with {row} never matches: the number of the stored row is unknown.
        if not row.keys() >= self._used or build_claim_review(row, self._mapping, 0) != original:
            return {}
        return {column: row[column] for column in self._used}

    def _format_line(self, cells: list[str]) -> str:
        line, mapping = io.StringIO(), self._mapping
        if not mapping.quoting:
            # Without quotes, a cell cannot contain a separator.
            separators = str.maketrans(dict.fromkeys(f"{mapping.delimiter}\r\n", " "))
            return mapping.delimiter.join(cell.translate(separators) for cell in cells) + "\n"
        csv.writer(line, delimiter=mapping.delimiter).writerow(cells)
        return line.getvalue()


def _walk(members: Json, parent: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the path and the spec of each member, except of lists within a row (``each``)."""
    for name, spec in members.items():
        path = (*parent, *str(name).split("."))
        if not isinstance(spec, dict) or "members" not in spec:
            yield path, spec
        elif "each" not in spec:
            yield from _walk(spec["members"], path)


def _get_value(value: Any, path: Path) -> Any:
    """Return the value at a path. Of a list of objects, the first object counts."""
    for name in path:
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _format_cell(value: Any, spec: Json, column: str) -> str:
    """Return the cell that the reader converts to this value: the reverse of the spec."""
    if isinstance(value, list):
        parts = [unescape_html(str(one)) for one in value if isinstance(one, str | int | float)]
        return str(spec.get("split", ", ")).join(_reverse_replace(part, spec) for part in parts)
    text = unescape_html(str(value)) if isinstance(value, str | int | float) else ""
    if "text" in spec:
        return _split_text(text, spec["text"], column)
    # Several cells can have one word, such as an empty one. The first cell wins.
    cells = [str(cell) for cell, word in spec.get("words", {}).items() if word == text]
    if cells or "otherwise" in spec:
        return cells[0] if cells else ""
    if "date" in spec:
        try:
            return date.fromisoformat(text[:10]).strftime(spec["date"])
        except ValueError:
            return text
    return _reverse_replace(text, spec)


def _reverse_replace(text: str, spec: Json) -> str:
    for cell, word in spec.get("replace", {}).items():
        text = text.replace(str(word), str(cell)) if word else text
    return text


def _split_text(text: str, template: str, column: str) -> str:
    """Return the column's part of a text; the whole text if it does not match the template.

    Splits from the right at the literals of the template. A regular expression with one group per
    column would take exponential time for some texts.
    """
    prefix, *rest = PLACEHOLDER.split(template)
    columns, separators, suffix = rest[::2], rest[1:-1:2], rest[-1]
    if not text.startswith(prefix) or not text[len(prefix) :].endswith(suffix):
        return text
    remainder = text[len(prefix) : len(text) - len(suffix)]
    cells: dict[str, str] = {}
    for name, separator in zip(reversed(columns[1:]), reversed(separators), strict=True):
        if not separator:  # two columns without a text between them: the first one takes all
            cells[name] = ""
            continue
        remainder, match, cells[name] = remainder.rpartition(separator)
        if not match:
            return text
    return (cells | {columns[0]: remainder})[column]
