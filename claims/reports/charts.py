"""Geometry of bar charts in plain SVG, without colors or text."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

WIDTH: Final = 1000  # of the longest bar, in units of the drawing


@dataclass(frozen=True, slots=True)
class Count:
    """A part of a row before it is drawn. ``kind`` is its class in the stylesheet."""

    label: str
    count: float
    kind: str = "count"


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a bar: it begins at ``x`` and is ``width`` wide."""

    label: str
    count: float
    kind: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a chart: its label, its total and its parts from left to right.

    ``total`` is None if the row has no measurement, which differs from zero.
    """

    label: str
    total: float | None
    slices: list[Slice]


def draw_bars(rows: Sequence[tuple[str, Sequence[Count]]]) -> list[Bar]:
    """Draw each row as a bar; the bar with the largest total has the whole width."""
    longest = max((sum(part.count for part in parts) for _, parts in rows), default=0)
    return [_bar(label, parts, WIDTH / longest if longest else 0) for label, parts in rows]


def draw_measures(rows: Sequence[tuple[str, float | None]]) -> list[Bar]:
    """Draw one number per row; a row with None has no bar and no number."""
    bars = draw_bars([(label, [Count("", measure or 0)]) for label, measure in rows])
    return [
        bar if measure is not None else replace(bar, total=None)
        for bar, (_, measure) in zip(bars, rows, strict=True)
    ]


def _bar(label: str, parts: Sequence[Count], scale: float) -> Bar:
    slices: list[Slice] = []
    start: float = 0
    for part in parts:
        if not part.count:
            continue
        x, width = round(start * scale, 2), round(part.count * scale, 2)
        slices.append(Slice(part.label, part.count, part.kind, x, width))
        start += part.count
    return Bar(label, sum(part.count for part in parts), slices)
