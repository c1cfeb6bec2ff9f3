"""Administrators configure webhook endpoints and read the log of deliveries."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from standardwebhooks import Webhook

from claims.choices import DeliveryState
from claims.models import WebhookDelivery, WebhookEndpoint
from claims.webhooks.delivery import deliver
from claims.webhooks.endpoints import endpoint_secrets
from tests import factories as make
from tests.claims.admin.pages import change_url, client_for, fields_of, text_of, url
from tests.conftest import ROLES
from tests.webhook_receiver import serve_receiver

pytestmark = pytest.mark.django_db
ADD = "/desk/claims/webhookendpoint/add/"


@pytest.fixture
def client(db: None) -> Client:
    return client_for(make.UserFactory(role="administrator"))


def shown_secret(page: Any) -> str:
    secrets = re.findall(r"whsec_[\w+/=]+", text_of(page))
    assert len(secrets) == 1
    return str(secrets[0])


def added(client: Client, address: str = "https://agency.example/hook") -> tuple[Any, str]:
    """Add an endpoint with the form. Return the endpoint and its secret."""
    page = client.post(ADD, {"name": "Agency", "url": address, "is_active": "on"})
    assert page.status_code == 200
    return WebhookEndpoint.objects.get(), shown_secret(page)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "administrator"])
def test_only_administrators_see_webhooks(role: str) -> None:
    delivery = make.WebhookDeliveryFactory()
    client = client_for(make.UserFactory(role=role))
    assert "webhook" not in text_of(client.get("/desk/claims/"))
    for row in (delivery, delivery.endpoint):
        assert client.get(url(row, "changelist")).status_code == 403
        assert client.get(change_url(row)).status_code == 403
    assert client.get(ADD).status_code == 403
    for address in (
        url(delivery, "resend", delivery.pk),
        url(delivery.endpoint, "test", delivery.endpoint_id),
        url(delivery.endpoint, "secret", delivery.endpoint_id),
    ):
        assert client.post(address).status_code == 403


def test_the_secret_of_an_endpoint_is_shown_once(client: Client) -> None:
    endpoint, secret = added(client)
    assert endpoint_secrets(endpoint, timezone.now()) == [secret]
    pages = [
        client.get(address)
        for address in (
            change_url(endpoint),
            url(endpoint, "changelist"),
            url(endpoint, "history", endpoint.pk),
        )
    ]
    for page in pages:
        assert page.status_code == 200
        assert "whsec_" not in text_of(page)
        assert endpoint.secret not in text_of(page)
    assert "messages" not in client.cookies
    assert "no-store" in pages[0]["Cache-Control"]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://agency.example/", "https://"),
        ("https://agency.example/#a", "never sent"),
        ("https://a:b@agency.example/", "contains a login"),
        ("https://agency.example/\u00e4", "Percent-encode"),
        ("https://127.1/", "private network"),
        ("https://[::1]:8443/", "private network"),
        ("agency", "https://"),
    ],
)
def test_an_invalid_url_is_an_error_of_the_form(client: Client, address: str, told: str) -> None:
    page = client.post(ADD, {"name": "Agency", "url": address, "is_active": "on"})
    assert page.status_code == 200
    assert told in text_of(page)
    assert not WebhookEndpoint.objects.exists()


def test_a_new_secret_needs_a_confirmation_and_is_created_once(client: Client) -> None:
    endpoint, old = added(client)
    address = url(endpoint, "secret", endpoint.pk)
    response = client.post(address)
    assert "whsec_" not in text_of(response)
    fingerprint = re.search(r'name="fingerprint" value="(\w+)"', text_of(response))
    assert fingerprint is not None
    answer = {"confirmation": "1", "fingerprint": fingerprint[1]}
    new = shown_secret(client.post(address, answer))
    endpoint.refresh_from_db()
    assert endpoint_secrets(endpoint, timezone.now()) == [new, old]
    again = client.post(address, answer, follow=True)
    assert "Someone created a new secret since you opened the page." in text_of(again)
    endpoint.refresh_from_db()
    assert endpoint_secrets(endpoint, timezone.now()) == [new, old]


def test_a_form_that_is_saved_later_keeps_the_new_secret(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _secret = added(client)
    sent = fields_of(client.get(change_url(endpoint)), endpoint) | {"name": "Agency of old"}
    read = WebhookEndpoint.full_clean

    def slow(self: Any, *arguments: Any, **named: Any) -> None:
        read(self, *arguments, **named)
        WebhookEndpoint.objects.update(secret="another")

    monkeypatch.setattr(WebhookEndpoint, "full_clean", slow)
    assert client.post(change_url(endpoint), sent).status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.secret) == ("Agency of old", "another")


def test_the_test_button_sends_a_message_and_the_log_shows_the_answer(
    client: Client, settings: Any
) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    with serve_receiver(200) as receiver:
        endpoint, secret = added(client, receiver.url)
        assert "Send a test" in text_of(client.get(change_url(endpoint)))
        answer = client.post(url(endpoint, "test", endpoint.pk))
        delivery = WebhookDelivery.objects.get()
        assert answer["Location"] == change_url(delivery)
        deliver.call(delivery.pk)
    [message] = receiver.verified_messages(secret)
    assert message["type"] == "webhook.test"
    page = text_of(client.get(change_url(delivery)))
    for text in ("Delivered", "200", "Read", delivery.message_id, "Send again"):
        assert text in page
    list_page = text_of(client.get(url(delivery, "changelist")))
    assert "Delivered" in list_page
    assert "Working" in text_of(client.get(url(endpoint, "changelist")))


def test_a_delivery_is_sent_again_from_its_page_and_several_from_the_list(
    client: Client, settings: Any
) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    with serve_receiver() as receiver:
        endpoint, secret = added(client, receiver.url)
        make.published_version()
        delivery = WebhookDelivery.objects.get()
        deliver.call(delivery.pk)
        client.post(url(delivery, "resend", delivery.pk))
        deliver.call(delivery.pk)
        sent = {"action": "send_again", "_selected_action": [delivery.pk]}
        page = client.post(url(delivery, "changelist"), sent, follow=True)
        assert "1 message is queued again." in text_of(page)
        deliver.call(delivery.pk)
    assert len(receiver.message_ids()) == 3
    assert len(set(receiver.message_ids())) == 1
    for headers, body in receiver.requests:
        assert Webhook(secret).verify(body, headers)["type"] == "review.published"
    assert endpoint.deliveries.get().state == DeliveryState.DELIVERED


def test_a_leased_delivery_cannot_be_sent_again(client: Client) -> None:
    delivery = make.WebhookDeliveryFactory(leased_until=timezone.now() + timedelta(minutes=1))
    page = client.post(url(delivery, "resend", delivery.pk), follow=True)
    assert "A worker is sending this message." in text_of(page)


def test_several_deliveries_are_all_sent_again_or_none(client: Client) -> None:
    busy = make.WebhookDeliveryFactory(leased_until=timezone.now() + timedelta(minutes=1))
    ended = make.WebhookDeliveryFactory(
        endpoint=busy.endpoint, state="given_up", due_at=None, finished_at=timezone.now()
    )
    sent = {"action": "send_again", "_selected_action": [busy.pk, ended.pk]}
    page = client.post(url(busy, "changelist"), sent, follow=True)
    assert "A worker is sending one of these messages" in text_of(page)
    ended.refresh_from_db()
    assert ended.state == DeliveryState.GIVEN_UP


def test_the_log_is_read_only(client: Client) -> None:
    delivery = make.WebhookDeliveryFactory()
    assert client.post(change_url(delivery), {"state": "delivered"}).status_code == 403
    assert client.post(url(delivery, "delete", delivery.pk), {"post": "yes"}).status_code == 403


def test_the_status_of_an_endpoint_names_failures_and_switch_off(client: Client) -> None:
    endpoint = make.WebhookEndpointFactory(failing_since=timezone.now())
    list_url = url(endpoint, "changelist")
    assert "Failing since" in text_of(client.get(list_url))
    now = timezone.now()
    WebhookEndpoint.objects.update(is_active=False, switched_off_at=now)
    assert "Switched off on" in text_of(client.get(list_url))
    sent = fields_of(client.get(change_url(endpoint)), endpoint) | {"is_active": "on"}
    assert client.post(change_url(endpoint), sent).status_code == 302
    endpoint.refresh_from_db()
    assert endpoint.is_active
    assert endpoint.switched_off_at is None
    assert "Nothing delivered yet" in text_of(client.get(list_url))


def test_a_missing_worker_is_reported(client: Client) -> None:
    delivery = make.WebhookDeliveryFactory()
    endpoint = delivery.endpoint
    pages = (
        url(delivery, "changelist"),
        change_url(delivery),
        url(endpoint, "changelist"),
        change_url(endpoint),
    )
    for page in pages:
        assert "run_worker" not in text_of(client.get(page))
    WebhookDelivery.objects.update(due_at=timezone.now() - timedelta(minutes=5))
    for page in pages:
        assert text_of(client.get(page)).count("run_worker") == 1
    tested = client.post(url(endpoint, "test", endpoint.pk), follow=True)
    assert text_of(tested).count("run_worker") == 1


def test_the_log_does_not_load_the_texts_of_reviews(client: Client) -> None:
    delivery = make.WebhookDeliveryFactory(
        event="review.published", version=make.published_version()
    )
    for page in (url(delivery, "changelist"), change_url(delivery)):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page).status_code == 200
        log = [query["sql"] for query in queries if '"queued_at"' in query["sql"]]
        assert log
        for column in ("body", "markup", "summary"):
            assert not [sql for sql in log if f'"claims_reviewversion"."{column}"' in sql]


def test_an_endpoint_is_deleted_with_its_log(client: Client) -> None:
    delivery = make.WebhookDeliveryFactory()
    endpoint = delivery.endpoint
    page = client.get(url(endpoint, "delete", endpoint.pk))
    assert "permission" not in text_of(page)
    assert client.post(url(endpoint, "delete", endpoint.pk), {"post": "yes"}).status_code == 302
    assert not WebhookDelivery.objects.exists()


def test_a_get_request_of_a_button_redirects_back(client: Client) -> None:
    delivery = make.WebhookDeliveryFactory()
    for row, name in ((delivery, "resend"), (delivery.endpoint, "test")):
        assert client.get(url(row, name, row.pk))["Location"] == change_url(row)
        assert client.post(url(row, name, 999_999)).status_code == 404
    assert WebhookDelivery.objects.count() == 1
