"""Corrections as an Atom feed (RFC 4287)."""

import re
from collections.abc import Callable, Iterable
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
    def latest_post_date(self) -> datetime:
        """When it last changed: an empty feed never did, and reads the same at any time."""
        return super().latest_post_date() if self.items else datetime.fromtimestamp(0, UTC)


def corrections_feed(corrections: Iterable[Correction], absolute: Callable[[str], str]) -> str:
    """Write the feed. ``absolute`` makes an address of a path on this server."""
    address = absolute(reverse("correction-feed"))
    feed = Feed(
        title="Corrections",
        link=absolute(reverse("correction-list")),
        description="Corrections, clarifications, updates and retractions of published reviews.",
        subtitle="Corrections, clarifications, updates and retractions of published reviews.",
        feed_url=address,
        feed_guid=address,
    )
    for correction in corrections:
        review = absolute(reverse("review-detail", args=[correction.review.public_id]))
        feed.add_item(link=review, **_entry(correction))
    return feed.writeString("utf-8")


def _entry(correction: Correction) -> dict[str, Any]:
    review = correction.review
    shown = correction.after or correction.before
    headline = (shown and shown.headline) or review.claim.text
    finding = format_html("<p>Verdict: {}</p>", " → ".join(_verdicts(correction)))
    return {
        "unique_id": f"urn:uuid:{correction.public_id}",
        "title": xml(f"{correction.get_kind_display()}: {headline}"),
        "description": xml(linebreaks(correction.note, autoescape=True) + finding),
        "author_name": xml(review.publisher.name),
        "pubdate": correction.at,
        "updateddate": correction.at,
    }


def _verdicts(correction: Correction) -> Iterable[str]:
    for version in (correction.before, correction.after):
        if version is not None and version.rating is not None:
            yield str(Verdict(version.rating.verdict).label)
    if correction.after is None:
        yield "withdrawn"


def xml(text: str) -> str:
    """Put U+FFFD in the place of what a record may hold and XML 1.0 cannot."""
    return _NOT_XML.sub("\ufffd", text)
