"""Partial dates: calendar dates with the precision of a year, a month or a day.

A source that says "in 2024" must not become the first of January.
"""

import calendar
import datetime
import re
from dataclasses import dataclass
from typing import ClassVar, Final, Self

# ASCII digits only: \d alone also matches digits of other scripts.
_FORM: Final = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2}))?)?", re.ASCII)
_LENGTH: Final = {"year": 4, "month": 7, "day": 10, "unknown": 0}


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A calendar date of ISO 8601 with its precision.

    ``day`` is the first day of the period, or ``None`` for an unknown date. ``precision`` is
    ``day``, ``month``, ``year`` or ``unknown``.
    """

    UNKNOWN: ClassVar["PartialDate"]

    day: datetime.date | None
    precision: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``; raise ``ValueError`` with a message."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(f"{text[:40]!r} is not a date: write YYYY, YYYY-MM or YYYY-MM-DD.")
        precision = "day" if match["day"] else "month" if match["month"] else "year"
        try:
            day = datetime.date(
                int(match["year"]), int(match["month"] or 1), int(match["day"] or 1)
            )
        except ValueError:
            raise ValueError(f"{text!r} is not a calendar date.") from None
        return cls(day, precision)

    @property
    def last(self) -> datetime.date | None:
        """Return the last day of the period; ``None`` for an unknown date."""
        match self.day, self.precision:
            case datetime.date() as day, "year":
                return day.replace(month=12, day=31)
            case datetime.date() as day, "month":
                return day.replace(day=calendar.monthrange(day.year, day.month)[1])
        return self.day

    def __str__(self) -> str:
        return self.day.isoformat()[: _LENGTH[self.precision]] if self.day else ""


# A class body cannot refer to its own class.
PartialDate.UNKNOWN = PartialDate(None, "unknown")
