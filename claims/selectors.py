"""Selectors of the W3C Web Annotation model, which identify a passage of a text."""

from dataclasses import dataclass
from typing import Final

from claimsapi.core.i18n.messages import Message

CONTEXT: Final = 32  # characters before and after the passage


@dataclass(frozen=True, slots=True)
class TextQuote:
    """Text quote selector: the exact words, and the text before and after them."""

    exact: str
    prefix: str
    suffix: str


def select(text: str, start: int, end: int) -> TextQuote:
    """Turn a text position selector into a text quote selector.

    Positions are half-open and count Unicode code points. Raises ``ValueError`` outside the text.
    """
    if not 0 <= start < end <= len(text):
        message = Message(
            "The text has {length} characters: there is no passage from {start} to {end}.",
            length=len(text),
            start=start,
            end=end,
        )
        raise ValueError(message)
    return TextQuote(
        exact=text[start:end],
        prefix=text[max(0, start - CONTEXT) : start],
        suffix=text[end : end + CONTEXT],
    )
