"""The rows of an import: what was found, and what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from claims.exchange.claimreview.extractor import Item
from claims.exchange.claimreview.json_stream import Unreadable
from claims.exchange.claimreview.normalizer import dump_markup, load_markup
from claims.exchange.claimreview.parser import ParsedReview, parse_review
from claims.exchange.claimreview.property_values import parse_url
from claims.exchange.claimreview.vocabulary import Json, Rejected
from claims.exchange.importing.platforms import is_shared_platform
from claimsapi.core.text import replace_unprintable

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
    parsed: ParsedReview | None = None
    normalized: Json = field(default_factory=dict)
    markup: str = ""
    outcome: Outcome | None = None
    review: str = ""
    reason: str = ""
    url: str = ""  # of one that was rejected, if it gave one
    notes: list[str] = field(default_factory=list)

    @property
    def parsed_review(self) -> ParsedReview:
        """What was found; a row that was rejected has nothing."""
        if self.parsed is None:
            raise TypeError(self)
        return self.parsed

    def reject(self, reason: str) -> None:
        self.outcome, self.reason, self.review = Outcome.REJECTED, replace_unprintable(reason), ""
        self.markup, self.normalized = "", {}  # it may have been rejected for their size

    def left_behind(self, said: datetime | None, *, met: bool) -> bool:
        """Whether another row, or version, that says it was changed at ``said`` goes before it.

        Of two that differ in one file (``met``) the first stands, unless the other one is newer.
        """
        now = self.parsed_review.modified_at
        if now and said and now != said:
            if now < said:
                self.outcome = Outcome.SAME
                self.notes.append(f"What is here was changed later, on {said:%Y-%m-%d}.")
            return now < said
        if met:
            self.reject("A row before says something else of the same review.")
        return met

    def report(self) -> dict[str, Any]:
        """A line of the report."""
        line: dict[str, Any] = {"row": self.number, "outcome": str(self.outcome)}
        if identifier := self.parsed.identifier if self.parsed else self.url:
            line["identifier"] = identifier
        values = {"review": self.review, "why": self.reason, "notes": self.notes}
        line |= {name: value for name, value in values.items() if value}
        return line


def read_rows(items: Iterator[Item]) -> Iterator[Row]:
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
        yield read_row(number, item)


def read_row(number: int, item: Item) -> Row:
    row = Row(number)
    try:
        if isinstance(item.value, Unreadable):
            raise Rejected(str(item.value))
        row.markup = dump_markup(item.value, base=item.base, row=item.row)
        length = len(row.markup) - 5 * row.markup.count("\\u")  # an escape is one character
        if length > LARGEST:
            raise Rejected(f"It has {length:,} characters; {LARGEST:,} are taken.")
        row.normalized, row.notes = load_markup(row.markup, validate=True)
        row.parsed = parse_review(row.normalized)
        if is_shared_platform(site := row.parsed.site):
            raise Rejected(f"url: anybody publishes on {site}. Give the address on its own site.")
    except (Rejected, RecursionError) as error:
        given = item.value.get("url") if isinstance(item.value, dict) else None
        row.url = parse_url(given) or ""
        row.reject(str(error) or "It is nested too deep.")
    return row
