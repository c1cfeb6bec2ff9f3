"""ClaimReview objects in files as they are found: feeds, pages saved as HTML, lists and graphs.

A feed is read object by object: of hundreds of megabytes one object is held at a time. A small file
that is no JSON by the letter is mended as far as that is safe.
"""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO, Final

import ijson
from ijson.common import ObjectBuilder
from lxml import html as lxml_html
from lxml.etree import LxmlError

from claims.interchange.claimreview import values
from claims.interchange.claimreview.terms import bare, is_claim_review

# A file up to this size is read whole, and may be mended; a longer one is a feed, read by parts.
SMALL: Final = 4 * 1024 * 1024
LARGEST_PAGE: Final = 64 * 1024 * 1024
_LISTS: Final = ("dataFeedElement", "@graph", "itemListElement")
_HOLDERS: Final = (*_LISTS, "item", "review", "mainEntity")
_DEEPEST: Final = 12
_MOST_NAMED: Final = 1000  # things of a graph that are put where they are named
_COMMENT: Final = re.compile(
    # What is not closed ends with the text, so that no character is looked at twice.
    r'("(?:[^"\\]|\\.)*+(?:"|\Z))|/\*.*?(?:\*/|\Z)|//[^\n]*|<!--|-->|<!\[CDATA\[|\]\]>',
    re.DOTALL,
)
_TRAILING: Final = re.compile(r'("(?:[^"\\]|\\.)*+(?:"|\Z))|,(\s*[}\]])', re.DOTALL)
_HEAVIEST: Final = 8 * 1024 * 1024  # characters and values of one object of a feed
_NO_CONTROLS: Final = bytes(max(byte, 0x20) for byte in range(256))
_HTML: Final = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<", re.DOTALL)


class Unreadable(ValueError):
    """The file, or the rest of it, cannot be read; ``str()`` says why."""


@dataclass(frozen=True, slots=True)
class Item:
    """An object that may be a ClaimReview, and the address of the page that it stands on.

    ``row`` is what it was made of, if that was something else.
    """

    found: Any
    base: str = ""
    row: Any = None


def find(stream: BinaryIO) -> Iterator[Item]:
    """Yield every ClaimReview of a file, and what stands where one was to be expected.

    The file is JSON (one object, a list, a graph, a ``DataFeed``), one JSON object per line, or a
    page of HTML with scripts of JSON-LD. Raises ``Unreadable`` when nothing more can be read.
    """
    head = stream.read(SMALL)
    is_whole, head = len(head) < SMALL, head.removeprefix(codecs.BOM_UTF8)
    if not head.strip():
        raise Unreadable("The file is empty.")
    if _HTML.match(head):
        yield from in_page(head + stream.read(LARGEST_PAGE - SMALL))
        return
    if is_whole:
        try:
            yield from in_value(loads(_decoded(head)))
        except Unreadable:
            if not _is_lines(head):
                raise
        else:
            return
    if _is_lines(head):
        yield from _in_lines(_Again(head, stream))
    else:
        yield from _in_feed(_Again(head, stream))


def in_page(content: bytes) -> Iterator[Item]:
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
    base = next((url for said in stated if (url := values.address(str(said or "")))), "")
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
            yield from in_value(loads(text), base, expected=False)
        except Unreadable as error:
            yield Item(error, base)


def loads(text: str) -> Any:
    """The value of a JSON text, if need be without comments and commas that end a list.

    Control characters within texts are taken; of a member that stands twice the last one counts.
    """
    text = text.lstrip("\ufeff").strip().rstrip(";")
    for mend in (lambda t: t, _mended):
        try:
            return json.loads(mend(text), strict=False)
        except RecursionError:
            raise Unreadable("The JSON is nested too deep.") from None
        except ValueError as error:
            fault = error
    raise Unreadable(f"This is not JSON: {fault}.")


def _mended(text: str) -> str:
    without = _COMMENT.sub(lambda match: match[1] or "", text)
    return _TRAILING.sub(lambda match: match[1] or match[2], without).strip().rstrip(";")


def in_value(
    value: Any, base: str = "", *, expected: bool = True, depth: int = 0
) -> Iterator[Item]:
    """The ClaimReviews in a JSON value: itself, in its lists, in its graph, in its feed.

    Where one is ``expected``, what is none is yielded too, so that it is reported.
    """
    if depth > _DEEPEST:
        yield Item(Unreadable("The JSON is nested too deep."), base)
    elif isinstance(value, list):
        for one in value:
            yield from in_value(one, base, expected=expected, depth=depth + 1)
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
    named = {bare(key): inner for key, inner in value.items()}
    lists = any(isinstance(named.get(name), list) for name in _LISTS)
    return lists or ("item" in named and not named["item"])


