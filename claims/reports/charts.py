"""Counts as bars: the geometry of plain SVG, without colours or words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

WIDTH: Final = 1000  # of the longest bar, in the units of the drawing


@dataclass(frozen=True, slots=True)
class Count:
    """A part of a row before it is drawn: ``kind`` is its class in the style sheet."""

    label: str
    count: float
    kind: str = "count"


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a bar, from ``x`` on, ``width`` wide."""

    label: str
    count: float
    kind: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A row: what it is of, how many in all, and the parts, one after the other.

    ``total`` is None where nothing was measured, which is not the same as zero.
    """

    label: str
    total: float | None
    slices: list[Slice]


def draw_bars(rows: Sequence[tuple[str, Sequence[Count]]]) -> list[Bar]:
    """Draw each row as a bar, the one with the largest total over the whole width."""
    most = max((sum(part.count for part in parts) for _, parts in rows), default=0)
    return [_bar(label, parts, WIDTH / most if most else 0) for label, parts in rows]


def draw_measures(rows: Sequence[tuple[str, float | None]]) -> list[Bar]:
    """Draw one measure to a row; a row of which there is none has no bar and no number."""
    drawn = draw_bars([(label, [Count("", measure or 0)]) for label, measure in rows])
    return [
        bar if measure is not None else replace(bar, total=None)
        for bar, (_, measure) in zip(drawn, rows, strict=True)
    ]


def _bar(label: str, parts: Sequence[Count], scale: float) -> Bar:
    slices: list[Slice] = []
    x: float = 0
    for part in parts:
        if not part.count:
            continue
        at, width = round(x * scale, 2), round(part.count * scale, 2)
        slices.append(Slice(part.label, part.count, part.kind, at, width))
        x += part.count
    return Bar(label, sum(part.count for part in parts), slices)
