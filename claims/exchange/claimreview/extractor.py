"""ClaimReview objects in files as they are found: feeds, pages saved as HTML, lists and graphs.

A feed is read object by object: of hundreds of megabytes one object is held at a time. A small file
that is no JSON by the letter is mended as far as that is safe.
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
from claims.exchange.claimreview.graph import Graph
from claims.exchange.claimreview.json_stream import LONGEST_ELEMENT, Unreadable, read_elements
from claims.exchange.claimreview.vocabulary import is_claim_review, strip_vocabulary
from claimsapi.core.text import unescape_html

# A file up to this size is read whole, and may be mended; a longer one is a feed, read by parts.
SMALL_FILE: Final = 4 * 1024 * 1024
LARGEST_PAGE: Final = 64 * 1024 * 1024
_LISTS: Final = ("dataFeedElement", "@graph", "itemListElement")
_HOLDERS: Final = (*_LISTS, "item", "review", "mainEntity")
_DEEPEST: Final = 12
_LONGEST_NUMBER: Final = 40  # digits
_COMMENT: Final = re.compile(
    # What is not closed ends with the text, so that no character is looked at twice.
    r'("(?:[^"\\]|\\.)*+(?:"|\\?\Z))|/\*.*?(?:\*/|\Z)|//[^\n]*|<!--|-->|<!\[CDATA\[|\]\]>',
    re.DOTALL,
)
_TRAILING: Final = re.compile(r'("(?:[^"\\]|\\.)*+(?:"|\\?\Z))|,(\s*+[}\]])', re.DOTALL)
_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Item:
    """An object that may be a ClaimReview, and the address of the page that it stands on.

    ``row`` is what it was made of, if that was something else.
    """

    value: Any
    base: str = ""
    row: Any = None


def extract_items(stream: BinaryIO) -> Iterator[Item]:
    """Yield every ClaimReview of a file, and what stands where one was to be expected.

    The file is JSON (one object, a list, a graph, a ``DataFeed``), one JSON object per line, or a
    page of HTML with scripts of JSON-LD. Raises ``Unreadable`` when nothing more can be read.
    """
    head = stream.read(SMALL_FILE)
    if head.startswith(_WIDE):
        head, stream = _narrowed(head, stream)
    is_whole, head = len(head) < SMALL_FILE, head.removeprefix(codecs.BOM_UTF8)
    begin = head.lstrip()[:1]
    if not begin:
        raise Unreadable("The file is empty.")
    if begin == b"<":
        yield from extract_from_html(head + stream.read(LARGEST_PAGE - SMALL_FILE))
        if stream.read(1):
            raise Unreadable(f"The rest is not read: a page has {LARGEST_PAGE // 2**20} MB.")
        return
    fault = None
    if is_whole:
        try:
            value = parse_json(_decoded(head))
        except Unreadable as error:
            fault = error
        else:
            yield from extract_from_json(value)
            return
    again: Any = io.BufferedReader(_Again(head, stream))
    yield from _in_lines(again) if _is_lines(head) else _in_parts(again, fault)


def _narrowed(head: bytes, rest: BinaryIO) -> tuple[bytes, BinaryIO]:
    """A file of UTF-16 as one of UTF-8."""
    whole = head + rest.read(LARGEST_PAGE - SMALL_FILE)
    if rest.read(1):
        raise Unreadable("This is UTF-16, and too large to be read as such: save it as UTF-8.")
    narrow = io.BytesIO(_decoded(whole).encode(errors="replace"))
    return narrow.read(SMALL_FILE), narrow


def extract_from_html(content: bytes) -> Iterator[Item]:
    """The ClaimReviews in the scripts of a saved page."""
    try:
        content.decode()  # no other encoding happens to be UTF-8, whatever the page says of itself
        encoding = "utf-8"
    except UnicodeDecodeError:
        encoding = None
    try:
        parser = lxml_html.HTMLParser(encoding=encoding)
        tree = lxml_html.document_fromstring(content, parser=parser)
    except (LxmlError, ValueError):
        raise Unreadable("The page holds nothing that can be read as HTML.") from None
    links = tree.xpath("//link[contains(concat(' ', normalize-space(@rel), ' '), ' canonical ')]")
    stated = [link.get("href") for link in links]
    stated += tree.xpath("//meta[@property='og:url']/@content")
    base = next((url for said in stated if (url := property_values.parse_url(str(said or "")))), "")
    scripts = tree.xpath(
        "//script[starts-with(translate(@type, 'APLICTONJSD', 'aplictonjsd'),"
        " 'application/ld+json')]"
    )
    if not scripts:
        raise Unreadable("The page has no script of JSON-LD.")
    for script in scripts:
        if not (text := (script.text or "").strip()):
            continue
        try:
            yield from extract_from_json(parse_json(text), base, expected=False)
        except Unreadable as error:
            yield Item(error, base)


def parse_json(text: str) -> Any:
    """The value of a JSON text, if need be without comments and commas that end a list.

    Control characters within texts are taken; of a member that stands twice the last one counts.
    """
    text = text.lstrip("\ufeff").strip().rstrip(";")
    faults = []
    for mend in (str, _mended, _read_as_html):
        try:
            return json.loads(mend(text), strict=False, parse_int=_integer)
        except RecursionError:
            raise Unreadable("The JSON is nested too deep.") from None
        except ValueError as error:
            faults.append(error)
    raise Unreadable(f"This is not JSON: {faults[-1] if len(faults) < 3 else faults[1]}.")


def _integer(text: str) -> int | str:
    """A number without fraction; one that is no number to anybody stays a text."""
    return int(text) if len(text) <= _LONGEST_NUMBER else text


def _mended(text: str) -> str:
    without = _COMMENT.sub(lambda match: match[1] or "", text)
    return _TRAILING.sub(lambda match: match[1] or match[2], without).strip().rstrip(";")


def _read_as_html(text: str) -> str:
    """JSON whose quotes were written for HTML, which within a script they are not."""
    if "&quot;" not in text:
        raise ValueError
    return _mended(unescape_html(text))


def extract_from_json(
    value: Any, base: str = "", *, expected: bool = True, depth: int = 0
) -> Iterator[Item]:
    """The ClaimReviews in a JSON value: itself, in its lists, in its graph, in its feed.

    Where one is ``expected``, what is none is yielded too, so that it is reported.
    """
    if depth > _DEEPEST:
        yield Item(Unreadable("The JSON is nested too deep."), base)
    elif isinstance(value, list):
        for one in value:
            yield from extract_from_json(one, base, expected=expected, depth=depth + 1)
    elif is_claim_review(value) or (expected and not isinstance(value, dict)):
        yield Item(value, base)
    elif isinstance(value, dict):
        found = False
        for item in _in_object(value, base, expected=expected, depth=depth):
            found = True
            yield item
        if expected and not found and not _is_empty(value):
            yield Item(value, base)


def _is_empty(value: dict[str, Any]) -> bool:
    """Whether it is what holds others, and holds none: a list, or an item of a feed."""
    named = {strip_vocabulary(key): inner for key, inner in value.items()}
    lists = any(isinstance(named.get(name), list) for name in _LISTS)
    return lists or ("item" in named and not named["item"])


def _in_object(value: dict[str, Any], base: str, *, expected: bool, depth: int) -> Iterator[Item]:
    named = {strip_vocabulary(key): inner for key, inner in value.items()}
    if "item" in named:  # of a feed
        base = property_values.parse_url(named.get("url")) or base
    for name in _HOLDERS:
        inner = named.get(name)
        if inner is None:
            continue
        if name == "@graph" and isinstance(inner, list):  # in which stand all things of a page
            for thing in Graph(inner).things():
                yield from extract_from_json(thing, base, expected=False, depth=depth + 2)
            continue
        yield from extract_from_json(inner, base, expected=expected, depth=depth + 1)


class _Again(io.RawIOBase):
    """A stream whose beginning was read already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        super().__init__()
        self._head, self._rest = memoryview(head), rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = len(buffer)
        taken, self._head = self._head[:size], self._head[size:]
        taken = taken or memoryview(self._rest.read(size))
        buffer[: len(taken)] = taken
        return len(taken)


