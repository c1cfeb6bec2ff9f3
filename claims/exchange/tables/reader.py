"""Tables of reviews, CSV or JSON, by a mapping file that says which column is what.

A mapping is YAML. It says how the file is written and, for members of ClaimReview by their path,
where the value comes from: see docs/operator.md. Pure.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from typing import Any, BinaryIO, Final

from claims.exchange.claimreview import property_values
from claims.exchange.claimreview.extractor import Item, parse_json
from claims.exchange.claimreview.json_stream import Unreadable, read_elements
from claims.exchange.tables.mapping import Mapping
from claimsapi.core.text import unescape_cell

_PLACE: Final = re.compile(r"\{([^{}]+)\}")
_DIGEST: Final = 20  # hexadecimal figures, of which no two rows have the same by chance
_LONGEST_CELL: Final = 1024 * 1024


def _named(spec: Any) -> Iterator[str]:
    """The columns that a table must have; those of lists within rows are each row's own."""
    match spec:
        case str():
            yield spec
        case list():
            for one in spec:
                yield from _named(one)
        case {"column": str(name)}:
            yield name
        case {"digest": list(names)}:
            yield from map(str, names)
        case {"text": str(text)}:
            yield from _PLACE.findall(text)
        case {"members": dict(members)} if "each" not in spec:
            for one in members.values():
                yield from _named(one)


def extract_items(stream: BinaryIO, mapping: Mapping) -> Iterator[Item]:
    """Yield for each row of the table the ClaimReview that the mapping makes of it."""
    rows = _json_rows(stream) if mapping.format == "json" else _csv_rows(stream, mapping)
    for number, row in enumerate(rows, 1):
        if isinstance(row, Unreadable):
            yield Item(row)
            continue
        try:
            yield Item(claim_review(row, mapping, number), row=row)
        except RecursionError:
            yield Item(Unreadable("It is nested too deep."))


def claim_review(row: dict[str, Any], mapping: Mapping, number: int) -> dict[str, Any]:
    """The ClaimReview of a row; ``number`` counts rows from 1 and may stand in texts as {row}."""
    return {"@type": "ClaimReview", **_object(mapping.members, {"row": number, **row})}


