"""Selectors of the W3C Web Annotation model, which identify a passage of a text.

Positions are half-open and count Unicode code points.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from claimsapi.core.i18n.messages import Message

CONTEXT: Final = 32  # characters before and after the passage
_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class TextQuote:
    """Text quote selector: the exact words, and the text before and after them."""

    exact: str
    prefix: str
    suffix: str


def to_text_quote(text: str, start: int, end: int) -> TextQuote:
    """Turn a text position selector into a text quote selector.

    Raises ``ValueError`` outside the text.
    """
    if not 0 <= start < end <= len(text):
        message = Message(
            "The text has {length} characters: there is no passage from {start} to {end}.",
            length=len(text),
            start=start,
            end=end,
        )
        raise ValueError(message)
    return TextQuote(
        exact=text[start:end],
        prefix=text[max(0, start - CONTEXT) : start],
        suffix=text[end : end + CONTEXT],
    )


def find_quotation(text: str, quotation: str) -> Iterator[tuple[int, int]]:
    """Yield the position of each occurrence of a quotation, from start to end of the text.

    Any run of white space matches any other: line breaks change when people copy a text.
    """
    needle = " ".join(quotation.split())
    if not needle:
        return
    # Search in a copy with one space for each run. ``removed[i]`` is the number of characters
    # that the copy lacks from position ``starts[i]`` of the copy on.
    copy = _SPACE.sub(" ", text)
    starts, removed = [0], [0]
    for run in _SPACE.finditer(text):
        if (extra := len(run[0]) - 1) > 0:
            starts.append(run.end() - removed[-1] - extra)
            removed.append(removed[-1] + extra)

    def original_position(index: int) -> int:
        return index + removed[bisect_right(starts, index) - 1]

    index = copy.find(needle)
    while index >= 0:
        last = index + len(needle) - 1
        yield original_position(index), original_position(last) + 1
        index = copy.find(needle, last + 1)
