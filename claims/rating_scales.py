"""Rules for the numbers of a rating scale."""

from collections.abc import Iterable
from typing import Final

MIN_NUMBER: Final = 1  # schema.org's default of worstRating


def find_markup_range(values: Iterable[int | None]) -> tuple[int, int] | None:
    """Return the worst and the best number of a scale, from the numbers of its ratings.

    Return None if ClaimReview markup cannot express the scale: it needs two different numbers, the
    lowest at least ``MIN_NUMBER``. Search engines ignore other scales.
    """
    numbers = [value for value in values if value is not None]
    if not numbers or not MIN_NUMBER <= min(numbers) < max(numbers):
        return None
    return min(numbers), max(numbers)