def _object(members: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for path, spec in members.items():
        value = _value(spec, row)
        if value in (None, "", [], {}):
            continue
        *above, name = str(path).split(".")
        inner = made
        for step in above:
            inner = inner.setdefault(step, {})
        inner[name] = _as_markup(value)
    return made


def _as_markup(value: Any) -> Any:
    """A table's texts mean what they say: one that shows an entity goes on showing it."""
    if isinstance(value, list):
        return [_as_markup(one) for one in value]
    return property_values.escape_text(value) if isinstance(value, str) else value


def _value(spec: Any, row: dict[str, Any]) -> Any:  # noqa: PLR0911  one kind of source each
    match spec:
        case str():
            return row.get(spec)
        case list():
            each = [_value(one, row) for one in spec]
            lists = [value if isinstance(value, list) else [value] for value in each]
            found = [value for one in lists for value in one]
            return [value for value in found if value not in (None, "", {})]
        case {"each": str(path), "members": dict(members)}:
            return [
                made for inner in _inner(row, path.split(".")) if (made := _object(members, inner))
            ]
        case {"members": dict(members)}:
            return _object(members, row)
        case {"value": value}:
            return value
        case {"digest": list(names)}:
            said = json.dumps([row.get(name) for name in names], default=str)
            return f"{spec.get('text', '')}{sha256(said.encode()).hexdigest()[:_DIGEST]}"
        case {"text": str(text)}:
            if any(row.get(name) in (None, "") for name in _PLACE.findall(text)):
                return None
            return _PLACE.sub(lambda match: str(row[match[1]]), text)
    return _transformed(row.get(spec["column"]), spec)


def _inner(row: dict[str, Any], path: list[str]) -> Iterator[dict[str, Any]]:
    """The rows within a row, each with the columns of those around it."""
    if not path:
        yield row
        return
    inside = row.get(path[0])
    for one in inside if isinstance(inside, list) else []:
        if isinstance(one, dict):
            yield from _inner({**row, **one}, path[1:])


def _transformed(value: Any, spec: dict[str, Any]) -> Any:
    cell = value.strip() if isinstance(value, str) else value
    if isinstance(cell, str) and cell in spec.get("words", {}):
        return spec["words"][cell]
    if "otherwise" in spec and cell not in (None, ""):
        return spec["otherwise"]
    return _changed(cell, spec) if isinstance(cell, str) else cell


def _changed(value: str, spec: dict[str, Any]) -> str | list[str]:
    for old, new in spec.get("replace", {}).items():
        value = value.replace(str(old), str(new))
    if spec.get("case") == "title":
        value = value.title()
    if "date" in spec:
        try:
            return datetime.strptime(value, spec["date"]).date().isoformat()  # noqa: DTZ007  a day
        except ValueError:
            return value  # the reader notes that it is no date
    if "split" in spec:
        return [part.strip() for part in value.split(spec["split"]) if part.strip()]
    return value


def _csv_rows(stream: BinaryIO, mapping: Mapping) -> Iterator[Any]:
    # What is no UTF-8 is found in its row, and does not end the file.
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
    csv.field_size_limit(_LONGEST_CELL)
    quoting: Any = csv.QUOTE_MINIMAL if mapping.quoting else csv.QUOTE_NONE
    reader = csv.reader(text, delimiter=mapping.delimiter, quoting=quoting, strict=mapping.quoting)
    try:
        columns = _names(reader, mapping)
        while (row := _next_row(reader, columns)) is not None:
            if row:
                yield row
    finally:
        with suppress(ValueError):  # the file is who opened it, and may be closed already
            text.detach()


def _names(reader: Any, mapping: Mapping) -> Sequence[str]:
    """The columns' names: the mapping's, or those in the first line."""
    try:
        columns = mapping.columns or tuple(next(reader, ()))
    except csv.Error as error:
        raise _broken(reader, 1, error) from None
    wanted = {name for spec in mapping.members.values() for name in _named(spec)}
    if missing := sorted(wanted - {*columns, "row"}):
        raise Unreadable(f"The table has no column {', '.join(missing)}, which the mapping names.")
    if twice := sorted(
        name for name, number in Counter(columns).items() if number > 1 and name in wanted
    ):
        raise Unreadable(f"The table has two columns {twice[0]}, which the mapping names.")
    return columns


def _next_row(reader: Any, columns: Sequence[str]) -> dict[str, str] | Unreadable | None:
    """The next row; an empty one for a line without anything, ``None`` at the end."""
    first = reader.line_num + 1
    try:
        cells = next(reader)
    except StopIteration:
        return None
    except csv.Error as error:
        return _broken(reader, first, error)
    if not cells:
        return {}
    if fault := _fault(cells, columns, first, reader.line_num):
        return Unreadable(f"Line {first}: {fault}")
    return dict(zip(columns, map(unescape_cell, cells), strict=True))


def _fault(cells: list[str], columns: Sequence[str], first: int, last: int) -> str:
    """What is wrong with a row that stands on the lines from ``first`` to ``last``."""
    if len(cells) != len(columns):
        swallowed = _swallowed(first, last)
        perhaps = f", a quote perhaps not closed{swallowed}" if swallowed else ""
        return f"{len(cells)} columns, where {len(columns)} were due{perhaps}."
    if any("\udc80" <= character <= "\udcff" for cell in cells for character in cell):
        return "not UTF-8. Save the file as UTF-8."
    if first == 1 and _are_names(cells, columns):
        return (
            "these are names of columns, and no review. Take the line out of the table; if all of "
            "them are those of the mapping, take columns out of that instead."
        )
    return ""


def _broken(reader: Any, first: int, error: csv.Error) -> Unreadable:
    """What is wrong with the row that began on the line ``first``."""
    last = reader.line_num
    if "end of data" in str(error):
        return Unreadable(f"Line {first}: a quote is not closed{_swallowed(first, last)}.")
    if last > first:
        quote = f"a quote is not closed or not doubled{_swallowed(first, last)}"
        return Unreadable(f"Line {first}: {quote} ({error}).")
    return Unreadable(f"Line {first}: {error}.")


def _swallowed(first: int, last: int) -> str:
    return f"; it was read to line {last}" if last > first else ""


def _are_names(cells: list[str], columns: Sequence[str]) -> bool:
    """Whether most of the cells are names of columns, as in the first line of many a table."""
    names = {name.strip().casefold() for name in columns}
    return sum(cell.strip().casefold() in names for cell in cells) > len(cells) / 2


def _json_rows(stream: BinaryIO) -> Iterator[Any]:
    for element in read_elements(stream, lambda _name: False):
        try:
            row = element if isinstance(element, Unreadable) else parse_json(element.decode())
        except UnicodeDecodeError:
            row = Unreadable("This is not UTF-8. Save the file as UTF-8.")
        except Unreadable as error:
            row = error
        yield row if isinstance(row, dict | Unreadable) else Unreadable("This is no JSON object.")
