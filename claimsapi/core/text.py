"""Rules for text that people or programs send."""

import html
import re
import unicodedata

from claimsapi.core.i18n.messages import Message

# With one of these a cell begins, for a spreadsheet, a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONE_SURROGATES = range(0xD800, 0xE000)
# Of 4,300 digits it is no number to Python either.
_NO_CHARACTER = re.compile(r"&#[0-9]{20,};?")

# For JSON Schema: at least one character that is no space, and none that ``unprintable`` refuses;
# in one of several values, which commas part, no comma either.
_REFUSED = r"\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069"
PRINTABLE = f"^[^{_REFUSED}]*[^{_REFUSED}\\s][^{_REFUSED}]*$"
PRINTABLE_ITEM = PRINTABLE.replace("\\u0000-", ",\\u0000-")


def find_unprintable(text: str) -> str:
    """Say what in the text no record may hold, or return the empty string.

    Refused are lone surrogates (no UTF-8 form, RFC 3629) and control characters other than tab and
    line ends; PostgreSQL cannot store NUL, and none of them can be read. Bidirectional controls
    are refused because a claim that displays otherwise than it is stored can deceive its checker
    (Unicode Technical Report 36); right-to-left text needs none of them.
    """
    if text.isascii() and text.isprintable():
        return ""
    for position, character in enumerate(text):
        code = ord(character)
        if code in _LONE_SURROGATES:
            return Message(
                "Lone surrogate {code} at character {position}: send valid Unicode.",
                code=_name(code),
                position=position,
            )
        if character in "\t\n\r":
            continue
        if unicodedata.category(character) == "Cc":
            return Message(
                "Control character {code} at character {position}: remove it.",
                code=_name(code),
                position=position,
            )
        if 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069:
            return Message(
                "Bidirectional control {code} at character {position}: remove it.",
                code=_name(code),
                position=position,
            )
    return ""


def _name(code: int) -> str:
    return f"U+{code:04X}"


def replace_unprintable(text: str) -> str:
    """Return the text for people to read: a terminal obeys what stands between ESC and its end."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)


def unescape_html(text: str) -> str:
    """Return the text with the characters that its HTML entities stand for."""
    return html.unescape(_NO_CHARACTER.sub("�", text)) if "&" in text else text


def normalize_text(text: str) -> str:
    """Return the text in Unicode normalisation form C, the one form in which records are kept."""
    return unicodedata.normalize("NFC", text)


def normalize_newlines(text: str) -> str:
    """Return the text with LF for every line end, which is what a browser's field makes of it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def escape_cell(text: str) -> str:
    """Return the text as a cell of a table, with an apostrophe before what would be a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def unescape_cell(cell: str) -> str:
    """Return the text that :func:`as_cell` made the cell of."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
