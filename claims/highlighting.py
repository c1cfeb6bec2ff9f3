"""A text cut where passages begin and end, so that each can be shown where it stands.

Positions are those of the W3C Web Annotation text position selector: code points, half-open.
"""

import re
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise


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
    cuts = sorted({0, len(text), *(s.start for s in inside), *(s.end for s in inside)})
    by_length = sorted(inside, key=lambda span: (span.end - span.start, span.start))
    for start, end in pairwise(cuts):
        over = [span for span in by_length if span.start <= start and end <= span.end]
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
    parts = [re.escape(part) for part in words.split()]
    if not parts:
        return []
    return [match.span() for match in re.finditer(r"\s+".join(parts), text)]
