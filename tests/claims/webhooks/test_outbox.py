"""Publications and retractions queue messages in their transaction; people can send them again."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from claims import workflow
from claims.choices import DeliveryState
from claims.models import WebhookDelivery, WebhookEndpoint
from claims.webhooks import outbox
from claims.webhooks.outbox import resend_deliveries, resend_delivery, send_test_message
from claimsapi.core.errors import Conflict
from tests.claims.webhooks.deliveries import attempt_all, create_endpoint
from tests.factories import (
    EvidenceFactory,
    ReviewVersionFactory,
    UserFactory,
    move,
    published_version,
    submitted_version,
)
from tests.webhook_receiver import Receiver, serve_receiver

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("allow_loopback")]


def test_other_transitions_send_no_message(receiver: Receiver) -> None:
    create_endpoint(receiver.url)
    version = submitted_version()
    move(version, workflow.RETURN, UserFactory(role="editor"), "Which log?")
    claim = version.review.claim
    claim.refresh_from_db()
    workflow.apply_transition(
        record=claim,
        transition=workflow.LIST,
        user=UserFactory(role="editor"),
        revision=claim.revision,
    )
    assert not WebhookDelivery.objects.exists()


def test_every_active_endpoint_receives_a_message(receiver: Receiver) -> None:
    create_endpoint(receiver.url, "One")
    create_endpoint(receiver.url, "Two")
    off, _secret = create_endpoint(receiver.url, "Off")
    WebhookEndpoint.objects.filter(pk=off.pk).update(is_active=False)
    published_version()
    attempt_all()
    names = WebhookDelivery.objects.values_list("endpoint__name", flat=True)
    assert sorted(names) == ["One", "Two"]
    assert len(set(receiver.message_ids())) == 2


def test_a_transition_that_is_rolled_back_queues_no_message(receiver: Receiver) -> None:
    create_endpoint(receiver.url)
    version = submitted_version()
    with transaction.atomic():
        move(version, workflow.PUBLISH, UserFactory(role="editor"))
        assert WebhookDelivery.objects.count() == DBTaskResult.objects.count() == 1
        transaction.set_rollback(True)  # as an error would
    assert not WebhookDelivery.objects.exists()
    assert not DBTaskResult.objects.exists()
    assert receiver.requests == []


def test_a_refused_transition_queues_no_message(receiver: Receiver) -> None:
    create_endpoint(receiver.url)
    version = ReviewVersionFactory()
    EvidenceFactory(version=version)
    with pytest.raises(Conflict):
        move(version, workflow.PUBLISH, UserFactory(role="editor"))
    assert not WebhookDelivery.objects.exists()


def test_a_publication_without_endpoints_costs_one_query() -> None:
    version, editor = submitted_version(), UserFactory(role="editor")
    with CaptureQueriesContext(connection) as queries:
        move(version, workflow.PUBLISH, editor)
    assert sum("webhook" in query["sql"] for query in queries) == 1


def test_a_delivery_is_sent_again_under_its_id(receiver: Receiver) -> None:
    create_endpoint(receiver.url)
    published_version()
    attempt_all()
    resend_delivery(delivery=WebhookDelivery.objects.get())
    attempt_all()
    assert len(receiver.message_ids()) == 2
    assert len(set(receiver.message_ids())) == 1
    assert WebhookDelivery.objects.get().state == DeliveryState.DELIVERED


def test_a_leased_delivery_cannot_be_sent_again(receiver: Receiver) -> None:
    create_endpoint(receiver.url)
    published_version()
    WebhookDelivery.objects.update(leased_until=timezone.now() + timedelta(minutes=1))
    with pytest.raises(Conflict):
        resend_delivery(delivery=WebhookDelivery.objects.get())


def test_many_deliveries_are_sent_again_by_as_many_queries_as_one(receiver: Receiver) -> None:
    create_endpoint(receiver.url)
    versions = [published_version() for _ in range(12)]
    attempt_all()
    counts = []
    for number in (1, len(versions)):
        with CaptureQueriesContext(connection) as queries:
            chosen = WebhookDelivery.objects.filter(version__in=versions[:number])
            resent = resend_deliveries(deliveries=chosen)
        assert resent == number
        counts.append(len(queries))
        attempt_all()
    assert counts[0] == counts[1] < 15
    assert len(receiver.message_ids()) == 12 + 1 + 12
    assert len(set(receiver.message_ids())) == 12


def test_too_many_deliveries_at_once_are_refused(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_endpoint(receiver.url)
    for _ in range(3):
        published_version()
    attempt_all()
    monkeypatch.setattr(outbox, "MAX_RESENT", 2)
    with pytest.raises(Conflict, match="at most 2 messages"):
        resend_deliveries(deliveries=WebhookDelivery.objects.all())
    assert not WebhookDelivery.objects.filter(state=DeliveryState.WAITING).exists()


def test_a_test_message_is_sent_once_even_to_an_inactive_endpoint() -> None:
    with serve_receiver(500, 200) as receiver:
        endpoint, secret = create_endpoint(receiver.url)
        WebhookEndpoint.objects.update(is_active=False)
        send_test_message(endpoint=endpoint)
        attempt_all()
        attempt_all()
        assert WebhookDelivery.objects.get().state == DeliveryState.GIVEN_UP
        endpoint.refresh_from_db()
        assert endpoint.failing_since is None
        send_test_message(endpoint=endpoint)
        attempt_all()
    messages = receiver.verified_messages(secret)
    assert [message["type"] for message in messages] == ["webhook.test"] * 2
    assert messages[0]["data"] == {"endpoint": "Agency"}


def test_the_receiver_in_the_guide_accepts_a_message_and_refuses_a_forged_one(
    receiver: Receiver,
) -> None:
    guide = (settings.BASE_DIR / "docs" / "webhooks.md").read_text()
    program = re.search(r"```python\n(.*?)```", guide, re.DOTALL)
    assert program is not None
    _endpoint, secret = create_endpoint(receiver.url)
    published_version()
    attempt_all()
    names: dict[str, Any] = {}
    exec(program[1].replace("whsec_…", secret), names)  # noqa: S102  the program in our guide
    [(headers, body)] = receiver.requests
    assert names["receive"](headers, body) == 204
    assert names["receive"](headers, body) == 204  # the same message once more
    assert len(names["messages"]) == 1
    assert names["receive"](headers, body + b" ") == 400
