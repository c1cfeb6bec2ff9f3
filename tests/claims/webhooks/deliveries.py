"""Endpoints and attempts for the tests of webhooks."""

from datetime import timedelta

from django.utils import timezone

from claims.choices import DeliveryState
from claims.models import WebhookDelivery, WebhookEndpoint
from claims.webhooks.delivery import deliver
from claims.webhooks.endpoints import set_endpoint_secret


def create_endpoint(url: str, name: str = "Agency") -> tuple[WebhookEndpoint, str]:
    """Create an endpoint; return it and its secret."""
    endpoint = WebhookEndpoint(name=name, url=url)
    secret = set_endpoint_secret(endpoint=endpoint)
    endpoint.full_clean()
    endpoint.save()
    return endpoint, secret


def make_due() -> None:
    """Make all waiting deliveries due, and end the pauses of endpoints."""
    past = timezone.now() - timedelta(seconds=1)
    WebhookDelivery.objects.filter(state=DeliveryState.WAITING).update(due_at=past)
    WebhookEndpoint.objects.update(paused_until=None)


def attempt_all() -> None:
    """Attempt each waiting delivery once, as the worker's tasks do."""
    make_due()
    for pk in WebhookDelivery.objects.order_by("pk").values_list("pk", flat=True):
        deliver.call(pk)