def _is_lines(head: bytes) -> bool:
    """Whether each line is a JSON object of its own."""
    first, _, rest = head.lstrip().partition(b"\n")
    if not first.startswith(b"{") or not rest.lstrip().startswith(b"{"):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def _in_lines(stream: io.BufferedReader) -> Iterator[Item]:
    number = 0
    while line := stream.readline(LONGEST_ELEMENT):
        number += 1
        if len(line) == LONGEST_ELEMENT and not line.endswith(b"\n"):
            while (rest := stream.readline(LONGEST_ELEMENT)) and not rest.endswith(b"\n"):
                pass
            yield Item(
                Unreadable(f"Line {number}: it has more than {LONGEST_ELEMENT // 2**20} MB.")
            )
            continue
        if not line.strip():
            continue
        try:
            yield from extract_from_json(parse_json(_decoded(line)))
        except Unreadable as error:
            yield Item(Unreadable(f"Line {number}: {error}"))


def _in_parts(stream: io.BufferedReader, fault: Unreadable | None) -> Iterator[Item]:
    """What a long file, or one that as a whole has a ``fault``, holds in lists."""
    found = False
    try:
        for item in _in_feed(stream):
            found = True
            yield item
    except Unreadable:
        if found or fault is None:
            raise
    if fault is not None and not found:
        raise fault


def _in_feed(stream: io.BufferedReader) -> Iterator[Item]:
    """The members of a feed's lists one by one, whatever else the feed says of itself."""
    for element in read_elements(stream, lambda name: strip_vocabulary(name) in _LISTS):
        if isinstance(element, Unreadable):
            yield Item(element)
            continue
        try:
            found = parse_json(_decoded(element))
        except Unreadable as error:
            yield Item(error)
        else:
            yield from extract_from_json(found)


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"Byte {error.start} is not UTF-8: save the file as UTF-8.") from None
