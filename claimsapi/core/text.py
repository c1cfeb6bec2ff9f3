"""Validation, normalization and escaping of text from users and programs."""

import html
import re
import unicodedata

from claimsapi.core.i18n.messages import Message

# Spreadsheets evaluate a cell that starts with one of these characters as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONE_SURROGATES = range(0xD800, 0xE000)
# Python raises ValueError for numbers of more than 4,300 digits (CVE-2020-10735), also inside
# html.unescape. No character reference needs 20 digits.
_INVALID_REFERENCE = re.compile(r"&#[0-9]{20,};?")

# Patterns for JSON Schema: at least one character that is not white space, and none that
# ``find_unprintable`` reports. An item of a comma-separated list has no comma either.
_REFUSED = r"\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069"
PRINTABLE = f"^[^{_REFUSED}]*[^{_REFUSED}\\s][^{_REFUSED}]*$"
PRINTABLE_ITEM = PRINTABLE.replace("\\u0000-", ",\\u0000-")


def parse_digits(text: str, max_digits: int) -> int | None:
    """Return the number that a text of ASCII digits spells, or None for any other text.

    A text longer than ``max_digits`` is no number. `int` takes quadratic time on long texts, and
    databases refuse integers of more than 64 bits, which 18 digits always fit.
    """
    is_number = text.isascii() and text.isdecimal() and len(text) <= max_digits
    return int(text) if is_number else None


def find_unprintable(text: str) -> str:
    """Return an error message for the first character that records reject; empty if none.

    - Lone surrogates have no UTF-8 form (RFC 3629).
    - Control characters other than tab and line ends: PostgreSQL cannot store NUL, and readers
      cannot see the others.
    - Bidirectional controls can make a text look different from its stored characters and deceive
      its readers (Unicode Technical Report 36). Right-to-left text does not need them.
    """
    # Fast path: most texts are short printable ASCII.
    if text.isascii() and text.isprintable():
        return ""
    for position, character in enumerate(text):
        code = ord(character)
        if code in _LONE_SURROGATES:
            return Message(
                "Lone surrogate {code} at character {position}: send valid Unicode.",
                code=_code_point(code),
                position=position,
            )
        if character in "\t\n\r":
            continue
        if unicodedata.category(character) == "Cc":
            return Message(
                "Control character {code} at character {position}: remove it.",
                code=_code_point(code),
                position=position,
            )
        if 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069:
            return Message(
                "Bidirectional control {code} at character {position}: remove it.",
                code=_code_point(code),
                position=position,
            )
    return ""


def _code_point(code: int) -> str:
    return f"U+{code:04X}"


def replace_unprintable(text: str) -> str:
    """Replace unprintable characters, so that a terminal executes no escape sequence."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)


def unescape_html(text: str) -> str:
    """Replace HTML character references by their characters."""
    return html.unescape(_INVALID_REFERENCE.sub("�", text)) if "&" in text else text


def normalize_text(text: str) -> str:
    """Return the text in Unicode normalization form C, the form of all stored texts."""
    return unicodedata.normalize("NFC", text)


def normalize_newlines(text: str) -> str:
    """Replace CRLF and CR by LF, as a browser's text area does."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def escape_cell(text: str) -> str:
    """Escape the text for a spreadsheet cell: an apostrophe precedes a possible formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def unescape_cell(cell: str) -> str:
    """Return the original text of a cell from :func:`escape_cell`."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
