"""The values of markup as they are found: texts, addresses and numbers, and what they say.

Each reader returns the value in its agreed form, or ``None`` for what it does not understand.
"""

import math
import re
import unicodedata
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from claimsapi.core.text import normalize_text, unescape_html
from sources.canonical import canonicalize_url

# What no record may hold: see ``claimsapi.core.text.unprintable``.
_UNPRINTABLE: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
# Marks upon one letter beyond thirty, which nobody can read and which take for ever to put in order
# (Unicode Standard Annex 15, Stream-Safe Text Format).
_MARKS: Final = "".join(c for c in map(chr, range(0x300, 0x1E950)) if unicodedata.combining(c))
_STACKED: Final = re.compile(f"([{_MARKS}]{{30}})[{_MARKS}]+")
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
# Tags of text that was written for a page, such as <p> or <a href="…">; <script> is none of them.
_ATTRIBUTES: Final = r"""(?:\s+[\w:-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>=]+))*\s*/?>"""
_BLOCK: Final = re.compile(rf"</(?:blockquote|div|h[1-6]|p){_ATTRIBUTES}", re.IGNORECASE)
_BREAK: Final = re.compile(rf"<(?:br|/li){_ATTRIBUTES}", re.IGNORECASE)
_TAG: Final = re.compile(
    r"</?(?:a|abbr|b|blockquote|br|div|em|h[1-6]|i|img|li|ol|p|small|span|strong|su[bp]|u|ul)"
    rf"{_ATTRIBUTES}",
    re.IGNORECASE,
)
_SPACES: Final = re.compile(r"\s+")
_NUMBER: Final = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,10})?")
_LONGEST_ADDRESS: Final = 2000  # bytes, which PostgreSQL's indexes take
_LONGEST_TAG: Final = 35  # characters, as the model says


def unwrap_value(value: Any) -> Any:
    """The value itself: out of JSON-LD's ``@value``, and of a list the first one."""
    while True:
        match value:
            case {"@value": inner} | [inner, *_]:
                value = inner
            case _:
                return value


def parse_paragraph(value: Any) -> str | None:
    """A text with its lines, without tags; entities are read, and what cannot be shown left out."""
    text = unwrap_value(value)
    if isinstance(text, int | float) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str):
        return None
    if "<" in text:
        text = _TAG.sub("", _BREAK.sub("\n", _BLOCK.sub("\n\n", text)))
    text = unescape_html(text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        text = normalize_text(_STACKED.sub(r"\1", _UNPRINTABLE.sub("", text)))
    elif not text.isprintable():
        text = _UNPRINTABLE.sub("", text)
    return text.strip() or None


def parse_line(value: Any) -> str | None:
    """A text of one line."""
    text = parse_paragraph(value)
    return None if text is None else _SPACES.sub(" ", text)


def escape_text(text: str) -> str:
    """The text as markup holds it: read again, with its entities, it is the same text.

    Markup in the wild has HTML entities where none belong, so every reader takes them for what they
    stand for, and HTML too, whose tags are left out. A text that is meant to show one is written
    with its ampersands, and the beginnings of its tags, as entities.
    """
    if _TAG.search(text):
        return text.replace("&", "&amp;").replace("<", "&lt;")
    return text if unescape_html(text) == text else text.replace("&", "&amp;")


def parse_url(value: Any, base: str = "") -> str | None:
    """An http or https address in its canonical form, but with its fragment.

    ``base`` is the address of the page that a relative one stands on. An object gives its ``url``.
    """
    text = unwrap_value(value)
    if isinstance(text, dict):
        text = unwrap_value(text.get("url") or text.get("@id") or text.get("contentUrl"))
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
        canonical = canonicalize_url(text)
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
    return unescape_html(entity[0])


def parse_urls(value: Any) -> list[str]:
    """Each address of one or a list, once."""
    found = (parse_url(item) for item in (value if isinstance(value, list) else [value]))
    return list(dict.fromkeys(url for url in found if url))


def parse_language_tag(text: str) -> str | None:
    """A language tag (BCP 47) in its customary case."""
    first, *rest = text.replace("_", "-").split("-")
    fits = first.isascii() and first.isalpha() and 2 <= len(first) <= 3
    fits = fits and all(p.isascii() and p.isalnum() and 2 <= len(p) <= 8 for p in rest)
    if not fits or len(text) > _LONGEST_TAG:
        return None
    customary = {2: str.upper, 4: str.capitalize}
    return "-".join([first.lower(), *(customary.get(len(part), str.lower)(part) for part in rest)])


def parse_number(value: Any) -> int | float | None:
    """A finite number, also one in a text; whole ones as ``int``."""
    found = unwrap_value(value)
    if isinstance(found, str) and _NUMBER.fullmatch(found.strip()):
        found = float(found.strip().replace(",", "."))
    if not isinstance(found, int | float) or isinstance(found, bool):
        return None
    if abs(found) >= 2**53 or not math.isfinite(found):
        return None
    return int(found) if found == int(found) else found
