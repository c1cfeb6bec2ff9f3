"""The last parts of addresses."""

from typing import Final
from uuid import UUID

from django.utils.text import slugify

_LONGEST: Final = 60  # characters of the words


def make_slug(words: str, public_id: UUID, otherwise: str) -> str:
    """A slug of words, or ``otherwise`` if none is left of them, and eight random digits of an id.

    So it needs no look at other records, and tells nothing of those that nobody may know of.
    """
    return f"{slugify(words)[:_LONGEST].strip('-') or otherwise}-{public_id.hex[-8:]}"
