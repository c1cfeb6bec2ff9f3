"""Parser for dates in markup: turns many notations into ISO 8601."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Final

from claims.exchange.claimreview.property_values import unwrap_value
from claimsapi.core.partial_date import PartialDate

_MAX_DATE_LENGTH: Final = 60  # characters
_FIRST_YEAR: Final = 1000
# Months in English, German, French, Spanish, Portuguese and Italian, without accents. The first
# three letters or more of a name are an abbreviation of it.
_MONTHS: Final = tuple(
    names.split()
    for names in (
        "january januar janner janvier enero janeiro gennaio",
        "february februar feber fevrier febrero fevereiro febbraio",
        "march marz maerz mrz mars marzo marco",
        "april avril abril aprile",
        "may mai mayo maio maggio",
        "june juni juin junio junho giugno",
        "july juli juillet julio julho luglio",
        "august aout agosto",
        "september septembre septiembre setiembre setembro settembre",
        "october oktober octobre octubre outubro ottobre",
        "november novembre noviembre novembro",
        "december dezember decembre diciembre dezembro dicembre",
    )
)
_TIME: Final = r"(?:(?:T|,?\s+)(?P<time>\d{1,2}:\d{2}.*))?"
_OF: Final = r"(?:(?:de|del|di|of)\s+)?"
_ORDINAL: Final = r"(?:st|nd|rd|th|er|o|°)?"
_NAMED_MONTH: Final = re.compile(
    r"(?:[a-z-]+\.?,?\s+)?"
    rf"(?:(?P<month>[a-z]{{3,10}})\.?\s+(?P<day>\d{{1,2}}){_ORDINAL},?"
    rf"|(?P<first>\d{{1,2}}){_ORDINAL}\.?\s+{_OF}(?P<second>[a-z]{{3,10}})\.?,?)"
    rf"\s+{_OF}(?P<year>\d{{4}}){_TIME}",
    re.IGNORECASE | re.ASCII,
)
_NUMERIC: Final = re.compile(
    r"(?:(?P<year>\d{4})(?P<by>[-/.])(?P<month>\d{1,2})(?P=by)(?P<day>\d{1,2})"
    r"|(?P<first>\d{1,2})(?P<with>[-/.])(?P<second>\d{1,2})(?P=with)(?P<last>\d{4}))" + _TIME,
    re.ASCII,
)
_CLOCK: Final = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?", re.ASCII)
_UTC: Final = re.compile(r"(?:UTC|GMT)\Z")
_BEFORE_ZONE: Final = re.compile(
    r"\b(?:UTC|GMT)(?=[+-]\d{4})"
)  # "GMT+0200", the Date.toString() of browsers
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_MONTH_ALONE: Final = re.compile(r"\d{4}-\d{2}", re.ASCII)
_END_OF_DAY: Final = re.compile(
    r"(?P<day>\d{4}-?\d{2}-?\d{2}[T ])24(?P<rest>(?::?00){0,2}(?:[.,]0+)?(?:Z|[+-].*)?)",
    re.ASCII,
)
_SECONDS: Final = re.compile(r"\d{10}|\d{13}", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class MarkupDate:
    """A date or timestamp of markup.

    ``text`` is its ISO 8601 form, ``date`` its day, month or year, and ``at`` the timestamp in UTC
    if the markup has a time.
    """

    text: str
    date: PartialDate
    at: datetime | None = None

    @property
    def timestamp(self) -> datetime:
        """The timestamp, or the start of the day, month or year in UTC."""
        day = self.date.day
        if self.at is None and day is not None:
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        return self.at or _EPOCH


class DateFault(StrEnum):
    """Reasons to reject a value as a date, as the end of a sentence."""

    NOT_UNDERSTOOD = "is not a date in a supported format."
    IMPOSSIBLE = "is not an existing day or time."
    AMBIGUOUS = "is ambiguous: day and month could be swapped."
    EARLY = "is before the year 1000."


class _DateError(Exception):
    def __init__(self, fault: DateFault) -> None:
        super().__init__(fault)
        self.fault = fault


def parse_date(value: Any) -> MarkupDate | None:
    """Parse a date in ISO 8601, RFC 5322, figures or words, or in seconds since 1970.

    Returns ``None`` for ambiguous dates, such as 03/04/2020, and for years before 1000.
    """
    date = parse_date_or_fault(value)
    return date if isinstance(date, MarkupDate) else None


def parse_date_or_fault(value: Any) -> MarkupDate | DateFault:
    """Parse a date, or return the reason why that fails."""
    text = unwrap_value(value)
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str) or len(text := text.strip()) > _MAX_DATE_LENGTH:
        return DateFault.NOT_UNDERSTOOD
    # The strict formats come first: the RFC 5322 parser accepts almost any text with figures.
    for parse in (
        _parse_partial,
        _parse_unix_time,
        _parse_iso,
        _parse_figures,
        _parse_words,
        _parse_rfc_5322,
    ):
        try:
            date = parse(text)
        except _DateError as error:
            return error.fault
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
        if date is not None and date.date.day:
            return date if date.date.day.year >= _FIRST_YEAR else DateFault.EARLY
    return DateFault.NOT_UNDERSTOOD


def _parse_partial(text: str) -> MarkupDate:
    try:
        return MarkupDate(text, PartialDate.parse(text))
    except ValueError:
        if _MONTH_ALONE.fullmatch(text):
            raise _DateError(DateFault.IMPOSSIBLE) from None
        raise


def _parse_iso(text: str) -> MarkupDate | None:
    # A week, such as 2024-W05, has no day. Python would return its Monday.
    if "W" in text:
        return None
    if text.isdecimal():
        compact = _COMPACT.fullmatch(text)
        return _make_day(*compact.groups()) if compact else None
    if end := _END_OF_DAY.fullmatch(text):
        # 24:00 is the start of the next day, but Python before 3.13 rejects it.
        timestamp = datetime.fromisoformat(f"{end['day']}00{end['rest']}") + timedelta(days=1)
    else:
        timestamp = datetime.fromisoformat(text)
    date = PartialDate(timestamp.date(), "day")
    if timestamp.tzinfo is None:
        # The zone is unknown. Only the calculation assumes UTC: the text gets no zone.
        iso = timestamp.isoformat(timespec="seconds")
        return MarkupDate(iso, date, timestamp.replace(tzinfo=UTC))
    return _from_zoned(timestamp)


def _make_day(
    year: str, month: str | int, day: str | int, time: str | None = None
) -> MarkupDate | None:
    """Return a day of the calendar, with its time if that is readable."""
    iso_day = f"{year}-{int(month):02}-{int(day):02}"
    try:
        date = MarkupDate(iso_day, PartialDate.parse(iso_day))
    except ValueError:
        raise _DateError(DateFault.IMPOSSIBLE) from None
    if time is None:
        return date
    clock = _UTC.sub("Z", "".join(time.split()))
    try:
        return _parse_iso(f"{iso_day}T{'0' * (clock[1] == ':')}{clock}")
    except ValueError:
        if _CLOCK.fullmatch(clock):
            raise _DateError(DateFault.IMPOSSIBLE) from None
        raise


def _from_zoned(timestamp: datetime) -> MarkupDate:
    """Keep the publisher's time zone: it decides which day this is."""
    at, text = timestamp.astimezone(UTC), timestamp.isoformat(timespec="seconds")
    return MarkupDate(text.replace("+00:00", "Z"), PartialDate(timestamp.date(), "day"), at)


