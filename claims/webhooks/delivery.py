"""Delivery of queued messages, at least once, and the record of each attempt's result.

A task of the queue contains only the key of a delivery. The delivery's row holds the state, so a
task that runs twice or too late changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from claims.choices import DeliveryFault, DeliveryState, WebhookEvent
from claims.models import WebhookDelivery, WebhookEndpoint
from claims.webhooks import retry_policy
from claims.webhooks.endpoints import UndecryptableSecret, endpoint_secrets
from claims.webhooks.http_client import Fault, PostResult, post
from claims.webhooks.payload import build_payload
from claims.webhooks.signing import sign_message

# Much longer than an attempt. When it ends, the worker is dead, and another one may try.
LEASE: Final = timedelta(minutes=3)
_RANDOM: Final = SystemRandom()
_NO_RESPONSE: Final = {"status": None, "answer": ""}


@task()
def deliver(delivery_id: int) -> None:
    """Try to deliver a message, if it is due and no other worker has its lease."""
    delivery = _lease(delivery_id, timezone.now())
    if delivery is not None:
        _attempt(delivery)


def schedule(delivery: WebhookDelivery, at: datetime) -> None:
    """Queue a task that delivers the message at that time, in the caller's transaction."""
    result = deliver.using(run_after=at).enqueue(delivery.pk)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(task_id=result.id)


def schedule_all(deliveries: Sequence[WebhookDelivery], at: datetime) -> None:
    """Queue tasks for many messages, with a constant number of queries."""
    # The rows that enqueue() would insert: the library has no bulk form of it.
    tasks: list[DBTaskResult] = [
        DBTaskResult(
            args_kwargs={"args": [delivery.pk], "kwargs": {}},
            priority=deliver.priority,
            task_path=deliver.module_path,
            queue_name=deliver.queue_name,
            backend_name=deliver.backend,
            run_after=at,
        )
        for delivery in deliveries
    ]
    for delivery, result in zip(deliveries, DBTaskResult.objects.bulk_create(tasks), strict=True):
        delivery.task_id = result.pk
    WebhookDelivery.objects.bulk_update(deliveries, ["task_id"])


def _lease(delivery_id: int, now: datetime) -> WebhookDelivery | None:
    """Lease the message for an attempt; None if it is not due or another worker leases it."""
    due = WebhookDelivery.objects.filter(
        Q(leased_until__isnull=True) | Q(leased_until__lt=now),
        pk=delivery_id,
        state=DeliveryState.WAITING,
        due_at__lte=now,
    )
    with transaction.atomic():
        # One conditional UPDATE: of two workers only one changes the row. It counts the attempt
        # before the request, so a message that kills its worker also runs out of attempts.
        if not due.update(
            leased_until=now + LEASE, attempts=F("attempts") + 1, last_attempt_at=now
        ):
            return None
        return WebhookDelivery.objects.select_related("endpoint").get(pk=delivery_id)


def _attempt(delivery: WebhookDelivery) -> None:
    endpoint, now = delivery.endpoint, timezone.now()
    is_test = delivery.event == WebhookEvent.TEST
    if delivery.attempts > retry_policy.MAX_ATTEMPTS:
        # No attempt recorded a result: the message may be the reason why its workers died.
        _give_up(delivery, DeliveryFault.WORKER)
        return
    if not is_test and not endpoint.is_active:
        _give_up(delivery, DeliveryFault.OFF)
        return
    if not is_test and endpoint.paused_until is not None and endpoint.paused_until > now:
        _postpone(delivery, endpoint.paused_until)
        return
    body = build_payload(delivery)
    if body is None:
        _give_up(delivery, DeliveryFault.NOT_PUBLIC)
        return
    try:
        secrets = endpoint_secrets(endpoint, now)
    except UndecryptableSecret:
        _record_failure(delivery, PostResult(None), DeliveryFault.SECRET)
        return
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "claims-desk-webhooks/1",
        **sign_message(secrets, message_id=delivery.message_id, at=now, body=body),
    }
    allow_private = settings.WEBHOOKS_ALLOW_PRIVATE
    # Outside of any transaction: a slow receiver must not hold a lock.
    result = post(endpoint.url, body.encode(), headers, allow_private=allow_private)
    if result.fault is None:
        _record_success(delivery, result)
    else:
        _record_failure(delivery, result, DeliveryFault(result.fault.value))


