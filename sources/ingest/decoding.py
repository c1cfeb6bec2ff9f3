"""Decoding of files: from bytes to text, or to an error message."""

import codecs
import hashlib
import re
from pathlib import PurePath
from typing import BinaryIO, Final

_MAGIC: Final = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
)
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, ""),  # before UTF-16, whose mark is its prefix
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Encodings of the WHATWG Encoding Standard by the names of Python's nearest codecs.
_ENCODINGS: Final = {
    "utf-8", "cp866", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6",
    "iso8859-7", "iso8859-8", "iso8859-10", "iso8859-13", "iso8859-14", "iso8859-15",
    "iso8859-16", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "cp874", "cp1250", "cp1251",
    "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "gb18030", "big5hkscs",
    "euc_jp", "iso2022_jp", "cp932", "cp949",
}  # fmt: skip
# Labels that Python lacks or reads differently from the standard. In the standard, Latin-1 means
# windows-1252. A readable ``meta`` element that declares UTF-16 proves that the page is UTF-8.
_ALIASES: Final = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874", "windows-874": "cp874", "iso-8859-8-i": "iso8859-8",
    "x-mac-cyrillic": "mac-cyrillic", "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030",
    "big5": "big5hkscs", "shift_jis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "euc_kr": "cp949", "windows-949": "cp949",
    "utf-16": "utf-8", "utf-16-le": "utf-8", "utf-16-be": "utf-8",
}  # fmt: skip
_DECLARED: Final = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE
)
_COMMENT: Final = re.compile(rb"<!--.*?(-->|\Z)", re.DOTALL)
_SURROGATE: Final = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
# Possessive and atomic groups prevent backtracking, whose time would be exponential in the number
# of comments.
_HTML: Final = re.compile(
    rb"(?:\s++|(?><!--.*?-->)|(?><\?xml.*?\?>))*+<(!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)


class Unreadable(Exception):
    """A file is unreadable. The message names the problem, its position and the remedy."""


def read_limited(stream: BinaryIO, *, limit: int) -> bytes:
    """Read a file of at most ``limit`` bytes; raise ``Unreadable`` if it is larger."""
    content = stream.read(limit + 1)
    if len(content) > limit:
        raise Unreadable(
            f"The file is larger than {limit} bytes, which is the setting INGEST_MAX_BYTES."
        )
    return content


def sha256_hex(content: bytes) -> str:
    """Return the SHA-256 of the bytes in hexadecimal, which identifies a snapshot."""
    return hashlib.sha256(content).hexdigest()


def looks_like_html(content: bytes, name: str) -> bool:
    """Return whether a file is HTML, by the suffix of its name or by its first bytes."""
    suffix = PurePath(name).suffix.lower()
    if suffix in {".html", ".htm", ".xhtml"}:
        return True
    return suffix != ".txt" and _HTML.match(content.removeprefix(codecs.BOM_UTF8)) is not None


def declared_encoding(content: bytes) -> str | None:
    """Return the encoding that an HTML page's ``meta`` declares in its first 1,024 bytes.

    Browsers search the same range and skip comments (HTML Standard, "prescan a byte stream").
    """
    match = _DECLARED.search(_COMMENT.sub(b"", content[:1024]))
    return match[1].decode("ascii", "replace") if match else None


def decode(content: bytes, *, declared: str | None = None) -> str:
    """Decode a file's bytes to text, or raise ``Unreadable``.

    The encoding is UTF-8 unless a byte order mark or ``declared`` differs. Only the mark is
    removed: line ends and Unicode are not normalized, because annotations count the code points of
    the text (W3C Web Annotation, text position selector). Control characters other than tab, line
    ends and form feed are errors. Bidirectional controls occur in Arabic and Hebrew texts and stay.
    """
    # A binary file can be valid text by chance; its signature gives a more useful error.
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            raise Unreadable(f"The file is {kind}, not text. Extract its text first.")
    text = _decode_bytes(content, declared)
    if not text.strip():
        raise Unreadable("The file is empty.")
    if control := _CONTROL.search(text):
        character = "NUL" if control[0] == "\x00" else f"control character U+{ord(control[0]):04X}"
        raise Unreadable(
            f"The file is not text: {character} at character {control.start()}. "
            "Remove it, or extract the text."
        )
    return text


def _decode_bytes(content: bytes, declared: str | None) -> str:
    encoding, skip = _resolve_encoding(declared), 0
    # A byte order mark has precedence over any declaration (Encoding Standard, "decode").
    for bom, bom_encoding in _BOMS:
        if content.startswith(bom):
            encoding, skip = bom_encoding, len(bom)
            break
    if not encoding:
        raise Unreadable("The text is in UTF-32. Convert it to UTF-8.")
    try:
        return content[skip:].decode(encoding)
    except UnicodeDecodeError as error:
        offset, byte = error.start + skip, content[error.start + skip]
        surrogate = encoding == "utf-8" and _SURROGATE.match(content, offset)
        cause = "a lone surrogate" if surrogate else f"the byte 0x{byte:02X}"
        raise Unreadable(
            f"The file is not {encoding}: {cause} at byte {offset}. Convert it to UTF-8."
        ) from None


def _resolve_encoding(declared: str | None) -> str:
    if declared is None:
        return "utf-8"
    try:
        name = codecs.lookup(declared).name
    except (LookupError, ValueError):
        name = declared.lower()
    name = _ALIASES.get(name, name)
    if name not in _ENCODINGS:
        raise Unreadable(
            f"The page declares the encoding {declared[:40]!r}, which the Encoding Standard lacks. "
            "Convert the page to UTF-8."
        )
    return name
