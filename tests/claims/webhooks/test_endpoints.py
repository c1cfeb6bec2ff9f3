"""Secrets of endpoints are encrypted and can be rotated; their URLs must be public."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from claims.choices import DeliveryFault
from claims.models import WebhookDelivery
from claims.webhooks.cleanup import delete_old_rows
from claims.webhooks.endpoints import endpoint_secrets, rotate_endpoint_secret
from claims.webhooks.outbox import resend_delivery, send_test_message
from claimsapi.core.models import Entry
from tests.claims.webhooks.deliveries import attempt_all, create_endpoint
from tests.factories import published_version
from tests.webhook_receiver import Receiver

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("allow_loopback")]


def test_after_a_rotation_both_secrets_verify_for_a_day(receiver: Receiver) -> None:
    endpoint, old = create_endpoint(receiver.url)
    new = rotate_endpoint_secret(endpoint=endpoint)
    assert new != old
    send_test_message(endpoint=endpoint)
    attempt_all()
    assert receiver.verified_messages(old) == receiver.verified_messages(new)
    now = timezone.now()
    assert endpoint_secrets(endpoint, now) == [new, old]
    assert endpoint_secrets(endpoint, now + timedelta(hours=25)) == [new]
    newer = rotate_endpoint_secret(endpoint=endpoint)
    assert endpoint_secrets(endpoint, now) == [newer, new]
    delete_old_rows(now + timedelta(hours=25))
    endpoint.refresh_from_db()
    assert endpoint.previous_secret == ""
    assert endpoint_secrets(endpoint, now) == [newer]


def test_no_table_contains_a_secret_in_clear() -> None:
    endpoint, secret = create_endpoint("https://news.example/")
    rotate_endpoint_secret(endpoint=endpoint)
    published_version()
    endpoint.refresh_from_db()
    stored = f"{endpoint.secret} {endpoint.previous_secret}"
    assert secret not in stored
    assert secret.removeprefix("whsec_") not in stored
    assert "whsec_" not in stored
    # The ledger is public to auditors, and never forgets.
    assert not Entry.objects.filter(kind__contains="webhook").exists()
    assert not Entry.objects.filter(state__contains=endpoint.secret).exists()


def test_a_secret_survives_a_change_of_secret_key_only_with_a_fallback(
    receiver: Receiver, settings: Any
) -> None:
    endpoint, secret = create_endpoint(receiver.url)
    former = settings.SECRET_KEY
    settings.SECRET_KEY = "another"
    send_test_message(endpoint=endpoint)
    attempt_all()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.fault) == ("given_up", DeliveryFault.SECRET)
    settings.SECRET_KEY_FALLBACKS = [former]
    resend_delivery(delivery=delivery)
    attempt_all()
    assert len(receiver.verified_messages(secret)) == 1


def test_an_endpoint_without_tls_is_refused_without_the_setting(settings: Any) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    with pytest.raises(ValidationError, match="https"):
        create_endpoint("http://news.example/")
    create_endpoint("https://news.example/")
