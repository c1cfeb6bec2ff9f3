"""Extractor of ClaimReview objects from files: feeds, lists, graphs and saved HTML pages.

A large feed is read object by object, so memory holds one object at a time. A small file that is
not valid JSON is repaired where that is safe.
"""

import codecs
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from lxml import html as lxml_html
from lxml.etree import LxmlError

from claims.exchange.claimreview import property_values
from claims.exchange.claimreview.json_stream import MAX_ELEMENT_BYTES, Unreadable, read_elements
from claims.exchange.claimreview.vocabulary import is_claim_review, strip_vocabulary
from claimsapi.core.text import unescape_html

# Files up to this size are read whole and may be repaired. Larger ones are split into elements.
SMALL_FILE: Final = 4 * 1024 * 1024  # bytes
MAX_PAGE_BYTES: Final = 64 * 1024 * 1024  # of a file that is parsed as a whole
_LISTS: Final = ("dataFeedElement", "@graph", "itemListElement")
_CONTAINERS: Final = (*_LISTS, "item", "review", "mainEntity")
_MAX_DEPTH: Final = 12  # levels of lists and containers around a review
_MAX_REFERENCE_DEPTH: Final = 24  # levels within a review of a graph
_MAX_REFERENCE_LENGTH: Final = 256 * 1024  # characters that references add to one review
_MAX_DIGITS: Final = 40  # of a number
_COMMENT: Final = re.compile(
    # An unclosed string or comment ends with the text, so the pattern never backtracks.
    r'("(?:[^"\\]|\\.)*+(?:"|\\?\Z))|/\*.*?(?:\*/|\Z)|//[^\n]*|<!--|-->|<!\[CDATA\[|\]\]>',
    re.DOTALL,
)
_TRAILING_COMMA: Final = re.compile(r'("(?:[^"\\]|\\.)*+(?:"|\\?\Z))|,(\s*+[}\]])', re.DOTALL)
_UTF_16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Item:
    """A JSON value that may be a ClaimReview, and the URL of its page or feed item.

    ``row`` is the source row of an object that a table mapping made.
    """

    value: Any
    base: str = ""
    row: Any = None


def extract_items(stream: BinaryIO) -> Iterator[Item]:
    """Yield every ClaimReview of a file, and every other value in the position of one.

    The file is JSON (an object, a list, a graph, a ``DataFeed``), one JSON object per line, or an
    HTML page with JSON-LD scripts. Raises ``Unreadable`` if the rest of the file is unreadable.
    """
    head = stream.read(SMALL_FILE)
    if head.startswith(_UTF_16_MARKS):
        head, stream = _convert_utf_16(head, stream)
    is_whole, head = len(head) < SMALL_FILE, head.removeprefix(codecs.BOM_UTF8)
    start = head.lstrip()[:1]
    if not start:
        raise Unreadable("The file is empty.")
    if start == b"<":
        yield from extract_from_html(head + stream.read(MAX_PAGE_BYTES - SMALL_FILE))
        if stream.read(1):
            megabytes = MAX_PAGE_BYTES // 2**20
            raise Unreadable(f"The page is larger than {megabytes} MB: the rest was not read.")
        return
    error = None
    if is_whole:
        try:
            value = parse_json(_decode(head))
        except Unreadable as unreadable:
            error = unreadable
        else:
            yield from extract_from_json(value)
            return
    # Read the file again from its start: as lines or as a feed it may be readable in part.
    again: Any = io.BufferedReader(_Rewound(head, stream))
    yield from _extract_from_lines(again) if _is_lines(head) else _extract_from_feed(again, error)


def _convert_utf_16(head: bytes, rest: BinaryIO) -> tuple[bytes, BinaryIO]:
    content = head + rest.read(MAX_PAGE_BYTES - SMALL_FILE)
    if rest.read(1):
        raise Unreadable("This UTF-16 file is too large. Save it as UTF-8.")
    converted = io.BytesIO(_decode(content).encode(errors="replace"))
    return converted.read(SMALL_FILE), converted


