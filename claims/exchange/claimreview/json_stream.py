"""The elements of long JSON lists, one by one, each as the bytes that it stands in.

Of a feed of hundreds of megabytes only the brackets and texts are followed; an element is handed
out to be parsed by itself, and let go. So a broken one spoils no other, and none needs more memory
than :data:`LONGEST`. (A streaming parser of events ends at the first fault; that of ``ijson`` also
ends the process at a number of 5,000 digits.)
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, Protocol

LONGEST_ELEMENT: Final = 8 * 1024 * 1024  # bytes of one element
_DEEPEST: Final = 1000  # lists and objects within one another
_READ: Final = 256 * 1024  # bytes at a time
_LONGEST_NAME: Final = 100
_BETWEEN: Final = re.compile(rb'["{}\[\],]')
_WITHIN: Final = re.compile(rb'["{}\[\]]')
_TEXT: Final = re.compile(rb'(?:[^"\\]|\\.)*+', re.DOTALL)
_OPENING: Final = {b"}": b"{", b"]": b"["}


class Unreadable(ValueError):
    """The file, or a part of it, cannot be read; ``str()`` says why."""


class Stream(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes: ...


def read_elements(stream: Stream, holds: Callable[[str], bool]) -> Iterator[bytes | Unreadable]:
    """Yield the elements of the outermost list, and of each list whose name ``holds`` some.

    One that is too long is an ``Unreadable`` in its place. Raises ``Unreadable`` where the file is
    no JSON, or ends too early.
    """
    return _Elements(stream, holds).found()


class _Elements:
    def __init__(self, stream: Stream, holds: Callable[[str], bool]) -> None:
        self._stream, self._holds = stream, holds
        self._bytes, self._at = b"", 0
        self._name = b""  # the text before: of a list in an object it is the name
        self._around: list[tuple[bytes, bool]] = []  # open brackets, and whether elements follow
        self._within = bytearray()  # brackets that are open within the element
        self._counts = {b"{": 0, b"[": 0}  # how many of each
        self._begin = 0  # of the element in these bytes
        self._taken = bytearray()  # of it from the bytes before
        self._is_long = False

    def found(self) -> Iterator[bytes | Unreadable]:
        is_json = False
        while sign := self._next_sign():
            is_json = is_json or sign in b"{["
            if sign == b'"':
                self._skip_text()
            elif sign in b"{[":
                self._open(sign)
            elif sign == b"," or not self._close(sign):
                if (element := self._element()) is not None:
                    yield element
                if sign != b",":
                    self._around.pop()
        if self._around:
            if not self._within and (element := self._element()) is not None:
                yield element
            raise Unreadable("The file is broken from here on: it ends in the middle.")
        if not is_json:
            raise Unreadable("This is neither JSON nor HTML.")

    @property
    def _is_listing(self) -> bool:
        return bool(self._around) and self._around[-1][1]

    def _next_sign(self) -> bytes:
        """Go behind the next bracket, quote or, between elements, comma; nothing at the end."""
        while True:
            between = self._is_listing and not self._within
            match = (_BETWEEN if between else _WITHIN).search(self._bytes, self._at)
            if match is not None:
                self._at = match.end()
                return match[0]
            if not self._read_on(len(self._bytes)):
                return b""

    def _read_on(self, end: int) -> bool:
        """Read more, once everything before ``end`` is done with."""
        if self._is_listing and not self._is_long:
            self._taken += self._bytes[self._begin : end]
            if len(self._taken) > LONGEST_ELEMENT:
                self._is_long = True
                self._taken.clear()
        more = self._stream.read(_READ)
        self._bytes, self._at, self._begin = self._bytes[end:] + more, 0, 0
        return bool(more)

    def _skip_text(self) -> None:
        """Go behind the quote that ends a text."""
        name = b""
        while True:
            match = _TEXT.match(self._bytes, self._at)
            end = match.end() if match else self._at
            name += self._bytes[self._at : end][: _LONGEST_NAME - len(name)]
            if self._bytes[end : end + 1] == b'"':
                self._at, self._name = end + 1, name
                return
            # What is left is nothing, or a backslash whose character is still to be read.
            if not self._read_on(end):
                raise Unreadable("The file is broken from here on: it ends within a text.")

    def _open(self, sign: bytes) -> None:
        if self._is_listing and len(self._within) < LONGEST_ELEMENT:
            self._within += sign
            self._counts[sign] += 1
            return
        if self._is_listing or len(self._around) == _DEEPEST:
            raise Unreadable("From here on nothing is read: the JSON is nested too deep.")
        is_outermost, in_object = not self._around, self._around[-1:] == [(b"{", False)]
        named = in_object and self._holds(self._name.decode(errors="replace"))
        self._around.append((sign, sign == b"[" and (is_outermost or named)))
        self._begin = self._at

    def _close(self, sign: bytes) -> bool:
        """Close a bracket; false if it ends the list of elements.

        In a broken element it closes what is open up to its own kind.
        """
        opening = _OPENING[sign]
        if self._is_listing:
            if self._counts[opening]:
                place = self._within.rfind(opening)
                for kind in self._counts:
                    self._counts[kind] -= self._within.count(kind, place)
                del self._within[place:]
                return True
            return bool(self._within) or self._around[-1][0] != opening
        if not self._around or self._around[-1][0] != opening:
            raise Unreadable(f"The file is broken from here on: {sign.decode()} closes nothing.")
        self._around.pop()
        return True

    def _element(self) -> bytes | Unreadable | None:
        """The element that ends before the sign, if there is one; the next one begins."""
        element = bytes(self._taken + self._bytes[self._begin : self._at - 1]).strip()
        is_long = self._is_long or len(element) > LONGEST_ELEMENT
        self._taken.clear()
        self._begin, self._is_long = self._at, False
        if is_long:
            return Unreadable(f"It has more than {LONGEST_ELEMENT // 2**20} MB.")
        return element or None
