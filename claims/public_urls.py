"""Where the public finds things: whole addresses, as they are given out."""

from functools import lru_cache
from posixpath import normpath
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.urls import reverse

from sources.canonical import canonicalize_url


def absolute_url(path: str) -> str:
    """The whole address of a path of this desk, whichever name a request called it by."""
    return f"{settings.SITE_URL}{path}"


def review_url(review: Any) -> str:
    """The address of a review's public page."""
    return absolute_url(reverse("review-page", args=[review.slug]))


def parse_review_slug(url: str) -> str | None:
    """Which review's page an address leads to, however it is spelt; empty for the list of them.

    None if it is no page of a review here. Scheme, port, ``www.``, case, escapes and needless
    slashes make no other page.
    """
    own, index = _index(settings.SITE_URL)
    try:
        host = (urlsplit(url).hostname or "").rstrip(".").removeprefix("www.")
        if host.isascii() and host != own:  # which most are: the rest takes longer
            return None
        host, path = _place(url)
    except ValueError:
        return None
    if host != own or not f"{path}/".startswith(f"{index}/"):
        return None
    return path.removeprefix(index).lstrip("/").partition("/")[0]


@lru_cache(maxsize=1)
def _index(begin: str) -> tuple[str, str]:
    return _place(begin + reverse("review-index"))


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(canonicalize_url(url))
    path = unquote(parts.path).replace("\\", "/").casefold()
    return (parts.hostname or "").removeprefix("www."), normpath(f"/{path.lstrip('/')}")
