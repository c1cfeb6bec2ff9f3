"""A text cut where passages begin and end, so that each can be shown where it stands.

Positions are those of the W3C Web Annotation text position selector: code points, half-open.
"""

import re
from bisect import bisect_right
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Span:
    """A passage: where it stands, and what it belongs to."""

    start: int
    end: int
    key: Hashable


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text with the same passages throughout.

    ``keys`` are those of the passages that it lies in, the shortest passage first; ``ending`` those
    of the ones that end with it.
    """

    start: int
    text: str
    keys: tuple[Hashable, ...]
    ending: tuple[Hashable, ...]


def segments(text: str, spans: Iterable[Span]) -> Iterator[Segment]:
    """Cut the text. Passages that lie outside of it are left out."""
    inside = [span for span in spans if 0 <= span.start < span.end <= len(text)]
    waiting = sorted(inside, key=lambda span: span.start, reverse=True)
    cuts = sorted({0, len(text), *(s.start for s in inside), *(s.end for s in inside)})
    over: list[Span] = []
    for start, end in pairwise(cuts):
        over = [span for span in over if span.end > start]
        while waiting and waiting[-1].start == start:
            over.append(waiting.pop())
        over.sort(key=lambda span: (span.end - span.start, span.start))
        yield Segment(
            start,
            text[start:end],
            tuple(span.key for span in over),
            tuple(span.key for span in over if span.end == end),
        )


def places(text: str, words: str) -> list[tuple[int, int]]:
    """Where the words stand in the text, one after the other.

    A run of white space stands for any other: a line may break elsewhere where it was copied from.
    """
    wanted = " ".join(words.split())
    if not wanted:
        return []
    # Every run as one space; from where on, how many characters of the text are gone before it.
    plain = _SPACE.sub(" ", text)
    since, gone = [0], [0]
    for run in _SPACE.finditer(text):
        if (more := len(run[0]) - 1) > 0:
            since.append(run.end() - gone[-1] - more)
            gone.append(gone[-1] + more)

    def place(index: int) -> int:
        return index + gone[bisect_right(since, index) - 1]

    found, at = [], plain.find(wanted)
    while at >= 0:
        found.append((place(at), place(at + len(wanted) - 1) + 1))
        at = plain.find(wanted, at + len(wanted))
    return found
