"""Writing down what is to be told, in the same transaction as what happened."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from claims.choices import DeliveryState, WebhookEvent
from claims.models import ReviewVersion, WebhookDelivery, WebhookEndpoint
from claims.webhooks.delivery import schedule, schedule_all
from claimsapi.core.errors import Conflict

MOST_RESENT: Final = 100


def queue_publication(version: ReviewVersion, at: datetime) -> None:
    """Queue a message about a published version to every active endpoint."""
    event = WebhookEvent.PUBLISHED if version.number == 1 else WebhookEvent.CORRECTED
    _queue_for_all(event, version, at)


def queue_retraction(version: ReviewVersion, at: datetime) -> None:
    """Queue a message about a retracted version to every active endpoint."""
    _queue_for_all(WebhookEvent.WITHDRAWN, version, at)


def _queue_for_all(event: WebhookEvent, version: ReviewVersion, at: datetime) -> None:
    with transaction.atomic():
        for endpoint in WebhookEndpoint.objects.filter(is_active=True).order_by("pk"):
            _queue(endpoint, event, version, at)


def send_test_message(*, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Send the endpoint a message that says nothing, once, even while it is switched off."""
    with transaction.atomic():
        return _queue(endpoint, WebhookEvent.TEST, None, timezone.now())


def _queue(
    endpoint: WebhookEndpoint, event: WebhookEvent, version: ReviewVersion | None, at: datetime
) -> WebhookDelivery:
    now = timezone.now()
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint, event=event, version=version, happened_at=at, queued_at=now, due_at=now
    )
    schedule(delivery, delivery.due_at or now)
    return delivery


def resend_delivery(*, delivery: WebhookDelivery) -> None:
    """Send a message again under its old id, by which a receiver knows it; at once if it waits.

    Raises ``Conflict`` while a worker is sending it.
    """
    resend_deliveries(deliveries=WebhookDelivery.objects.filter(pk=delivery.pk))


def resend_deliveries(*, deliveries: QuerySet[WebhookDelivery]) -> int:
    """Send messages again, all of them or none; return how many.

    Raises ``Conflict`` while a worker is sending one, and if they are more than ``MOST_RESENT``.
    """
    now = timezone.now()
    chosen = WebhookDelivery.objects.filter(pk__in=deliveries.order_by().values("pk"))
    with transaction.atomic():
        locked = chosen.select_for_update(of=("self",)).order_by("pk")
        rows = list(locked[: MOST_RESENT + 1])
        if len(rows) > MOST_RESENT:
            told = _("At most %(most)s messages are sent again at once: choose fewer.")
            raise Conflict(told % {"most": MOST_RESENT})
        if any(row.state == DeliveryState.WAITING and row.is_leased(now) for row in rows):
            raise Conflict(
                _("The message is being sent at this moment.")
                if len(rows) == 1
                else _("One of the messages is being sent at this moment: none was queued again.")
            )
        WebhookDelivery.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=DeliveryState.WAITING,
            attempts=0,
            queued_at=now,
            due_at=now,
            leased_until=None,
            finished_at=None,
        )
        schedule_all(rows, now)
        endpoints = {row.endpoint_id for row in rows}
        WebhookEndpoint.objects.filter(pk__in=endpoints).update(paused_until=None)
    return len(rows)
