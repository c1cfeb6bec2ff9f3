"""A message has the public content of its review at the time of sending."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from claims import workflow
from claims.choices import DeliveryFault, DeliveryState, WebhookEvent
from claims.models import ReviewVersion, WebhookDelivery
from claims.webhooks.payload import build_payload
from tests.claims.webhooks.deliveries import attempt_all, create_endpoint
from tests.factories import (
    UserFactory,
    corrected_version,
    move,
    published_version,
    submitted_version,
)
from tests.webhook_receiver import Receiver

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("allow_loopback")]


def test_a_message_has_the_public_content_of_a_published_review(receiver: Receiver) -> None:
    _endpoint, secret = create_endpoint(receiver.url)
    version = published_version()
    attempt_all()
    [message] = receiver.verified_messages(secret)
    review = version.review
    assert message["type"] == "review.published"
    assert message["timestamp"].endswith("Z")
    assert message["data"] == {
        "id": str(review.public_id),
        "url": f"http://localhost:8000/api/v1/reviews/{review.public_id}/",
        "page": f"http://localhost:8000/reviews/{ReviewVersion.objects.get().review.slug}/",
        "claim": {
            "id": str(review.claim.public_id),
            "url": f"http://localhost:8000/api/v1/claims/{review.claim.public_id}/",
            "text": review.claim.text,
        },
        "publisher": review.publisher.name,
        "version": 1,
        "verdict": "false",
        "rating": version.rating.label,
        "headline": "Most ferries were on time",
        "summary": "The harbour's log shows it.",
        "published_at": message["timestamp"],
        "correction_kind": None,
        "correction_note": None,
        "retraction_note": None,
    }
    [(headers, _body)] = receiver.requests
    assert headers["Content-Type"] == "application/json"
    delivery = WebhookDelivery.objects.get()
    assert headers["webhook-id"] == delivery.message_id
    assert (delivery.state, delivery.attempts, delivery.status) == ("delivered", 1, 204)


@pytest.mark.parametrize("microsecond", [0, 417_000])
def test_a_message_formats_timestamps_as_the_api_does(
    receiver: Receiver, client: Client, microsecond: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _endpoint, secret = create_endpoint(receiver.url)
    version = submitted_version()
    at = timezone.now().replace(microsecond=microsecond) + timedelta(seconds=1)
    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", lambda: at)
        move(version, workflow.PUBLISH, UserFactory(role="editor"))
    attempt_all()
    [message] = receiver.verified_messages(secret)
    review = client.get(f"/api/v1/reviews/{version.review.public_id}/").json()
    assert message["data"]["published_at"] == review["current_version"]["published_at"]
    assert message["timestamp"] == message["data"]["published_at"]


def test_messages_of_corrections_and_withdrawals_have_the_public_notes(receiver: Receiver) -> None:
    first = published_version()
    _endpoint, secret = create_endpoint(receiver.url)
    second = corrected_version(first)
    move(second, workflow.RETRACT, second.editor, "It was about another ferry.")
    attempt_all()
    corrected, withdrawn = receiver.verified_messages(secret)
    assert corrected["type"] == "review.corrected"
    assert corrected["data"]["version"] == 2
    assert corrected["data"]["correction_kind"] == "correction"
    assert corrected["data"]["correction_note"] == "We had the wrong ferry."
    assert withdrawn["type"] == "review.retracted"
    assert withdrawn["data"]["retraction_note"] == "It was about another ferry."
    assert withdrawn["timestamp"] > corrected["timestamp"]


def test_a_message_is_composed_when_it_is_sent(receiver: Receiver) -> None:
    """The outbox holds no text, so a message has corrections made after it was queued."""
    _endpoint, secret = create_endpoint(receiver.url)
    publisher = published_version().review.publisher
    publisher.name = "The Harbour Mirror"
    publisher.save()
    attempt_all()
    assert receiver.verified_messages(secret)[0]["data"]["publisher"] == "The Harbour Mirror"


def test_a_draft_is_never_sent_even_if_the_outbox_contains_it(receiver: Receiver) -> None:
    endpoint, _secret = create_endpoint(receiver.url)
    now = timezone.now()
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint,
        event=WebhookEvent.PUBLISHED,
        version=submitted_version(),
        happened_at=now,
        queued_at=now,
        due_at=now,
    )
    assert build_payload(delivery) is None
    attempt_all()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.fault) == (DeliveryState.GIVEN_UP, DeliveryFault.NOT_PUBLIC)
    assert receiver.requests == []
