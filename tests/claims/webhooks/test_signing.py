"""Messages are signed in the format of Standard Webhooks."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from claims.webhooks.http_client import post
from claims.webhooks.signing import generate_secret, sign_message
from tests.webhook_receiver import Receiver, serve_receiver


def test_the_receivers_library_verifies_a_message_and_no_forged_one() -> None:
    secret, now = generate_secret(), datetime.now(UTC)
    assert secret.startswith("whsec_")
    headers = sign_message([secret], message_id="msg_1", at=now, body='{"a": "ü"}')
    assert Webhook(secret).verify('{"a": "ü"}', headers) == {"a": "ü"}
    for body, key, headers_changed in (
        ('{"a": "u"}', secret, {}),
        ('{"a": "ü"}', generate_secret(), {}),
        ('{"a": "ü"}', secret, {"webhook-id": "msg_2"}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(body, {**headers, **headers_changed})
    old = sign_message([secret], message_id="m", at=now - timedelta(minutes=6), body="{}")
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify("{}", old)


def test_either_of_two_signatures_verifies() -> None:
    keys = [generate_secret(), generate_secret()]
    headers = sign_message(keys, message_id="msg_1", at=datetime.now(UTC), body="{}")
    for key in keys:
        assert Webhook(key).verify("{}", headers) == {}


def test_the_receiver_of_these_tests_refuses_a_forged_message() -> None:
    secret = generate_secret()
    with serve_receiver() as receiver:
        headers = sign_message([secret], message_id="m", at=datetime.now(UTC), body="{}")
        post(receiver.url, b"{}", headers, allow_private=True)
    assert isinstance(receiver, Receiver)
    assert receiver.verified_messages(secret) == [{}]
    with pytest.raises(WebhookVerificationError):
        receiver.verified_messages(generate_secret())
