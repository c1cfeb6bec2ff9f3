"""The selectors of the W3C Web Annotation model, which name a passage of a text."""

from dataclasses import dataclass
from typing import Final

from claimsapi.core.i18n.messages import Message

CONTEXT: Final = 32  # characters


@dataclass(frozen=True, slots=True)
class TextQuote:
    """A text quote selector: the words, and a little of what stands around them."""

    exact: str
    prefix: str
    suffix: str


def select(text: str, start: int, end: int) -> TextQuote:
    """Turn a text position selector into a text quote selector.

    Positions count Unicode code points, half-open. ``ValueError`` says if there is no such place.
    """
    if not 0 <= start < end <= len(text):
        fault = Message(
            "The text has {length} characters: there is no passage from {start} to {end}.",
            length=len(text),
            start=start,
            end=end,
        )
        raise ValueError(fault)
    return TextQuote(
        exact=text[start:end],
        prefix=text[max(0, start - CONTEXT) : start],
        suffix=text[end : end + CONTEXT],
    )
