"""The rows of an import: what was found, and what became of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from claims.interchange.claimreview.finding import Item, Unreadable
from claims.interchange.claimreview.normalising import Json, Rejected, normalise
from claims.interchange.claimreview.reading import Found, read

LARGEST: Final = 256 * 1024  # characters of one review's markup


class Outcome(StrEnum):
    """What an import made of a row."""

    CREATED = "created"
    UPDATED = "updated"  # a new version, with a correction note
    SAME = "same"
    REJECTED = "rejected"


@dataclass(slots=True)
class Row:
    """One review on its way in; ``number`` counts the rows of the file from 1."""

    number: int
    found: Found | None = None
    agreed: Json = field(default_factory=dict)
    markup: str = ""
    outcome: Outcome | None = None
    review: str = ""
    why: str = ""
    notes: list[str] = field(default_factory=list)

    def reject(self, why: str) -> None:
        self.outcome, self.why, self.review = Outcome.REJECTED, why, ""

    def report(self) -> dict[str, Any]:
        """A line of the report."""
        line: dict[str, Any] = {"row": self.number, "outcome": str(self.outcome)}
        if self.found is not None:
            line["identifier"] = self.found.identifier
        for name in ("review", "why", "notes"):
            if value := getattr(self, name):
                line[name] = value
        return line


def rows(items: Iterator[Item]) -> Iterator[Row]:
    """Read each item; what cannot be read is a row that was rejected.

    If the file breaks off, the last row says so.
    """
    number = 0
    while True:
        number += 1
        try:
            item = next(items)
        except StopIteration:
            return
        except Unreadable as error:
            row = Row(number)
            row.reject(str(error))
            yield row
            return
        yield row_of(number, item)


def row_of(number: int, item: Item) -> Row:
    row = Row(number)
    try:
        if isinstance(item.found, Unreadable):
            raise Rejected(str(item.found))
        row.markup = kept(item)
        if len(row.markup) > LARGEST:
            raise Rejected(f"It has {len(row.markup):,} characters; {LARGEST:,} are taken.")
        row.agreed, row.notes = agreed(row.markup)
        row.found = read(row.agreed)
    except (Rejected, RecursionError) as error:
        row.reject(str(error) or "It is nested too deep.")
    return row


def kept(item: Item) -> str:
    """The object as it is kept: JSON in ASCII, which holds whatever was in it."""
    whole = {"found": item.found}
    if item.base:
        whole["base"] = item.base
    if item.row is not None:
        whole["row"] = item.row
    return json.dumps(whole, ensure_ascii=True, separators=(",", ":"), default=str)


def agreed(markup: str) -> tuple[Json, list[str]]:
    """The agreed form of markup that was kept, and notes on what was not understood."""
    whole = json.loads(markup)
    return normalise(whole["found"], base=whole.get("base", ""))
