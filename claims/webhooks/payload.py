"""The payload of a webhook message: the public content of its review at the time of sending."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from django.urls import reverse
from rest_framework.fields import DateTimeField

from claims.choices import WebhookEvent
from claims.models import ReviewVersion, WebhookDelivery
from claims.public_urls import absolute_url, review_url

_TIMESTAMP: Final = DateTimeField(default_timezone=UTC)  # the format of the API


def build_payload(delivery: WebhookDelivery) -> str | None:
    """Return the message as JSON, or None if its version is not public or no longer public."""
    if delivery.event == WebhookEvent.TEST:
        data: dict[str, Any] | None = {"endpoint": delivery.endpoint.name}
    else:
        data = _version_data(delivery.version_id)
    if data is None:
        return None
    message = {
        "type": delivery.event,
        "timestamp": _format_timestamp(delivery.happened_at),
        "data": data,
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _format_timestamp(timestamp: datetime | None) -> Any:
    return None if timestamp is None else _TIMESTAMP.to_representation(timestamp)


def _version_data(version_id: int | None) -> dict[str, Any] | None:
    # public() again, although only public versions are queued: a later erasure or an error in the
    # outbox must not reveal a draft.
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
        "published_at": _format_timestamp(version.published_at),
        "correction_kind": version.correction_kind or None,
        "correction_note": version.correction_note or None,
        "retraction_note": version.retraction_note or None,
    }
