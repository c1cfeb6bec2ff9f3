"""How far a long work is, told each second."""

import time
from collections.abc import Callable
from typing import Final

Output = Callable[[str], object]

_EVERY: Final = 1.0  # seconds
_WIDTH: Final = 20  # characters of the bar


def no_output(_line: str) -> None:
    """Tell nobody."""


class Progress:
    """Counts what was done of a whole; ``tell`` gets a line with a bar, count, rate and time left.

    ``whole`` may be a function that estimates it from what was done; 0 is not known.
    """

    def __init__(self, what: str, whole: int | Callable[[int], int], output: Output) -> None:
        self._what, self._whole, self._output = what, whole, output
        self._done = 0
        self._began = self._told = time.monotonic()

    def add(self, count: int) -> None:
        self._done += count
        now = time.monotonic()
        if now - self._told < _EVERY:
            return
        self._told = now
        rate = self._done / (now - self._began)
        whole = self._whole if isinstance(self._whole, int) else self._whole(self._done)
        if not whole:
            self._output(f"{self._what}: {self._done:,}, {rate:,.0f} a second")
            return
        left = max(whole - self._done, 0) / rate if rate else 0
        full = round(min(self._done / whole, 1) * _WIDTH)
        self._output(
            f"{self._what} [{'#' * full:.<{_WIDTH}}] {self._done:,} of {whole:,},"
            f" {rate:,.0f} a second, {left:,.0f} s left"
        )
