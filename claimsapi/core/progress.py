"""Progress reports of long work, at most one line each second."""

import time
from collections.abc import Callable
from typing import Final

# Takes one line for a person, such as ``self.stderr.write`` of a command.
Output = Callable[[str], object]

_INTERVAL: Final = 1.0  # seconds
_BAR_WIDTH: Final = 20  # characters


def no_output(_line: str) -> None:
    """Discard a line."""


class Progress:
    """Counts finished items and writes lines with a bar, the count, the rate and the time left.

    ``total`` is the number of all items, 0 if it is unknown, or a function that estimates it from
    the finished number.
    """

    def __init__(self, label: str, total: int | Callable[[int], int], output: Output) -> None:
        self._label, self._total, self._output = label, total, output
        self._done = 0
        self._start = self._last_line = time.monotonic()

    def add(self, count: int) -> None:
        self._done += count
        now = time.monotonic()
        if now - self._last_line < _INTERVAL:
            return
        self._last_line = now
        rate = self._done / (now - self._start)
        total = self._total if isinstance(self._total, int) else self._total(self._done)
        if not total:
            self._output(f"{self._label}: {self._done:,}, {rate:,.0f} a second")
            return
        # An estimate may be lower than the count; the bar then stays full.
        seconds_left = max(total - self._done, 0) / rate if rate else 0
        filled = round(min(self._done / total, 1) * _BAR_WIDTH)
        self._output(
            f"{self._label} [{'#' * filled:.<{_BAR_WIDTH}}] {self._done:,} of {total:,},"
            f" {rate:,.0f} a second, {seconds_left:,.0f} s left"
        )
