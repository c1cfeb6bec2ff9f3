"""Writing down what is to be told, in the same transaction as what happened."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from claims.choices import DeliveryState, WebhookEvent
from claims.models import ReviewVersion, WebhookDelivery, WebhookEndpoint
from claims.webhooks.delivering import schedule
from claimsapi.core.errors import Conflict


def announce(*, version: ReviewVersion, event: WebhookEvent, at: datetime) -> None:
    """Tell every endpoint of what became of a version.

    It is called in the transaction of the move: with it, the messages stand or fall.
    """
    with transaction.atomic():
        for endpoint in WebhookEndpoint.objects.filter(is_active=True).order_by("pk"):
            _queue(endpoint, event, version, at)


def endpoint_test(*, endpoint: WebhookEndpoint) -> WebhookDelivery:
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


def delivery_resend(*, delivery: WebhookDelivery) -> None:
    """Send a message again under its old id, by which a receiver knows it; at once if it waits.

    Raises ``Conflict`` while a worker is sending it.
    """
    now = timezone.now()
    with transaction.atomic():
        row = WebhookDelivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
        if row.state == DeliveryState.WAITING and row.is_leased(now):
            raise Conflict(_("The message is being sent at this moment."))
        row.state, row.attempts, row.queued_at = DeliveryState.WAITING, 0, now
        row.due_at, row.leased_until, row.finished_at = now, None, None
        row.save()
        schedule(row, now)
        WebhookEndpoint.objects.filter(pk=row.endpoint_id).update(paused_until=None)
