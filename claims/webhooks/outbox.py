"""The outbox: messages are queued in the transaction of the event that they announce."""

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

MAX_RESENT: Final = 100


def queue_publication(version: ReviewVersion, at: datetime) -> None:
    """Queue a message about a published version to every active endpoint."""
    event = WebhookEvent.PUBLISHED if version.number == 1 else WebhookEvent.CORRECTED
    _queue_for_active_endpoints(event, version, at)


def queue_retraction(version: ReviewVersion, at: datetime) -> None:
    """Queue a message about a retracted version to every active endpoint."""
    _queue_for_active_endpoints(WebhookEvent.RETRACTED, version, at)


def _queue_for_active_endpoints(event: WebhookEvent, version: ReviewVersion, at: datetime) -> None:
    with transaction.atomic():
        for endpoint in WebhookEndpoint.objects.filter(is_active=True).order_by("pk"):
            _queue(endpoint, event, version, at)


def send_test_message(*, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Queue a test message to the endpoint, even while it is switched off; it has no retries."""
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
    """Send a message again under its old id; a waiting message becomes due at once.

    Raises ``Conflict`` while a worker sends it.
    """
    resend_deliveries(deliveries=WebhookDelivery.objects.filter(pk=delivery.pk))


def resend_deliveries(*, deliveries: QuerySet[WebhookDelivery]) -> int:
    """Send messages again under their old ids, all of them or none; return their number.

    Raises ``Conflict`` while a worker sends one of them, and for more than ``MAX_RESENT`` messages.
    """
    now = timezone.now()
    # Selected by key: the caller's queryset may have joins or DISTINCT, which FOR UPDATE refuses.
    chosen = WebhookDelivery.objects.filter(pk__in=deliveries.order_by().values("pk"))
    with transaction.atomic():
        # Locked in the order of their keys, so that two calls cannot deadlock.
        locked = chosen.select_for_update(of=("self",)).order_by("pk")
        rows = list(locked[: MAX_RESENT + 1])
        if len(rows) > MAX_RESENT:
            message = _("Choose at most %(most)s messages to send again.")
            raise Conflict(message % {"most": MAX_RESENT})
        if any(row.state == DeliveryState.WAITING and row.is_leased(now) for row in rows):
            raise Conflict(
                _("A worker is sending this message. Try again in a few minutes.")
                if len(rows) == 1
                else _(
                    "A worker is sending one of these messages, so none was queued again. "
                    "Try again in a few minutes."
                )
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
        # Deliveries before endpoints, the order of all writers of both: see delivery.py.
        endpoint_ids = {row.endpoint_id for row in rows}
        WebhookEndpoint.objects.filter(pk__in=endpoint_ids).update(paused_until=None)
    return len(rows)
