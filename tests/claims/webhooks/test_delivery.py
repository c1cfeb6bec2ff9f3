"""A message is delivered at least once, with retries, pauses and a lease for each attempt."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from claims.choices import DeliveryFault, DeliveryState
from claims.models import WebhookDelivery, WebhookEndpoint
from claims.webhooks import delivery as delivery_module
from claims.webhooks import retry_policy
from claims.webhooks.delivery import deliver
from claims.webhooks.http_client import Fault, post
from claims.webhooks.outbox import resend_delivery
from tests.claims.webhooks.deliveries import attempt_all, create_endpoint, make_due
from tests.factories import published_version
from tests.webhook_receiver import Receiver, serve_receiver

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("allow_loopback")]


def test_a_failed_message_is_sent_again_later_under_the_same_id() -> None:
    with serve_receiver(500, 503, 200) as receiver:
        endpoint, secret = create_endpoint(receiver.url)
        published_version()
        before = timezone.now()
        attempt_all()
        delivery = WebhookDelivery.objects.get()
        assert (delivery.state, delivery.status, delivery.answer) == ("waiting", 500, "Read")
        assert delivery.fault == DeliveryFault.STATUS
        due_at = delivery.due_at
        assert due_at is not None
        assert due_at > before + timedelta(seconds=20)
        endpoint.refresh_from_db()
        assert endpoint.failing_since is not None
        task = DBTaskResult.objects.get(pk=str(delivery.task_id))
        assert task.status == TaskResultStatus.READY
        assert task.run_after >= due_at
        deliver.call(delivery.pk)  # too early: no request
        attempt_all()
        attempt_all()
        attempt_all()  # already delivered: no request
        assert len(receiver.verified_messages(secret)) == 3
        assert set(receiver.message_ids()) == {delivery.message_id}
    delivery.refresh_from_db()
    endpoint.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.fault) == ("delivered", 3, "")
    assert (endpoint.failing_since, endpoint.paused_until) == (None, None)
    assert endpoint.delivered_at is not None


def test_after_the_last_attempt_a_message_is_given_up() -> None:
    with serve_receiver(500) as receiver:
        endpoint, _secret = create_endpoint(receiver.url)
        published_version()
        for _attempt in range(retry_policy.MAX_ATTEMPTS + 3):
            attempt_all()
    assert len(receiver.requests) == retry_policy.MAX_ATTEMPTS
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.due_at) == (DeliveryState.GIVEN_UP, None)
    endpoint.refresh_from_db()
    assert endpoint.is_active
    assert endpoint.failing_since is not None


def test_an_endpoint_that_fails_for_days_is_switched_off() -> None:
    with serve_receiver(500) as receiver:
        endpoint, _secret = create_endpoint(receiver.url)
        published_version()
        long_ago = timezone.now() - retry_policy.SWITCH_OFF_AFTER - timedelta(hours=1)
        WebhookEndpoint.objects.update(failing_since=long_ago)
        WebhookDelivery.objects.update(attempts=retry_policy.MAX_ATTEMPTS - 1)
        published_version()
        attempt_all()
        endpoint.refresh_from_db()
        assert not endpoint.is_active
        assert endpoint.switched_off_at is not None
        published_version()
        attempt_all()
    assert len(receiver.requests) == 1
    states = WebhookDelivery.objects.order_by("pk").values_list("state", "fault")
    assert list(states) == [("given_up", "status"), ("given_up", "off")]


def test_a_gone_endpoint_is_switched_off_at_once() -> None:
    with serve_receiver(410) as receiver:
        endpoint, _secret = create_endpoint(receiver.url)
        published_version()
        attempt_all()
    endpoint.refresh_from_db()
    assert not endpoint.is_active
    assert WebhookDelivery.objects.get().state == DeliveryState.GIVEN_UP


def test_after_a_failure_other_messages_of_the_endpoint_wait_without_an_attempt() -> None:
    with serve_receiver(500) as receiver:
        create_endpoint(receiver.url)
        published_version()
        published_version()
        # Not attempt_all(): it would end the pause.
        make_due()
        first, second = WebhookDelivery.objects.order_by("pk")
        deliver.call(first.pk)
        deliver.call(second.pk)
    assert len(receiver.requests) == 1
    second.refresh_from_db()
    assert (second.state, second.attempts, second.leased_until) == ("waiting", 0, None)
    assert WebhookEndpoint.objects.filter(paused_until__lte=second.due_at).exists()


def test_a_message_that_waits_for_days_behind_others_is_given_up() -> None:
    create_endpoint("http://127.0.0.1:1/")
    published_version()
    soon = timezone.now() + timedelta(minutes=1)
    long_ago = timezone.now() - retry_policy.MAX_AGE - timedelta(hours=1)
    make_due()
    WebhookDelivery.objects.update(queued_at=long_ago)
    WebhookEndpoint.objects.update(paused_until=soon)
    deliver.call(WebhookDelivery.objects.get().pk)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.fault) == (DeliveryState.GIVEN_UP, DeliveryFault.WAITED)
    assert delivery.attempts == 0


def test_a_private_address_is_refused_without_the_setting(settings: Any) -> None:
    with serve_receiver() as receiver:
        create_endpoint(receiver.url)
        settings.WEBHOOKS_ALLOW_PRIVATE = False
        published_version()
        attempt_all()
    assert receiver.requests == []
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.fault) == ("waiting", DeliveryFault.ADDRESS)


def test_tasks_queued_in_bulk_equal_those_of_the_library(receiver: Receiver) -> None:
    create_endpoint(receiver.url)
    published_version()
    delivery = WebhookDelivery.objects.get()
    now = timezone.now()
    delivery_module.schedule(delivery, now)
    delivery.refresh_from_db()
    single: Any = DBTaskResult.objects.filter(pk=str(delivery.task_id)).values().get()
    delivery_module.schedule_all([delivery], now)
    delivery.refresh_from_db()
    bulk: Any = DBTaskResult.objects.filter(pk=str(delivery.task_id)).values().get()
    assert bulk.pop("id") != single.pop("id")
    assert bulk.pop("enqueued_at") >= single.pop("enqueued_at")
    assert bulk == single


def test_a_message_that_kills_every_worker_is_given_up(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill_worker(*_: Any, **__: Any) -> None:
        raise MemoryError

    create_endpoint(receiver.url)
    published_version()
    monkeypatch.setattr(delivery_module, "post", kill_worker)
    for _attempt in range(retry_policy.MAX_ATTEMPTS):
        with pytest.raises(MemoryError):
            attempt_all()
        WebhookDelivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    attempt_all()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.fault) == (DeliveryState.GIVEN_UP, DeliveryFault.WORKER)


@pytest.mark.parametrize("status", [204, 410, 500])
def test_an_attempt_that_lost_its_lease_changes_neither_message_nor_endpoint(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was stopped during its lease must not overwrite its successor's result."""
    long_ago = timezone.now() - retry_policy.SWITCH_OFF_AFTER - timedelta(hours=1)
    before: list[Any] = []

    def lose_lease(*args: Any, **kwargs: Any) -> Any:
        WebhookDelivery.objects.update(attempts=retry_policy.MAX_ATTEMPTS + 1)
        before.extend(WebhookEndpoint.objects.values())
        return post(*args, **kwargs)

    with serve_receiver(status) as receiver:
        create_endpoint(receiver.url)
        published_version()
        # The last attempt, so that a recorded failure would also switch the endpoint off.
        WebhookDelivery.objects.update(attempts=retry_policy.MAX_ATTEMPTS - 1)
        WebhookEndpoint.objects.update(failing_since=long_ago)
        monkeypatch.setattr(delivery_module, "post", lose_lease)
        attempt_all()
    assert len(receiver.requests) == 1
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("waiting", retry_policy.MAX_ATTEMPTS + 1)
    assert list(WebhookEndpoint.objects.values()) == before