def _update(delivery: WebhookDelivery, **values: Any) -> bool:
    """Update the row and end the lease; False if the attempt has lost its lease.

    ``attempts`` is a fencing token: each lease increases it. A slow worker whose lease has expired
    therefore cannot overwrite the result of its successor.
    """
    row = WebhookDelivery.objects.filter(
        pk=delivery.pk, state=DeliveryState.WAITING, attempts=delivery.attempts
    )
    return bool(row.update(leased_until=None, **values))


def _finish(delivery: WebhookDelivery, state: DeliveryState, **values: Any) -> bool:
    """Record the final state; False if the attempt has lost its lease."""
    return _update(delivery, state=state, due_at=None, finished_at=timezone.now(), **values)


def _give_up(delivery: WebhookDelivery, fault: DeliveryFault) -> None:
    """Record that the message ends without a request."""
    _finish(delivery, DeliveryState.GIVEN_UP, fault=fault, **_NO_RESPONSE)


def _reschedule(delivery: WebhookDelivery, at: datetime, **values: Any) -> bool:
    """Make the message due at that time; False if the attempt has lost its lease."""
    with transaction.atomic():
        updated = _update(delivery, due_at=at, **values)
        if updated:
            schedule(delivery, at)
    return updated


def _postpone(delivery: WebhookDelivery, until: datetime) -> None:
    """Wait until the end of the endpoint's pause, without using an attempt."""
    uncounted = {"attempts": F("attempts") - 1}
    if delivery.queued_at < timezone.now() - retry_policy.MAX_AGE:
        _finish(delivery, DeliveryState.GIVEN_UP, fault=DeliveryFault.WAITED, **uncounted)
    else:
        # Jitter: not all messages of the endpoint become due at the end of its pause.
        _reschedule(delivery, until + timedelta(seconds=_RANDOM.uniform(0, 30)), **uncounted)


# Lock order: every writer of a delivery and its endpoint updates the delivery first, so two of them
# cannot deadlock. An attempt that has lost its lease changes neither.
def _record_success(delivery: WebhookDelivery, result: PostResult) -> None:
    values = {"fault": "", "status": result.status, "answer": result.excerpt}
    with transaction.atomic():
        if _finish(delivery, DeliveryState.DELIVERED, **values):
            WebhookEndpoint.objects.filter(pk=delivery.endpoint_id).update(
                delivered_at=timezone.now(), failing_since=None, paused_until=None
            )


def _record_failure(delivery: WebhookDelivery, result: PostResult, fault: DeliveryFault) -> None:
    now = timezone.now()
    values = {"fault": fault, "status": result.status, "answer": result.excerpt}
    if delivery.event == WebhookEvent.TEST:
        # The administrator sees the result and can send another test, so there is no retry.
        _finish(delivery, DeliveryState.GIVEN_UP, **values)
        return
    delay = retry_policy.compute_delay(delivery.attempts, _RANDOM)
    is_final = (
        delivery.attempts >= retry_policy.MAX_ATTEMPTS
        or delivery.queued_at < now - retry_policy.MAX_AGE
        or result.fault is Fault.GONE
    )
    with transaction.atomic():
        if is_final:
            updated = _finish(delivery, DeliveryState.GIVEN_UP, **values)
        else:
            updated = _reschedule(delivery, now + delay, **values)
        if not updated:
            return
        endpoint = WebhookEndpoint.objects.filter(pk=delivery.endpoint_id)
        endpoint.filter(failing_since__isnull=True).update(failing_since=now)
        endpoint.update(paused_until=now + min(delay, retry_policy.MAX_PAUSE))
        if is_final:
            _switch_off(endpoint, now, at_once=result.fault is Fault.GONE)


def _switch_off(endpoint: QuerySet[WebhookEndpoint], now: datetime, *, at_once: bool) -> None:
    """Switch the endpoint off: at once, or if it has failed for days."""
    if not at_once:
        endpoint = endpoint.filter(failing_since__lte=now - retry_policy.SWITCH_OFF_AFTER)
    endpoint.filter(is_active=True).update(is_active=False, switched_off_at=now)