def extract_from_html(content: bytes) -> Iterator[Item]:
    """Yield the ClaimReviews in the JSON-LD scripts of a saved page."""
    try:
        # Valid UTF-8 is never another encoding by chance, so it overrides the page's declaration.
        content.decode()
        encoding = "utf-8"
    except UnicodeDecodeError:
        encoding = None
    try:
        parser = lxml_html.HTMLParser(encoding=encoding)
        tree = lxml_html.document_fromstring(content, parser=parser)
    except (LxmlError, ValueError):
        raise Unreadable("The page is not readable as HTML.") from None
    links = tree.xpath("//link[contains(concat(' ', normalize-space(@rel), ' '), ' canonical ')]")
    urls = [link.get("href") for link in links]
    urls += tree.xpath("//meta[@property='og:url']/@content")
    base = next((url for text in urls if (url := property_values.parse_url(str(text or "")))), "")
    scripts = tree.xpath(
        "//script[starts-with(translate(@type, 'APLICTONJSD', 'aplictonjsd'),"
        " 'application/ld+json')]"
    )
    if not scripts:
        raise Unreadable("The page has no JSON-LD script.")
    for script in scripts:
        if not (text := (script.text or "").strip()):
            continue
        try:
            yield from extract_from_json(parse_json(text), base, is_expected=False)
        except Unreadable as error:
            yield Item(error, base)


def parse_json(text: str) -> Any:
    """Parse a JSON text; remove comments and trailing commas if necessary.

    Strings may contain control characters. Of two members with one name the last one counts.
    """
    text = text.lstrip("\ufeff").strip().rstrip(";")
    errors = []
    for repair in (str, _remove_comments, _decode_html_quotes):
        try:
            return json.loads(repair(text), strict=False, parse_int=_parse_integer)
        except RecursionError:
            raise Unreadable("The JSON is nested too deeply.") from None
        except ValueError as error:
            errors.append(error)
    # The position in the text without comments says most: HTML quotes are rare.
    raise Unreadable(f"This is not JSON: {errors[1]}.")


def _parse_integer(text: str) -> int | str:
    """Parse an integer; one of more than 40 digits stays a text.

    Python rejects the conversion of more than 4,300 digits.
    """
    return int(text) if len(text) <= _MAX_DIGITS else text


def _remove_comments(text: str) -> str:
    without = _COMMENT.sub(lambda match: match[1] or "", text)
    return _TRAILING_COMMA.sub(lambda match: match[1] or match[2], without).strip().rstrip(";")


def _decode_html_quotes(text: str) -> str:
    """Decode quotes that were escaped for HTML, which is an error within a script."""
    if "&quot;" not in text:
        raise ValueError
    return _remove_comments(unescape_html(text))


def extract_from_json(
    value: Any, base: str = "", *, is_expected: bool = True, depth: int = 0
) -> Iterator[Item]:
    """Yield the ClaimReviews of a JSON value, its lists, its graph and its feed.

    With ``is_expected``, other values are yielded too, so that the import reports them.
    """
    if depth > _MAX_DEPTH:
        yield Item(Unreadable("The JSON is nested too deeply."), base)
    elif isinstance(value, list):
        for item in value:
            yield from extract_from_json(item, base, is_expected=is_expected, depth=depth + 1)
    elif is_claim_review(value) or (is_expected and not isinstance(value, dict)):
        yield Item(value, base)
    elif isinstance(value, dict):
        has_items = False
        for item in _extract_from_object(value, base, is_expected=is_expected, depth=depth):
            has_items = True
            yield item
        if is_expected and not has_items and not _is_empty_container(value):
            yield Item(value, base)


def _is_empty_container(value: dict[str, Any]) -> bool:
    """Whether the object is a list or feed item without content."""
    properties = {strip_vocabulary(key): inner for key, inner in value.items()}
    has_list = any(isinstance(properties.get(name), list) for name in _LISTS)
    return has_list or ("item" in properties and not properties["item"])


def _extract_from_object(
    value: dict[str, Any], base: str, *, is_expected: bool, depth: int
) -> Iterator[Item]:
    properties = {strip_vocabulary(key): inner for key, inner in value.items()}
    if "item" in properties:  # a DataFeedItem, with the URL of the page
        base = property_values.parse_url(properties.get("url")) or base
    for name in _CONTAINERS:
        inner = properties.get(name)
        if inner is None:
            continue
        if name == "@graph" and isinstance(inner, list):
            # A graph describes all things of a page: those other than reviews are no fault.
            for thing in _resolve_references(inner):
                yield from extract_from_json(thing, base, is_expected=False, depth=depth + 2)
            continue
        yield from extract_from_json(inner, base, is_expected=is_expected, depth=depth + 1)


