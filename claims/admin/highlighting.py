"""A text cut where passages begin and end, so that each can be shown where it stands.

Positions are those of the W3C Web Annotation text position selector: code points, half-open.
"""

import re
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
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

    ``key`` is that of the shortest passage that it lies in, and ``overlaps`` says that it lies in
    others too; ``ending`` are those of the passages that end with it.
    """

    start: int
    text: str
    key: Hashable | None
    overlaps: bool
    ending: tuple[Hashable, ...]


def segments(text: str, spans: Iterable[Span]) -> Iterator[Segment]:
    """Cut the text. Passages that lie outside of it are left out."""
    inside = [span for span in spans if 0 <= span.start < span.end <= len(text)]
    # The shortest passage first, then the one that begins first; no two are alike.
    order = {
        (span.end - span.start, span.start, number): span for number, span in enumerate(inside)
    }
    opening, closing = defaultdict(list), defaultdict(list)
    for rank, span in sorted(order.items()):
        opening[span.start].append(rank)
        closing[span.end].append(rank)
    over: list[tuple[int, int, int]] = []
    for start, end in pairwise(sorted({0, len(text), *opening, *closing})):
        for rank in closing[start]:
            del over[bisect_left(over, rank)]
        for rank in opening[start]:
            insort(over, rank)
        yield Segment(
            start,
            text[start:end],
            order[over[0]].key if over else None,
            len(over) > 1,
            tuple(order[rank].key for rank in closing[end]),
        )


def places(text: str, words: str) -> Iterator[tuple[int, int]]:
    """Where the words stand in the text, one after the other.

    A run of white space stands for any other: a line may break elsewhere where it was copied from.
    """
    wanted = " ".join(words.split())
    if not wanted:
        return
    # Every run as one space; from where on, how many characters of the text are gone before it.
    plain = _SPACE.sub(" ", text)
    since, gone = [0], [0]
    for run in _SPACE.finditer(text):
        if (more := len(run[0]) - 1) > 0:
            since.append(run.end() - gone[-1] - more)
            gone.append(gone[-1] + more)

    def place(index: int) -> int:
        return index + gone[bisect_right(since, index) - 1]

    at = plain.find(wanted)
    while at >= 0:
        yield place(at), place(at + len(wanted) - 1) + 1
        at = plain.find(wanted, at + len(wanted))
