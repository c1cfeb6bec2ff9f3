"""Where the public finds things: whole addresses, as they are given out."""

from typing import Any

from django.conf import settings
from django.urls import reverse


def absolute(path: str) -> str:
    """The whole address of a path of this desk, whichever name a request called it by."""
    return f"{settings.SITE_URL}{path}"


def page_of(review: Any) -> str:
    """The address of a review's public page."""
    return absolute(reverse("review-page", args=[review.slug]))
