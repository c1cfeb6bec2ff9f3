"""Splits a text into the words that the search text stores. Pure."""

import re
from typing import Final

_WORD: Final = re.compile(r"\w+")


def split_words(text: str) -> list[str]:
    """Return the words of a text in lower case: runs of letters, digits and underscores."""
    return _WORD.findall(text.lower())
