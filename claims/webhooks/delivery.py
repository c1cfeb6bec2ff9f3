"""Sending what waits in the outbox, at least once, and writing down how it went.

A task of the queue names a delivery. What is true of it stands in its row: a task that comes twice,
or too late, finds nothing to do.
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
from claims.webhooks.endpoints import endpoint_secrets
from claims.webhooks.http_client import Answer, Fault, post
from claims.webhooks.payload import build_payload
from claims.webhooks.sealing import Unreadable
from claims.webhooks.signing import signed_headers

# Far more than an attempt takes; after that its worker is dead, and another may try.
LEASE: Final = timedelta(minutes=3)
_CHANCE: Final = SystemRandom()
_NOT_SENT: Final = {"status": None, "answer": ""}


@task()
def deliver(delivery_id: int) -> None:
    """Try to deliver a message that is due."""
    delivery = _leased(delivery_id, timezone.now())
    if delivery is not None:
        _attempt(delivery)


def schedule(delivery: WebhookDelivery, at: datetime) -> None:
    """Let a worker deliver the message, in the transaction that this is a part of."""
    queued = deliver.using(run_after=at).enqueue(delivery.pk)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(task_id=queued.id)


def schedule_all(deliveries: Sequence[WebhookDelivery], at: datetime) -> None:
    """As ``schedule``, for many, in as many queries as for one: the library queues one by one."""
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
    for delivery, queued in zip(deliveries, DBTaskResult.objects.bulk_create(tasks), strict=True):
        delivery.task_id = queued.pk
    WebhookDelivery.objects.bulk_update(deliveries, ["task_id"])


def _leased(delivery_id: int, now: datetime) -> WebhookDelivery | None:
    """Take the message for an attempt, unless it is not due, or another worker has it."""
    due = WebhookDelivery.objects.filter(
        Q(leased_until__isnull=True) | Q(leased_until__lt=now),
        pk=delivery_id,
        state=DeliveryState.WAITING,
        due_at__lte=now,
    )
    with transaction.atomic():
        if not due.update(
            leased_until=now + LEASE, attempts=F("attempts") + 1, last_attempt_at=now
        ):
            return None
        return WebhookDelivery.objects.select_related("endpoint").get(pk=delivery_id)


def _hopeless(delivery: WebhookDelivery) -> DeliveryFault | None:
    """Why there is no attempt any more, if so."""
    if (
        delivery.attempts > retry_policy.ATTEMPTS
    ):  # none of them came to an end: it may be the cause
        return DeliveryFault.WORKER
    if delivery.event != WebhookEvent.TEST and not delivery.endpoint.is_active:
        return DeliveryFault.OFF
    return None


def _attempt(delivery: WebhookDelivery) -> None:
    endpoint, now = delivery.endpoint, timezone.now()
    is_test = delivery.event == WebhookEvent.TEST
    if fault := _hopeless(delivery):
        _ended(delivery, DeliveryState.GIVEN_UP, fault=fault, **_NOT_SENT)
        return
    if not is_test and endpoint.paused_until is not None and endpoint.paused_until > now:
        _postponed(delivery, endpoint.paused_until)
        return
    body = build_payload(delivery)
    if body is None:
        _ended(delivery, DeliveryState.GIVEN_UP, fault=DeliveryFault.NOT_PUBLIC, **_NOT_SENT)
        return
    try:
        keys = endpoint_secrets(endpoint, now)
    except Unreadable:
        _failed(delivery, Answer(None), DeliveryFault.SECRET)
        return
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "claims-desk-webhooks/1",
        **signed_headers(keys, message_id=delivery.message_id, at=now, body=body),
    }
    allow_private = settings.WEBHOOKS_ALLOW_PRIVATE
    answer = post(endpoint.url, body.encode(), headers, allow_private=allow_private)
    if answer.fault is None:
        _taken(delivery, answer)
    else:
        _failed(delivery, answer, DeliveryFault(answer.fault.value))


def _own(delivery: WebhookDelivery) -> QuerySet[WebhookDelivery]:
    """The row, as long as it is this attempt that may say how it ended."""
    return WebhookDelivery.objects.filter(
        pk=delivery.pk, state=DeliveryState.WAITING, attempts=delivery.attempts
    )


def _ended(delivery: WebhookDelivery, state: DeliveryState, **values: Any) -> bool:
    """Write down how it ended; whether it was this attempt that could."""
    now = timezone.now()
    ended = _own(delivery).update(
        state=state, due_at=None, leased_until=None, finished_at=now, **values
    )
    return bool(ended)


def _waits(delivery: WebhookDelivery, at: datetime, **values: Any) -> bool:
    """Let the message wait until then; whether it was this attempt that could."""
    with transaction.atomic():
        waits = _own(delivery).update(due_at=at, leased_until=None, **values)
        if waits:
            schedule(delivery, at)
    return bool(waits)


def _postponed(delivery: WebhookDelivery, until: datetime) -> None:
    """Wait until the endpoint is tried again, without an attempt."""
    no_attempt = {"attempts": F("attempts") - 1}
    if delivery.queued_at < timezone.now() - retry_policy.LONGEST_WAITING:
        _ended(delivery, DeliveryState.GIVEN_UP, fault=DeliveryFault.WAITED, **no_attempt)
    else:
        _waits(delivery, until + timedelta(seconds=_CHANCE.uniform(0, 30)), **no_attempt)


# Whoever changes a message and its endpoint changes the message first, so that no two wait for each
# other; and an attempt that lost its lease leaves both as they are.
def _taken(delivery: WebhookDelivery, answer: Answer) -> None:
    said = {"fault": "", "status": answer.status, "answer": answer.excerpt}
    with transaction.atomic():
        if _ended(delivery, DeliveryState.DELIVERED, **said):
            WebhookEndpoint.objects.filter(pk=delivery.endpoint_id).update(
                delivered_at=timezone.now(), failing_since=None, paused_until=None
            )


def _failed(delivery: WebhookDelivery, answer: Answer, fault: DeliveryFault) -> None:
    now = timezone.now()
    said = {"fault": fault, "status": answer.status, "answer": answer.excerpt}
    if delivery.event == WebhookEvent.TEST:  # whoever pressed the button is told, and presses again
        _ended(delivery, DeliveryState.GIVEN_UP, **said)
        return
    wait = retry_policy.wait_after(delivery.attempts, _CHANCE)
    over = (
        delivery.attempts >= retry_policy.ATTEMPTS
        or delivery.queued_at < now - retry_policy.LONGEST_WAITING
        or answer.fault is Fault.GONE
    )
    with transaction.atomic():
        if over:
            own = _ended(delivery, DeliveryState.GIVEN_UP, **said)
        else:
            own = _waits(delivery, now + wait, **said)
        if own:
            _fails(delivery, answer, now, now + min(wait, retry_policy.LONGEST_PAUSE), over=over)


def _fails(
    delivery: WebhookDelivery, answer: Answer, now: datetime, until: datetime, *, over: bool
) -> None:
    """Let the endpoint pause, and switch it off if it said so or failed for days."""
    endpoint = WebhookEndpoint.objects.filter(pk=delivery.endpoint_id)
    endpoint.filter(failing_since__isnull=True).update(failing_since=now)
    endpoint.update(paused_until=until)
    if not over:
        return
    if answer.fault is not Fault.GONE:  # it asked for that; others are switched off after days
        endpoint = endpoint.filter(failing_since__lte=now - retry_policy.SWITCHED_OFF_AFTER)
    endpoint.filter(is_active=True).update(is_active=False, switched_off_at=now)
