"""Parsers of property values: texts, URLs, language tags and numbers.

Each parser returns the value in its normalized form, or ``None`` if it cannot read the value.
"""

import math
import re
import unicodedata
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from claimsapi.core.text import normalize_text, unescape_html
from sources.canonical import canonicalize_url

# Characters that no record may contain: see ``claimsapi.core.text.find_unprintable``.
_UNPRINTABLE: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
# More than thirty combining marks on one letter are unreadable, and sorting them during
# normalization takes quadratic time (Unicode Standard Annex 15, Stream-Safe Text Format).
_MARKS: Final = "".join(c for c in map(chr, range(0x300, 0x1E950)) if unicodedata.combining(c))
_STACKED: Final = re.compile(f"([{_MARKS}]{{30}})[{_MARKS}]+")
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
# Tags of formatted text, such as <p> or <a href="…">. <script> is not one of them: it stays text,
# so a claim about markup keeps its words.
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
_MAX_URL_BYTES: Final = 2000  # the most that PostgreSQL's indexes take
_MAX_TAG_LENGTH: Final = 35  # characters, the limit of the model field


def unwrap_value(value: Any) -> Any:
    """Return the content of a JSON-LD ``@value`` object, and the first item of a list."""
    while True:
        match value:
            case {"@value": inner} | [inner, *_]:
                value = inner
            case _:
                return value


def parse_paragraph(value: Any) -> str | None:
    """Return a text with its line breaks, without tags and unprintable characters.

    HTML entities are decoded. Numbers become texts.
    """
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
    """Return a text on one line."""
    text = parse_paragraph(value)
    return None if text is None else _SPACES.sub(" ", text)


def escape_text(text: str) -> str:
    """Escape a text so that the parsers of this module read it back unchanged.

    Published markup often contains HTML entities and tags by mistake, so the parsers decode
    entities and drop tags. A text that must show an entity or a tag gets its ampersands and the
    opening brackets of its tags as entities.
    """
    if _TAG.search(text):
        return text.replace("&", "&amp;").replace("<", "&lt;")
    return text if unescape_html(text) == text else text.replace("&", "&amp;")


def parse_url(value: Any, base: str = "") -> str | None:
    """Return an http or https URL in its canonical form, with its fragment.

    ``base`` is the URL of the page, which relative URLs need. An object gives its ``url``, ``@id``
    or ``contentUrl``. A URL of more than 2,000 bytes is ``None``.
    """
    text = unwrap_value(value)
    if isinstance(text, dict):
        text = unwrap_value(text.get("url") or text.get("@id") or text.get("contentUrl"))
    if not isinstance(text, str) or not (text := _decode_url(text)):
        return None
    try:
        parts = urlsplit(text)
        if not parts.scheme and (text.startswith("www.") or not base):
            text = f"https://{text.removeprefix('//')}"
            # A host has a dot and ends in letters, so the text 'Facebook' is not a URL.
            host = urlsplit(text).hostname or ""
            if not re.search(r"\.[a-z][a-z0-9-]+\Z", host, re.IGNORECASE):
                return None
        elif base:
            text = urljoin(base, text)
        canonical = canonicalize_url(text)
        fragment = urlsplit(text).fragment
    except ValueError:  # malformed, or a lone surrogate
        return None
    url = f"{canonical}#{fragment}" if fragment else canonical
    return url if len(url.encode()) <= _MAX_URL_BYTES else None


def _decode_url(text: str) -> str:
    """Decode the HTML entities of a URL.

    An entity needs its semicolon, since ``&section=3`` is a parameter. URLs that were escaped twice
    are decoded twice: a URL never contains an entity on purpose.
    """
    text = text.strip()
    # The limit of the length bounds the work for a text of nested entities.
    while len(text) <= 2 * _MAX_URL_BYTES:
        decoded = _ENTITY.sub(lambda entity: unescape_html(entity[0]), text)
        if decoded == text:
            break
        text = decoded.strip()
    return text


def parse_urls(value: Any) -> list[str]:
    """Return the distinct URLs of a value or of a list of values."""
    urls = (parse_url(item) for item in (value if isinstance(value, list) else [value]))
    return list(dict.fromkeys(url for url in urls if url))


def parse_language_tag(text: str) -> str | None:
    """Return a language tag (BCP 47) in its conventional case, such as ``zh-Hant-TW``."""
    first, *rest = text.replace("_", "-").split("-")
    is_valid = first.isascii() and first.isalpha() and 2 <= len(first) <= 3
    is_valid = is_valid and all(p.isascii() and p.isalnum() and 2 <= len(p) <= 8 for p in rest)
    if not is_valid or len(text) > _MAX_TAG_LENGTH:
        return None
    # Regions have two letters and upper case, scripts four letters and a capital (RFC 5646, 2.1.1).
    cases = {2: str.upper, 4: str.capitalize}
    return "-".join([first.lower(), *(cases.get(len(part), str.lower)(part) for part in rest)])


def parse_number(value: Any) -> int | float | None:
    """Return a finite number, also from a text; whole numbers as ``int``.

    Numbers from 2**53 are ``None``: JSON readers do not agree on their value.
    """
    content = unwrap_value(value)
    if isinstance(content, str) and _NUMBER.fullmatch(content.strip()):
        content = float(content.strip().replace(",", "."))
    if not isinstance(content, int | float) or isinstance(content, bool):
        return None
    if abs(content) >= 2**53 or not math.isfinite(content):
        return None
    return int(content) if content == int(content) else content
