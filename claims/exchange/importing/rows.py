"""Rows of an import: parsing of the items of a file, and the outcome of each row."""

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
from claims.exchange.importing.matching_keys import is_shared_platform
from claimsapi.core.text import replace_unprintable

MAX_MARKUP_LENGTH: Final = 256 * 1024  # characters of one review


class Outcome(StrEnum):
    """Outcome of a row."""

    CREATED = "created"
    UPDATED = "updated"  # a new version, with a correction note
    SAME = "same"
    REJECTED = "rejected"


@dataclass(slots=True)
class Row:
    """One review of a file; ``number`` counts the rows of the file from 1.

    ``markup`` is the original object as stored, ``normalized`` its normalized form. ``review`` is
    the public id of the written review.
    """

    number: int
    parsed: ParsedReview | None = None
    normalized: Json = field(default_factory=dict)
    markup: str = ""
    outcome: Outcome | None = None
    review: str = ""
    reason: str = ""
    url: str = ""  # of a rejected row, if it has one
    notes: list[str] = field(default_factory=list)

    @property
    def parsed_review(self) -> ParsedReview:
        """The parsed review of a row that was not rejected."""
        if self.parsed is None:
            raise TypeError(self)
        return self.parsed

    def reject(self, reason: str) -> None:
        self.outcome, self.reason, self.review = Outcome.REJECTED, replace_unprintable(reason), ""
        self.markup, self.normalized = "", {}  # free the memory: they may be the reason

    def settle_against(self, other_modified_at: datetime | None, *, is_repeated: bool) -> bool:
        """Set the outcome if another row or version of the review wins; return whether it did.

        The later ``dateModified`` wins. Without different dates, the first row of a file wins
        (``is_repeated``), and a row of a new file wins over the version in the database.
        """
        modified_at = self.parsed_review.modified_at
        if modified_at and other_modified_at and modified_at != other_modified_at:
            if modified_at < other_modified_at:
                self.outcome = Outcome.SAME
                day = f"{other_modified_at:%Y-%m-%d}"
                self.notes.append(f"Skipped: a version that was modified later, on {day}, exists.")
            return modified_at < other_modified_at
        if is_repeated:
            self.reject("An earlier row has different content for the same review.")
        return is_repeated

    def report(self) -> dict[str, Any]:
        """Return the row's line in the report, without empty values."""
        values = {
            "identifier": self.parsed.identifier if self.parsed else self.url,
            "review": self.review,
            "why": self.reason,
            "notes": self.notes,
        }
        filled = {name: value for name, value in values.items() if value}
        return {"row": self.number, "outcome": str(self.outcome), **filled}


def read_rows(items: Iterator[Item]) -> Iterator[Row]:
    """Parse the items of a file; an unreadable item becomes a rejected row.

    If the rest of the file is unreadable, the last row gives the reason.
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
    """Normalize and parse one item."""
    row = Row(number)
    try:
        if isinstance(item.value, Unreadable):
            raise Rejected(str(item.value))
        row.markup = dump_markup(item.value, base=item.base, row=item.row)
        length = len(row.markup) - 5 * row.markup.count("\\u")  # an escape is one character
        if length > MAX_MARKUP_LENGTH:
            raise Rejected(
                f"The markup has {length:,} characters. The maximum is {MAX_MARKUP_LENGTH:,}."
            )
        row.normalized, row.notes = load_markup(row.markup, validate=True)
        row.parsed = parse_review(row.normalized)
        if is_shared_platform(site := row.parsed.site):
            raise Rejected(
                f"url: {site} is a platform on which anybody publishes. Give the URL on the"
                " publisher's own site."
            )
    except (Rejected, RecursionError) as error:
        url = item.value.get("url") if isinstance(item.value, dict) else None
        row.url = parse_url(url) or ""
        is_too_deep = isinstance(error, RecursionError)
        row.reject("The markup is nested too deeply." if is_too_deep else str(error))
    return row
