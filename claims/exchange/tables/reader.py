"""Reader of tables of reviews, CSV or JSON: makes a ClaimReview of each row by a mapping. Pure."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from typing import Any, BinaryIO, Final

from claims.exchange.claimreview import property_values
from claims.exchange.claimreview.extractor import Item, parse_json
from claims.exchange.claimreview.json_stream import Unreadable, read_elements
from claims.exchange.tables.mapping import PLACEHOLDER, Mapping, iter_columns
from claimsapi.core.text import unescape_cell

_DIGEST_LENGTH: Final = 20  # hexadecimal digits: 80 bits, so no two rows collide by chance
_MAX_CELL: Final = 1024 * 1024  # characters


def extract_items(stream: BinaryIO, mapping: Mapping) -> Iterator[Item]:
    """Yield the ClaimReview of each row, or ``Unreadable`` for a faulty row.

    Raises ``Unreadable`` if the whole table is unusable.
    """
    rows = _read_json(stream) if mapping.format == "json" else _read_csv(stream, mapping)
    for number, row in enumerate(rows, 1):
        if isinstance(row, Unreadable):
            yield Item(row)
            continue
        try:
            yield Item(build_claim_review(row, mapping, number), row=row)
        except RecursionError:
            yield Item(Unreadable("The row is nested too deep."))


def build_claim_review(row: dict[str, Any], mapping: Mapping, number: int) -> dict[str, Any]:
    """Return the ClaimReview of a row.

    ``number`` is the number of the row, from 1. Texts of the mapping refer to it as {row}.
    """
    return {"@type": "ClaimReview", **_build_object(mapping.members, {"row": number, **row})}


def _build_object(members: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for path, spec in members.items():
        value = _evaluate(spec, row)
        if value in (None, "", [], {}):
            continue
        *parents, name = str(path).split(".")
        target = result
        for step in parents:
            target = target.setdefault(step, {})
        target[name] = _escape(value)
    return result


def _escape(value: Any) -> Any:
    """Escape the texts of a value: a table has plain text, a ClaimReview has HTML entities."""
    if isinstance(value, list):
        return [_escape(one) for one in value]
    return property_values.escape_text(value) if isinstance(value, str) else value


def _evaluate(spec: Any, row: dict[str, Any]) -> Any:  # noqa: PLR0911  one return for each source
    """Return the value of a spec for a row; ``None`` if a column is missing or empty."""
    match spec:
        case str():
            return row.get(spec)
        case list():
            values = [_evaluate(one, row) for one in spec]
            lists = [value if isinstance(value, list) else [value] for value in values]
            return [value for one in lists for value in one if value not in (None, "", {})]
        case {"each": str(path), "members": dict(members)}:
            objects = (_build_object(members, one) for one in _nested_rows(row, path.split(".")))
            return [one for one in objects if one]
        case {"members": dict(members)}:
            return _build_object(members, row)
        case {"value": value}:
            return value
        case {"digest": list(columns)}:
            content = json.dumps([row.get(column) for column in columns], default=str)
            digest = sha256(content.encode()).hexdigest()[:_DIGEST_LENGTH]
            return f"{spec.get('text', '')}{digest}"
        case {"text": str(text)}:
            if any(row.get(column) in (None, "") for column in PLACEHOLDER.findall(text)):
                return None
            return PLACEHOLDER.sub(lambda match: str(row[match[1]]), text)
    return _convert_cell(row.get(spec["column"]), spec)


def _nested_rows(row: dict[str, Any], path: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a list within a row, each with the columns of the rows around it."""
    if not path:
        yield row
        return
    inner = row.get(path[0])
    for one in inner if isinstance(inner, list) else []:
        if isinstance(one, dict):
            yield from _nested_rows({**row, **one}, path[1:])


def _convert_cell(value: Any, spec: dict[str, Any]) -> Any:
    # A cell of a JSON table can be a number or a list: only `otherwise` converts it.
    cell = value.strip() if isinstance(value, str) else value
    if isinstance(cell, str) and cell in spec.get("words", {}):
        return spec["words"][cell]
    if "otherwise" in spec and cell not in (None, ""):
        return spec["otherwise"]
    return _convert_text(cell, spec) if isinstance(cell, str) else cell


def _convert_text(text: str, spec: dict[str, Any]) -> str | list[str]:
    for old, new in spec.get("replace", {}).items():
        text = text.replace(str(old), str(new))
    if spec.get("case") == "title":
        text = text.title()
    if "date" in spec:
        try:
            return datetime.strptime(text, spec["date"]).date().isoformat()  # noqa: DTZ007  a day
        except ValueError:
            return text  # the normalizer leaves it out, with a note for the report
    if "split" in spec:
        return [part.strip() for part in text.split(spec["split"]) if part.strip()]
    return text


