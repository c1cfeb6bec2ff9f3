"""The values of markup as they are found: texts, addresses, dates and numbers, and what they say.

Each reader returns the value in its agreed form, or ``None`` for what it does not understand.
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from claimsapi.core.partial_date import PartialDate
from claimsapi.core.text import normalised, unescaped
from sources.canonical import canonical_url

# What no record may hold: see ``claimsapi.core.text.unprintable``.
_UNPRINTABLE: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
# Marks upon one letter beyond thirty, which nobody can read and which take for ever to put in order
# (Unicode Standard Annex 15, Stream-Safe Text Format).
_MARKS: Final = "".join(c for c in map(chr, range(0x300, 0x1E950)) if unicodedata.combining(c))
_STACKED: Final = re.compile(f"([{_MARKS}]{{30}})[{_MARKS}]+")
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_SPACES: Final = re.compile(r"\s+")
_NUMBER: Final = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,10})?")
_LONGEST_DATE: Final = 60
_LONGEST_ADDRESS: Final = 2000  # bytes, which PostgreSQL's indexes take
_LONGEST_TAG: Final = 35  # characters, as the model says
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


def bare_value(value: Any) -> Any:
    """The value itself: out of JSON-LD's ``@value``, and of a list the first one."""
    while True:
        match value:
            case {"@value": inner} | [inner, *_]:
                value = inner
            case _:
                return value


def paragraph(value: Any) -> str | None:
    """A text with its lines; entities are read, and characters that cannot be shown left out."""
    text = bare_value(value)
    if isinstance(text, int | float) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str):
        return None
    text = unescaped(text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        text = normalised(_STACKED.sub(r"\1", _UNPRINTABLE.sub("", text)))
    elif not text.isprintable():
        text = _UNPRINTABLE.sub("", text)
    return text.strip() or None


def line(value: Any) -> str | None:
    """A text of one line."""
    text = paragraph(value)
    return None if text is None else _SPACES.sub(" ", text)


def escaped(text: str) -> str:
    """The text as markup holds it: read again, with its entities, it is the same text.

    Markup in the wild has HTML entities where none belong, so every reader takes them for what they
    stand for. A text that is meant to show one is written with its ampersands as entities.
    """
    return text if unescaped(text) == text else text.replace("&", "&amp;")


def address(value: Any, base: str = "") -> str | None:
    """An http or https address in its canonical form, but with its fragment.

    ``base`` is the address of the page that a relative one stands on. An object gives its ``url``.
    """
    text = bare_value(value)
    if isinstance(text, dict):
        text = bare_value(text.get("url") or text.get("@id") or text.get("contentUrl"))
    if not isinstance(text, str) or not (text := _as_address(text)):
        return None
    try:
        parts = urlsplit(text)
        if not parts.scheme and (text.startswith("www.") or not base):
            text = f"https://{text.removeprefix('//')}"
            # 'Facebook' is no host: one has a dot, and ends in letters.
            host = urlsplit(text).hostname or ""
            if not re.search(r"\.[a-z][a-z0-9-]+\Z", host, re.IGNORECASE):
                return None
        elif base:
            text = urljoin(base, text)
        canonical = canonical_url(text)
        fragment = urlsplit(text).fragment
    except ValueError:  # of a lone surrogate too
        return None
    found = f"{canonical}#{fragment}" if fragment else canonical
    return found if len(found.encode()) <= _LONGEST_ADDRESS else None


def _as_address(text: str) -> str:
    """The text without entities; what lacks their semicolon, such as ``&section=3``, is none.

    An address has no use for one, so what was written for HTML twice is read twice.
    """
    text = text.strip()
    while len(text) <= 2 * _LONGEST_ADDRESS and text != (read := _ENTITY.sub(_character, text)):
        text = read.strip()
    return text


def _character(entity: re.Match[str]) -> str:
    return unescaped(entity[0])


def addresses(value: Any) -> list[str]:
    """Each address of one or a list, once."""
    found = (address(item) for item in (value if isinstance(value, list) else [value]))
    return list(dict.fromkeys(url for url in found if url))


@dataclass(frozen=True, slots=True)
class When:
    """A date or a moment: ``text`` is it in ISO 8601, ``at`` the moment in UTC if it is one."""

    text: str
    date: PartialDate
    at: datetime | None = None

    @property
    def moment(self) -> datetime:
        """The moment, or the first one of the day, month or year."""
        day = self.date.day
        if self.at is None and day is not None:
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        return self.at or _EPOCH


class NoDay(StrEnum):
    """Why a value is not read as a date."""

    NOT_UNDERSTOOD = "is not understood as a date."
    IMPOSSIBLE = "is a day or time that there is not."
    SEVERAL = "may be one of two days."
    EARLY = "is of no year from 1000."


class _NoDay(Exception):
    def __init__(self, why: NoDay) -> None:
        super().__init__(why)
        self.why = why


def when(value: Any) -> When | None:
    """A date as ISO 8601 or RFC 5322 say it, or words or figures, or seconds since 1970.

    Not read is what may be one of two days, such as 03/04/2020, and what is of no year from 1000.
    """
    found = when_or_why(value)
    return found if isinstance(found, When) else None


def when_or_why(value: Any) -> When | NoDay:
    """The date, or why it is not read as one."""
    text = bare_value(value)
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str) or len(text := text.strip()) > _LONGEST_DATE:
        return NoDay.NOT_UNDERSTOOD
    for read in (_partial, _unix, _iso, _in_figures, _in_words, _rfc_5322):
        try:
            found = read(text)
        except _NoDay as no_day:
            return no_day.why
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
        if found is not None and found.date.day:
            return found if found.date.day.year >= _FIRST_YEAR else NoDay.EARLY
    return NoDay.NOT_UNDERSTOOD


