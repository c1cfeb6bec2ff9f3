"""Slugs of public URLs."""

from typing import Final
from uuid import UUID

from django.utils.text import slugify

_MAX_WORDS_LENGTH: Final = 60  # characters, without the suffix


def make_slug(words: str, public_id: UUID, default: str) -> str:
    """Return a slug of the words, or of ``default`` if they have no letters, plus eight digits.

    The digits are random ones of the public id. They make the slug unique without a query, and a
    slug says nothing about hidden records with the same words.
    """
    # The last digits of a UUIDv7 are random; the first ones are its timestamp.
    return f"{slugify(words)[:_MAX_WORDS_LENGTH].strip('-') or default}-{public_id.hex[-8:]}"
