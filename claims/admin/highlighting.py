"""Split a text at the boundaries of its passages, so that a page can highlight them.

Positions are those of the W3C Web Annotation text position selector: code points, half-open.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Span:
    """A passage: its position in the text and the key of its record."""

    start: int
    end: int
    key: Hashable


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text that the same passages cover from start to end.

    ``key`` is the key of the shortest passage over the segment. ``overlaps`` is true if other
    passages cover it too. ``ending`` has the keys of the passages that end with the segment.
    """

    start: int
    text: str
    key: Hashable | None
    overlaps: bool
    ending: tuple[Hashable, ...]


def split_segments(text: str, spans: Iterable[Span]) -> Iterator[Segment]:
    """Split a text into segments. Ignore spans that are empty or exceed the text."""
    valid = [span for span in spans if 0 <= span.start < span.end <= len(text)]
    # Ranks sort by length, then by start. The number makes the rank of equal spans unique.
    spans_by_rank = {
        (span.end - span.start, span.start, number): span for number, span in enumerate(valid)
    }
    opening, closing = defaultdict(list), defaultdict(list)
    for rank, span in sorted(spans_by_rank.items()):
        opening[span.start].append(rank)
        closing[span.end].append(rank)
    # The ranks of the spans over the current segment, sorted: a text can have thousands of
    # passages, and bisection keeps each step cheap.
    active: list[tuple[int, int, int]] = []
    for start, end in pairwise(sorted({0, len(text), *opening, *closing})):
        for rank in closing[start]:
            del active[bisect_left(active, rank)]
        for rank in opening[start]:
            insort(active, rank)
        yield Segment(
            start,
            text[start:end],
            spans_by_rank[active[0]].key if active else None,
            len(active) > 1,
            tuple(spans_by_rank[rank].key for rank in closing[end]),
        )