def changed_tables(call: Callable[[], Any]) -> list[str]:
    """Return 'delivery' or 'endpoint' for each statement that changes one of their tables."""
    with CaptureQueriesContext(connection) as queries:
        call()
    changes = re.compile(r'(?:UPDATE|DELETE FROM) "claims_webhook(delivery|endpoint)"')
    return [match[1] for query in queries if (match := changes.match(query["sql"]))]


@pytest.mark.parametrize("status", [204, 410, 500])
@pytest.mark.parametrize("attempts", [0, retry_policy.MAX_ATTEMPTS - 1])
def test_every_writer_changes_the_message_before_its_endpoint(status: int, attempts: int) -> None:
    """Otherwise two of them could deadlock."""
    with serve_receiver(status) as receiver:
        endpoint, _secret = create_endpoint(receiver.url)
        published_version()
        make_due()
        WebhookDelivery.objects.update(attempts=attempts)
        delivery = WebhookDelivery.objects.get()
        for call in (
            partial(deliver.call, delivery.pk),
            partial(resend_delivery, delivery=delivery),
            endpoint.delete,  # cascades to the deliveries
        ):
            tables = changed_tables(call)
            assert set(tables) == {"delivery", "endpoint"}
            assert tables == sorted(tables)


def test_the_log_has_a_value_for_each_fault_of_the_client() -> None:
    assert {fault.value for fault in Fault} <= set(DeliveryFault.values)
