"""Corrections as an Atom feed (RFC 4287)."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html, linebreaks

from claims.choices import Verdict
from claims.models import Correction

LENGTH: Final = 50  # entries
MEDIA_TYPE: Final = "application/atom+xml"

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Feed(Atom1Feed):
    """Atom feed whose content depends only on its items."""

    def latest_post_date(self) -> datetime:
        """Return the time of the newest item; 1970 for an empty feed.

        Django returns the current time for an empty feed. Its ETag would change on every request.
        """
        return super().latest_post_date() if self.items else datetime.fromtimestamp(0, UTC)


def corrections_feed(corrections: Iterable[Correction], build_url: Callable[[str], str]) -> str:
    """Return the feed of these corrections. ``build_url`` makes a URL of a path on this server."""
    feed_url = build_url(reverse("correction-feed"))
    description = "Corrections, clarifications, updates and retractions of published reviews."
    feed = Feed(
        title="Corrections",
        link=build_url(reverse("correction-list")),
        description=description,
        subtitle=description,
        feed_url=feed_url,
        feed_guid=feed_url,
    )
    for correction in corrections:
        review_url = build_url(reverse("review-detail", args=[correction.review.public_id]))
        feed.add_item(link=review_url, **_build_item(correction))
    return feed.writeString("utf-8")


def _build_item(correction: Correction) -> dict[str, Any]:
    review = correction.review
    version = correction.after or correction.before
    headline = (version and version.headline) or review.claim.text
    verdicts = format_html("<p>Verdict: {}</p>", " → ".join(_verdicts(correction)))
    return {
        "unique_id": f"urn:uuid:{correction.public_id}",
        "title": replace_invalid_xml(f"{correction.get_kind_display()}: {headline}"),
        # Notes are plain text: `linebreaks` escapes them.
        "description": replace_invalid_xml(linebreaks(correction.note, autoescape=True) + verdicts),
        "author_name": replace_invalid_xml(review.publisher.name),
        "pubdate": correction.at,
        "updateddate": correction.at,
    }


def _verdicts(correction: Correction) -> Iterator[str]:
    """Yield the verdicts before and after a correction."""
    for version in (correction.before, correction.after):
        if version is not None and version.rating is not None:
            yield str(Verdict(version.rating.verdict).label)
    if correction.after is None:
        yield "retracted"


def replace_invalid_xml(text: str) -> str:
    """Replace the characters that XML 1.0 cannot contain. Stored texts may have them."""
    return _NOT_XML.sub("\ufffd", text)
