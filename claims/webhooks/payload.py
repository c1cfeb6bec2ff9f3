"""What a message says: what is public of the review at the moment that it is sent."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from django.urls import reverse
from rest_framework.fields import DateTimeField

from claims.choices import WebhookEvent
from claims.models import ReviewVersion, WebhookDelivery
from claims.public_urls import absolute_url, review_url

_MOMENT: Final = DateTimeField(default_timezone=UTC)  # as the API writes it


def build_payload(delivery: WebhookDelivery) -> str | None:
    """The message as JSON; none if what it is about is not public (any more)."""
    if delivery.event == WebhookEvent.TEST:
        said: dict[str, Any] | None = {"endpoint": delivery.endpoint.name}
    else:
        said = _about(delivery.version_id)
    if said is None:
        return None
    message = {"type": delivery.event, "timestamp": _written(delivery.happened_at), "data": said}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _written(moment: datetime | None) -> Any:
    return None if moment is None else _MOMENT.to_representation(moment)


def _about(version_id: int | None) -> dict[str, Any] | None:
    version = (
        ReviewVersion.objects.public()
        .select_related("review__claim", "review__publisher", "rating")
        .filter(pk=version_id)
        .first()
    )
    if version is None:
        return None
    review, claim = version.review, version.review.claim
    return {
        "id": str(review.public_id),
        "url": absolute_url(reverse("review-detail", args=[review.public_id])),
        "page": review_url(review) if review.slug else None,
        "claim": {
            "id": str(claim.public_id),
            "url": absolute_url(reverse("claim-detail", args=[claim.public_id])),
            "text": claim.text,
        },
        "publisher": review.publisher.name,
        "version": version.number,
        "verdict": version.rating.verdict if version.rating else None,
        "rating": version.rating.label if version.rating else None,
        "headline": version.headline,
        "summary": version.summary,
        "published_at": _written(version.published_at),
        "correction_kind": version.correction_kind or None,
        "correction_note": version.correction_note or None,
        "retraction_note": version.retraction_note or None,
    }
