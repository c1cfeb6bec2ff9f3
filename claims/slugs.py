"""The addresses of public pages."""

from typing import Final
from uuid import UUID

from django.utils.text import slugify

_LONGEST: Final = 60  # characters of the claim's words


def page_slug(text: str, public_id: UUID) -> str:
    """The last part of a review's address: words of its claim, and eight random digits of its id.

    So it needs no look at other reviews, and tells nothing of those that nobody may know of.
    """
    words = slugify(text)[:_LONGEST].strip("-") or "review"
    return f"{words}-{public_id.hex[-8:]}"