def _read_csv(stream: BinaryIO, mapping: Mapping) -> Iterator[Any]:
    # With surrogateescape, invalid UTF-8 makes one row unreadable and does not end the file.
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
    # The default limit of 131,072 characters is too small for full texts.
    csv.field_size_limit(_MAX_CELL)
    quoting: Any = csv.QUOTE_MINIMAL if mapping.quoting else csv.QUOTE_NONE
    reader = csv.reader(text, delimiter=mapping.delimiter, quoting=quoting, strict=mapping.quoting)
    try:
        columns = _read_header(reader, mapping)
        while (row := _read_row(reader, columns)) is not None:
            if row:
                yield row
    finally:
        # The caller opened the stream, and may have closed it already.
        with suppress(ValueError):
            text.detach()


def _read_header(reader: Any, mapping: Mapping) -> Sequence[str]:
    """Return the names of the columns: those of the mapping, or those in the first line.

    Raises ``Unreadable`` if a column of the mapping is missing or ambiguous.
    """
    try:
        columns = mapping.columns or tuple(next(reader, ()))
    except csv.Error as error:
        raise _describe_csv_error(reader, 1, error) from None
    required = set(iter_columns({"members": mapping.members}, with_digests=True))
    if missing := sorted(required - {*columns, "row"}):
        raise Unreadable(f"The table lacks columns of the mapping: {', '.join(missing)}.")
    counts = Counter(columns)
    if repeated := sorted(name for name in required if counts[name] > 1):
        raise Unreadable(f"The table repeats a column of the mapping: {repeated[0]}.")
    return columns


def _read_row(reader: Any, columns: Sequence[str]) -> dict[str, str] | Unreadable | None:
    """Return the next row: an empty one for an empty line, ``None`` at the end of the table."""
    first_line = reader.line_num + 1
    try:
        cells = next(reader)
    except StopIteration:
        return None
    except csv.Error as error:
        return _describe_csv_error(reader, first_line, error)
    if not cells:
        return {}
    if problem := _find_row_problem(cells, columns, first_line, reader.line_num):
        return Unreadable(f"Line {first_line}: {problem}")
    return dict(zip(columns, map(unescape_cell, cells), strict=True))


def _find_row_problem(
    cells: list[str], columns: Sequence[str], first_line: int, last_line: int
) -> str:
    """Return the problem of a row, or an empty text. A row with quotes can span several lines."""
    if len(cells) != len(columns):
        # An unclosed quote takes the following lines into its row.
        extent = _describe_extent(first_line, last_line)
        cause = f" A quote may be unclosed{extent}." if extent else ""
        return f"{len(cells)} columns instead of {len(columns)}.{cause}"
    if any("\udc80" <= character <= "\udcff" for cell in cells for character in cell):
        return "not UTF-8. Save the file as UTF-8."
    if first_line == 1 and _is_header(cells, columns):
        return (
            "this is a header, not a review. Remove the line from the table. If all its names are"
            " those of the mapping, remove columns from the mapping instead."
        )
    return ""


def _describe_csv_error(reader: Any, first_line: int, error: csv.Error) -> Unreadable:
    """Return the error of the row that began on ``first_line``."""
    extent = _describe_extent(first_line, reader.line_num)
    if "end of data" in str(error):
        return Unreadable(f"Line {first_line}: a quote is not closed{extent}.")
    if extent:
        problem = f"a quote is not closed or not doubled{extent} ({error})"
        return Unreadable(f"Line {first_line}: {problem}.")
    return Unreadable(f"Line {first_line}: {error}.")


def _describe_extent(first_line: int, last_line: int) -> str:
    return f"; the row extends to line {last_line}" if last_line > first_line else ""


def _is_header(cells: list[str], columns: Sequence[str]) -> bool:
    """Whether most of the cells are names of columns. Headers often differ in a few names."""
    names = {name.strip().casefold() for name in columns}
    return sum(cell.strip().casefold() in names for cell in cells) > len(cells) / 2


def _read_json(stream: BinaryIO) -> Iterator[Any]:
    # One object at a time: a large list does not fit into memory.
    # No list within an object has rows: only the items of the outermost list are rows.
    for element in read_elements(stream, lambda _name: False):
        try:
            row = element if isinstance(element, Unreadable) else parse_json(element.decode())
        except UnicodeDecodeError:
            row = Unreadable("The row is not UTF-8. Save the file as UTF-8.")
        except Unreadable as error:
            row = error
        is_row = isinstance(row, dict | Unreadable)
        yield row if is_row else Unreadable("The row is not a JSON object.")
