"""Dates of markup as they are found, in the agreed form: ISO 8601. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Final

from claims.exchange.claimreview.property_values import unwrap_value
from claimsapi.core.partial_date import PartialDate

_LONGEST_DATE: Final = 60
_FIRST_YEAR: Final = 1000
# In English, German, French, Spanish, Portuguese and Italian, without accents; a beginning of three
# letters or more is an abbreviation.
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
_TH: Final = r"(?:st|nd|rd|th|er|o|°)?"
_NAMED_MONTH: Final = re.compile(
    r"(?:[a-z-]+\.?,?\s+)?"
    rf"(?:(?P<month>[a-z]{{3,10}})\.?\s+(?P<day>\d{{1,2}}){_TH},?"
    rf"|(?P<first>\d{{1,2}}){_TH}\.?\s+{_OF}(?P<second>[a-z]{{3,10}})\.?,?)"
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
_BEFORE_ZONE: Final = re.compile(r"\b(?:UTC|GMT)(?=[+-]\d{4})")  # as browsers write it
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
    """A date or a moment: ``text`` is it in ISO 8601, ``at`` the moment in UTC if it is one."""

    text: str
    date: PartialDate
    at: datetime | None = None

    @property
    def timestamp(self) -> datetime:
        """The moment, or the first one of the day, month or year."""
        day = self.date.day
        if self.at is None and day is not None:
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        return self.at or _EPOCH


class DateFault(StrEnum):
    """Why a value is not read as a date."""

    NOT_UNDERSTOOD = "is not understood as a date."
    IMPOSSIBLE = "is a day or time that there is not."
    SEVERAL = "may be one of two days."
    EARLY = "is of no year from 1000."


class _DateError(Exception):
    def __init__(self, why: DateFault) -> None:
        super().__init__(why)
        self.why = why


def parse_date(value: Any) -> MarkupDate | None:
    """A date as ISO 8601 or RFC 5322 say it, or words or figures, or seconds since 1970.

    Not read is what may be one of two days, such as 03/04/2020, and what is of no year from 1000.
    """
    found = parse_date_or_fault(value)
    return found if isinstance(found, MarkupDate) else None


def parse_date_or_fault(value: Any) -> MarkupDate | DateFault:
    """The date, or why it is not read as one."""
    text = unwrap_value(value)
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str) or len(text := text.strip()) > _LONGEST_DATE:
        return DateFault.NOT_UNDERSTOOD
    for read in (_partial, _unix, _iso, _in_figures, _in_words, _rfc_5322):
        try:
            found = read(text)
        except _DateError as no_day:
            return no_day.why
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
        if found is not None and found.date.day:
            return found if found.date.day.year >= _FIRST_YEAR else DateFault.EARLY
    return DateFault.NOT_UNDERSTOOD


def _partial(text: str) -> MarkupDate:
    try:
        return MarkupDate(text, PartialDate.parse(text))
    except ValueError:
        if _MONTH_ALONE.fullmatch(text):
            raise _DateError(DateFault.IMPOSSIBLE) from None
        raise


def _iso(text: str) -> MarkupDate | None:
    if "W" in text:  # a week: its Monday would be a false day
        return None
    if text.isdecimal():
        compact = _COMPACT.fullmatch(text)
        return _day(*compact.groups()) if compact else None
    if end := _END_OF_DAY.fullmatch(text):
        moment = datetime.fromisoformat(f"{end['day']}00{end['rest']}") + timedelta(days=1)
    else:
        moment = datetime.fromisoformat(text)
    date = PartialDate(moment.date(), "day")
    if moment.tzinfo is None:
        return MarkupDate(moment.isoformat(timespec="seconds"), date, moment.replace(tzinfo=UTC))
    return _with_zone(moment)


def _day(year: str, month: str | int, day: str | int, time: str | None = None) -> MarkupDate | None:
    """The day, which has to be one of the calendar, with the time if that can be read."""
    written = f"{year}-{int(month):02}-{int(day):02}"
    try:
        found = MarkupDate(written, PartialDate.parse(written))
    except ValueError:
        raise _DateError(DateFault.IMPOSSIBLE) from None
    if time is None:
        return found
    clock = _UTC.sub("Z", "".join(time.split()))
    try:
        return _iso(f"{written}T{'0' * (clock[1] == ':')}{clock}")
    except ValueError:
        if _CLOCK.fullmatch(clock):
            raise _DateError(DateFault.IMPOSSIBLE) from None
        raise


def _with_zone(moment: datetime) -> MarkupDate:
    """The moment as it was said: the day is that of its own zone."""
    at, text = moment.astimezone(UTC), moment.isoformat(timespec="seconds")
    return MarkupDate(text.replace("+00:00", "Z"), PartialDate(moment.date(), "day"), at)


def _rfc_5322(text: str) -> MarkupDate | None:
    moment = parsedate_to_datetime(_BEFORE_ZONE.sub("", text))
    return _with_zone(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _in_figures(text: str) -> MarkupDate | None:
    """Year, month and day; or day, month and year where figures or dots say which is which."""
    match = _NUMERIC.fullmatch(text)
    if match is None:
        return None
    if match["year"]:
        return _day(match["year"], match["month"], match["day"], match["time"])
    day, month = int(match["first"]), int(match["second"])
    if match["with"] != ".":
        if day != month and max(day, month) <= len(_MONTHS):
            raise _DateError(DateFault.SEVERAL)
        if month > len(_MONTHS):
            day, month = month, day
    return _day(match["last"], month, day, match["time"])


def _in_words(text: str) -> MarkupDate | None:
    """A date with the name of its month."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    match = _NAMED_MONTH.fullmatch(plain)
    if match is None:
        return None
    name = (match["month"] or match["second"]).lower()
    meant = [n for n, names in enumerate(_MONTHS, 1) if any(one.startswith(name) for one in names)]
    if len(meant) != 1:
        return None
    found = _day(match["year"], meant[0], match["day"] or match["first"])
    return None if match["time"] else found  # a time with its zone is read as mail has it


def _unix(text: str) -> MarkupDate | None:
    if not _SECONDS.fullmatch(text):
        return None
    at = _EPOCH + timedelta(seconds=int(text[:10]))
    return MarkupDate(format_timestamp(at), PartialDate(at.date(), "day"), at)


def format_timestamp(at: datetime) -> str:
    """A moment as markup has it: UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