def _parse_rfc_5322(text: str) -> MarkupDate | None:
    timestamp = parsedate_to_datetime(_BEFORE_ZONE.sub("", text))
    return _from_zoned(timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=UTC))


def _parse_figures(text: str) -> MarkupDate | None:
    """Parse year, month and day; or day, month and year if the order is certain.

    Dots mean that the day is first. With dashes or slashes, a figure above 12 must be the day.
    """
    match = _NUMERIC.fullmatch(text)
    if match is None:
        return None
    if match["year"]:
        return _make_day(match["year"], match["month"], match["day"], match["time"])
    day, month = int(match["first"]), int(match["second"])
    if match["with"] != ".":
        if day != month and max(day, month) <= len(_MONTHS):
            raise _DateError(DateFault.AMBIGUOUS)
        if month > len(_MONTHS):
            day, month = month, day
    return _make_day(match["last"], month, day, match["time"])


def _parse_words(text: str) -> MarkupDate | None:
    """Parse a date with the name of its month."""
    # Without accents, as in the table of months.
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    match = _NAMED_MONTH.fullmatch(plain)
    if match is None:
        return None
    name = (match["month"] or match["second"]).lower()
    months = [
        number
        for number, names in enumerate(_MONTHS, 1)
        if any(month.startswith(name) for month in names)
    ]
    if len(months) != 1:
        return None
    date = _make_day(match["year"], months[0], match["day"] or match["first"])
    # The RFC 5322 parser also reads the time and its zone.
    return None if match["time"] else date


def _parse_unix_time(text: str) -> MarkupDate | None:
    """Parse seconds or milliseconds since 1970, of 10 or 13 digits."""
    if not _SECONDS.fullmatch(text):
        return None
    at = _EPOCH + timedelta(seconds=int(text[:10]))
    return MarkupDate(format_timestamp(at), PartialDate(at.date(), "day"), at)


def format_timestamp(at: datetime) -> str:
    """Format a timestamp for markup: ISO 8601 in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
