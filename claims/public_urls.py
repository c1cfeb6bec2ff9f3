"""Absolute URLs of public pages."""

from functools import lru_cache
from posixpath import normpath
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.urls import reverse

from sources.canonical import canonicalize_url


def absolute_url(path: str) -> str:
    """Return the absolute URL of a path, independent of the host name of the request."""
    return f"{settings.SITE_URL}{path}"


def review_url(review: Any) -> str:
    """Return the URL of a review's public page."""
    return absolute_url(reverse("review-page", args=[review.slug]))


def parse_review_slug(url: str) -> str | None:
    """Return the slug of the review that a URL leads to; empty for the list of reviews.

    ``None`` if the URL is not a review page of this desk. Scheme, port, ``www.``, case, escapes
    and redundant slashes do not matter.
    """
    own, index = _split_index_url(settings.SITE_URL)
    try:
        host = (urlsplit(url).hostname or "").rstrip(".").removeprefix("www.")
        # Most URLs of an import have another host: reject them before the slow canonical form.
        if host.isascii() and host != own:
            return None
        host, path = _split_url(url)
    except ValueError:
        return None
    if host != own or not f"{path}/".startswith(f"{index}/"):
        return None
    return path.removeprefix(index).lstrip("/").partition("/")[0]


@lru_cache(maxsize=1)
def _split_index_url(site_url: str) -> tuple[str, str]:
    return _split_url(site_url + reverse("review-index"))


def _split_url(url: str) -> tuple[str, str]:
    """Return the canonical host and path of a URL."""
    parts = urlsplit(canonicalize_url(url))
    path = unquote(parts.path).replace("\\", "/").casefold()
    return (parts.hostname or "").removeprefix("www."), normpath(f"/{path.lstrip('/')}")