def _partial(text: str) -> When:
    try:
        return When(text, PartialDate.parse(text))
    except ValueError:
        if _MONTH_ALONE.fullmatch(text):
            raise _NoDay(NoDay.IMPOSSIBLE) from None
        raise


def _iso(text: str) -> When | None:
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
        return When(moment.isoformat(timespec="seconds"), date, moment.replace(tzinfo=UTC))
    return _with_zone(moment)


def _day(year: str, month: str | int, day: str | int, time: str | None = None) -> When | None:
    """The day, which has to be one of the calendar, with the time if that can be read."""
    written = f"{year}-{int(month):02}-{int(day):02}"
    try:
        found = When(written, PartialDate.parse(written))
    except ValueError:
        raise _NoDay(NoDay.IMPOSSIBLE) from None
    if time is None:
        return found
    clock = _UTC.sub("Z", "".join(time.split()))
    try:
        return _iso(f"{written}T{'0' * (clock[1] == ':')}{clock}")
    except ValueError:
        if _CLOCK.fullmatch(clock):
            raise _NoDay(NoDay.IMPOSSIBLE) from None
        raise


def _with_zone(moment: datetime) -> When:
    """The moment as it was said: the day is that of its own zone."""
    at, text = moment.astimezone(UTC), moment.isoformat(timespec="seconds")
    return When(text.replace("+00:00", "Z"), PartialDate(moment.date(), "day"), at)


def _rfc_5322(text: str) -> When | None:
    moment = parsedate_to_datetime(_BEFORE_ZONE.sub("", text))
    return _with_zone(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _in_figures(text: str) -> When | None:
    """Year, month and day; or day, month and year where figures or dots say which is which."""
    match = _NUMERIC.fullmatch(text)
    if match is None:
        return None
    if match["year"]:
        return _day(match["year"], match["month"], match["day"], match["time"])
    day, month = int(match["first"]), int(match["second"])
    if match["with"] != ".":
        if day != month and max(day, month) <= len(_MONTHS):
            raise _NoDay(NoDay.SEVERAL)
        if month > len(_MONTHS):
            day, month = month, day
    return _day(match["last"], month, day, match["time"])


def _in_words(text: str) -> When | None:
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


def _unix(text: str) -> When | None:
    if not _SECONDS.fullmatch(text):
        return None
    at = _EPOCH + timedelta(seconds=int(text[:10]))
    return When(written_moment(at), PartialDate(at.date(), "day"), at)


def written_moment(at: datetime) -> str:
    """A moment as markup has it: UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def language_tag(text: str) -> str | None:
    """A language tag (BCP 47) in its customary case."""
    first, *rest = text.replace("_", "-").split("-")
    fits = first.isascii() and first.isalpha() and 2 <= len(first) <= 3
    fits = fits and all(p.isascii() and p.isalnum() and 2 <= len(p) <= 8 for p in rest)
    if not fits or len(text) > _LONGEST_TAG:
        return None
    customary = {2: str.upper, 4: str.capitalize}
    return "-".join([first.lower(), *(customary.get(len(part), str.lower)(part) for part in rest)])


def number(value: Any) -> int | float | None:
    """A finite number, also one in a text; whole ones as ``int``."""
    found = bare_value(value)
    if isinstance(found, str) and _NUMBER.fullmatch(found.strip()):
        found = float(found.strip().replace(",", "."))
    if not isinstance(found, int | float) or isinstance(found, bool):
        return None
    if abs(found) >= 2**53 or not math.isfinite(found):
        return None
    return int(found) if found == int(found) else found