def _resolve_references(things: list[Any]) -> Iterator[Any]:
    """Yield the things of a graph; within reviews, replace each reference by its thing.

    A reference is an object with ``@id`` alone.
    """
    things_by_id = {
        thing["@id"]: thing
        for thing in things
        if isinstance(thing, dict) and isinstance(thing.get("@id"), str)
    }
    for thing in things:
        yield _Resolver(things_by_id).resolve(thing) if is_claim_review(thing) else thing


class _Resolver:
    """Replaces the references within one review."""

    def __init__(self, things_by_id: dict[str, Any]) -> None:
        self._things_by_id = things_by_id
        # Things may refer to one another many times over: the budget bounds the result.
        self._budget = _MAX_REFERENCE_LENGTH

    def resolve(self, value: Any, depth: int = _MAX_REFERENCE_DEPTH) -> Any:
        self._budget -= len(value) if isinstance(value, str) else 10
        match value:
            case _ if depth == 0:  # a ring of references ends here
                pass
            case {"@id": str(name)} if len(value) == 1 and name in self._things_by_id:
                if self._budget > 0:
                    return self.resolve(self._things_by_id[name], depth - 1)
            case dict():
                return {key: self.resolve(inner, depth - 1) for key, inner in value.items()}
            case list():
                return [self.resolve(inner, depth - 1) for inner in value]
        return value


class _Rewound(io.RawIOBase):
    """A stream that starts again with its first bytes, which were already read."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        super().__init__()
        self._head, self._rest = memoryview(head), rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = len(buffer)
        content, self._head = self._head[:size], self._head[size:]
        content = content or memoryview(self._rest.read(size))
        buffer[: len(content)] = content
        return len(content)


def _is_lines(head: bytes) -> bool:
    """Whether the file has one JSON object per line."""
    # An indented object also starts with a line of its own, but its next line is a property.
    first, _, rest = head.lstrip().partition(b"\n")
    if not first.startswith(b"{") or not rest.lstrip().startswith(b"{"):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def _extract_from_lines(stream: io.BufferedReader) -> Iterator[Item]:
    number = 0
    while line := stream.readline(MAX_ELEMENT_BYTES):
        number += 1
        if len(line) == MAX_ELEMENT_BYTES and not line.endswith(b"\n"):
            # Skip the rest of the line in pieces, so that memory stays bounded.
            while (rest := stream.readline(MAX_ELEMENT_BYTES)) and not rest.endswith(b"\n"):
                pass
            megabytes = MAX_ELEMENT_BYTES // 2**20
            yield Item(Unreadable(f"Line {number}: the line is larger than {megabytes} MB."))
            continue
        if not line.strip():
            continue
        try:
            yield from extract_from_json(parse_json(_decode(line)))
        except Unreadable as error:
            yield Item(Unreadable(f"Line {number}: {error}"))


def _extract_from_feed(
    stream: io.BufferedReader, whole_file_error: Unreadable | None
) -> Iterator[Item]:
    """Yield the elements of a feed's lists one by one.

    If there are none, raises the error of reading the file as a whole, which says more.
    """
    has_items = False
    try:
        for element in read_elements(stream, lambda name: strip_vocabulary(name) in _LISTS):
            for item in _extract_from_element(element):
                has_items = True
                yield item
    except Unreadable:
        if has_items or whole_file_error is None:
            raise
    if whole_file_error is not None and not has_items:
        raise whole_file_error


def _extract_from_element(element: bytes | Unreadable) -> Iterator[Item]:
    if isinstance(element, Unreadable):
        yield Item(element)
        return
    try:
        value = parse_json(_decode(element))
    except Unreadable as error:
        yield Item(error)
    else:
        yield from extract_from_json(value)


def _decode(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in _UTF_16_MARKS else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"Byte {error.start} is not UTF-8. Save the file as UTF-8.") from None