def _in_object(value: dict[str, Any], base: str, *, expected: bool, depth: int) -> Iterator[Item]:
    named = {bare(key): inner for key, inner in value.items()}
    if "item" in named:  # of a feed
        base = values.address(named.get("url")) or base
    for name in _HOLDERS:
        inner, asked = named.get(name), expected
        if inner is None:
            continue
        if name == "@graph" and isinstance(inner, list):  # in which stand all things of a page
            inner, asked = _Graph(inner).reviews(), False
        yield from in_value(inner, base, expected=asked, depth=depth + 1)


class _Graph:
    """The things of a page, which name one another by ``@id``."""

    def __init__(self, things: list[Any]) -> None:
        self._things = things
        self._named = {
            thing["@id"]: thing
            for thing in things
            if isinstance(thing, dict) and isinstance(thing.get("@id"), str)
        }
        self._left = _MOST_NAMED

    def reviews(self) -> list[Any]:
        """The things, reviews with what they name put in its place."""
        deep = 2 * _DEEPEST
        return [self._whole(one, deep) if is_claim_review(one) else one for one in self._things]

    def _whole(self, value: Any, depth: int) -> Any:
        match value:
            case _ if depth == 0:  # what names one another in a ring ends somewhere
                pass
            case {"@id": str(name)} if len(value) == 1 and name in self._named and self._left:
                self._left -= 1
                return self._whole(self._named[name], depth - 1)
            case dict():
                return {key: self._whole(inner, depth - 1) for key, inner in value.items()}
            case list():
                return [self._whole(inner, depth - 1) for inner in value]
        return value


class _Again:
    """A stream whose beginning was read already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = memoryview(head), rest

    def read(self, size: int = -1) -> bytes:
        if not self._head:
            return self._rest.read(size)
        if size < 0:
            taken, self._head = bytes(self._head), memoryview(b"")
            return taken + self._rest.read()
        taken, self._head = bytes(self._head[:size]), self._head[size:]
        return taken

    def lines(self) -> Iterator[bytes]:
        *whole, last = bytes(self._head).split(b"\n")
        self._head = memoryview(b"")
        yield from whole
        yield last + self._rest.readline()
        yield from self._rest


def _is_listed(place: str) -> bool:
    """Whether what stands there is an element of a list in which reviews are to be expected."""
    name, _, element = place.rpartition(".")
    return place == "item" or (element == "item" and bare(name) in _LISTS)


class _Plain:
    """A stream with a space for each control character: none belongs into JSON's texts."""

    def __init__(self, stream: _Again) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(size).translate(_NO_CONTROLS)


def _is_lines(head: bytes) -> bool:
    """Whether each line is a JSON object of its own."""
    first, _, rest = head.lstrip().partition(b"\n")
    if not first.startswith(b"{") or not rest.lstrip().startswith(b"{"):
        return False
    try:
        json.loads(first)
    except ValueError:
        return False
    return True


def _in_lines(stream: _Again) -> Iterator[Item]:
    for number, line in enumerate(stream.lines(), 1):
        if not line.strip():
            continue
        try:
            yield from in_value(loads(_decoded(line)))
        except Unreadable as error:
            yield Item(Unreadable(f"Line {number}: {error}"))


def _in_feed(stream: _Again) -> Iterator[Item]:
    """The members of a feed's list one by one, whatever else the feed says of itself."""
    events = ijson.parse(_Plain(stream))
    builder, prefix, heavy = None, "", 0
    try:
        for place, event, value in events:
            if builder is None:
                if not _is_listed(place) or event in {"end_map", "end_array"}:
                    continue
                builder, prefix, heavy = ObjectBuilder(), place, 0
            heavy += len(value) if isinstance(value, str) else 1
            if heavy > _HEAVIEST:
                raise Unreadable("From here on nothing is read: the next object is too long.")
            builder.event(event, float(value) if isinstance(value, Decimal) else value)
            closing = event in {"end_map", "end_array"} or not event.startswith(("start", "map"))
            if place == prefix and closing:
                try:
                    items = list(in_value(builder.value))
                except RecursionError:
                    items = [Item(Unreadable("The JSON is nested too deep."))]
                yield from items
                builder = None
    except (ijson.JSONError, UnicodeDecodeError) as error:
        words = str(error).strip().splitlines()
        raise Unreadable(f"The file is broken from here on: {words[0] if words else ''}") from None


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"Byte {error.start} is not UTF-8: save the file as UTF-8.") from None
