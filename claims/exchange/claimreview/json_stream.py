"""Splitter of long JSON lists: yields the elements one by one, as bytes.

The scanner follows only brackets and strings, so it reads feeds of hundreds of megabytes. The
caller parses each element alone. A broken element does not spoil the others, and none needs more
memory than :data:`MAX_ELEMENT_BYTES`. Event parsers do not fit: they stop at the first fault, and
``ijson`` also kills the process at a number of 5,000 digits.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, Protocol

MAX_ELEMENT_BYTES: Final = 8 * 1024 * 1024  # of one review
_MAX_DEPTH: Final = 1000  # nested lists and objects
_READ: Final = 256 * 1024  # bytes of one read
_MAX_NAME_BYTES: Final = 100
_BETWEEN_ELEMENTS: Final = re.compile(rb'["{}\[\],]')
_WITHIN_ELEMENT: Final = re.compile(rb'["{}\[\]]')
_STRING: Final = re.compile(rb'(?:[^"\\]|\\.)*+', re.DOTALL)
_OPENING: Final = {b"}": b"{", b"]": b"["}


class Unreadable(ValueError):
    """The file, or a part of it, is unreadable. ``str()`` gives the reason."""


class Stream(Protocol):
    """A binary stream, such as an open file."""

    def read(self, size: int, /) -> bytes: ...


def read_elements(
    stream: Stream, is_list_name: Callable[[str], bool]
) -> Iterator[bytes | Unreadable]:
    """Yield the elements of the outermost list, and of the lists with a name in ``is_list_name``.

    An element that is too long becomes an ``Unreadable`` in its position. Raises ``Unreadable`` if
    the file is not JSON or ends too early.
    """
    return _ElementScanner(stream, is_list_name).scan()


class _ElementScanner:
    def __init__(self, stream: Stream, is_list_name: Callable[[str], bool]) -> None:
        self._stream, self._is_list_name = stream, is_list_name
        self._bytes, self._at = b"", 0
        self._name = b""  # the last string: of a list in an object this is the name
        # Open brackets around the elements, each with a flag: its items are elements.
        self._around: list[tuple[bytes, bool]] = []
        self._within = bytearray()  # open brackets of the current element
        self._counts = {b"{": 0, b"[": 0}  # the same brackets by kind
        self._begin = 0  # start of the element in the current bytes
        self._buffer = bytearray()  # the part of the element from earlier reads
        self._is_long = False

    def scan(self) -> Iterator[bytes | Unreadable]:
        is_json = False
        while sign := self._next_sign():
            is_json = is_json or sign in b"{["
            if sign == b'"':
                self._skip_string()
            elif sign in b"{[":
                self._open(sign)
            elif sign == b"," or not self._close(sign):
                if (element := self._take_element()) is not None:
                    yield element
                if sign != b",":
                    self._around.pop()
        if self._around:
            if not self._within and (element := self._take_element()) is not None:
                yield element
            raise Unreadable("The file is broken: it ends in the middle of a list or object.")
        if not is_json:
            raise Unreadable("This is neither JSON nor HTML.")

    @property
    def _is_in_list(self) -> bool:
        return bool(self._around) and self._around[-1][1]

    def _next_sign(self) -> bytes:
        """Return the next bracket, quote or comma between elements, and move behind it.

        Returns nothing at the end of the file.
        """
        while True:
            is_between = self._is_in_list and not self._within
            pattern = _BETWEEN_ELEMENTS if is_between else _WITHIN_ELEMENT
            match = pattern.search(self._bytes, self._at)
            if match is not None:
                self._at = match.end()
                return match[0]
            if not self._read_on(len(self._bytes)):
                return b""

    def _read_on(self, end: int) -> bool:
        """Read more bytes and drop those before ``end``, except the current element's."""
        if self._is_in_list and not self._is_long:
            self._buffer += self._bytes[self._begin : end]
            # A long element is skipped, not stored: this bounds the memory.
            if len(self._buffer) > MAX_ELEMENT_BYTES:
                self._is_long = True
                self._buffer.clear()
        more = self._stream.read(_READ)
        self._bytes, self._at, self._begin = self._bytes[end:] + more, 0, 0
        return bool(more)

    def _skip_string(self) -> None:
        """Move behind the closing quote of a string, and note the string as a name."""
        name = b""
        while True:
            match = _STRING.match(self._bytes, self._at)
            end = match.end() if match else self._at
            name += self._bytes[self._at : end][: _MAX_NAME_BYTES - len(name)]
            if self._bytes[end : end + 1] == b'"':
                self._at, self._name = end + 1, name
                return
            # The rest is empty, or a backslash whose character comes with the next read.
            if not self._read_on(end):
                raise Unreadable("The file is broken: it ends within a string.")

    def _open(self, sign: bytes) -> None:
        if self._is_in_list and len(self._within) < MAX_ELEMENT_BYTES:
            self._within += sign
            self._counts[sign] += 1
            return
        if self._is_in_list or len(self._around) == _MAX_DEPTH:
            raise Unreadable("The rest was not read: the JSON is nested too deeply.")
        is_outermost, in_object = not self._around, self._around[-1:] == [(b"{", False)]
        has_name = in_object and self._is_list_name(self._name.decode(errors="replace"))
        self._around.append((sign, sign == b"[" and (is_outermost or has_name)))
        self._begin = self._at

    def _close(self, sign: bytes) -> bool:
        """Close a bracket; return false if this ends the list of elements.

        In a broken element, a closing bracket closes all open brackets up to its own kind.
        """
        opening = _OPENING[sign]
        if self._is_in_list:
            # The counts avoid a search through millions of open brackets of the other kind.
            if self._counts[opening]:
                position = self._within.rfind(opening)
                for kind in self._counts:
                    self._counts[kind] -= self._within.count(kind, position)
                del self._within[position:]
                return True
            return bool(self._within) or self._around[-1][0] != opening
        if not self._around or self._around[-1][0] != opening:
            raise Unreadable(f"The file is broken: {sign.decode()} has no opening bracket.")
        self._around.pop()
        return True

    def _take_element(self) -> bytes | Unreadable | None:
        """Return the element before the current sign, if any, and start the next one."""
        element = bytes(self._buffer + self._bytes[self._begin : self._at - 1]).strip()
        is_long = self._is_long or len(element) > MAX_ELEMENT_BYTES
        self._buffer.clear()
        self._begin, self._is_long = self._at, False
        if is_long:
            return Unreadable(f"The object is larger than {MAX_ELEMENT_BYTES // 2**20} MB.")
        return element or None
