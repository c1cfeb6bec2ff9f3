"""Endpoints and their secrets."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from claims.models import WebhookEndpoint
from claims.webhooks.sealing import opened, sealed
from claims.webhooks.signing import generate_secret

BOTH_SIGN: Final = timedelta(days=1)


def set_endpoint_secret(*, endpoint: WebhookEndpoint) -> str:
    """Give an endpoint that is not saved yet its first secret; return it to be shown once."""
    secret = generate_secret()
    endpoint.secret = sealed(secret)
    return secret


def rotate_endpoint_secret(*, endpoint: WebhookEndpoint) -> str:
    """Give the endpoint a new secret, beside which the present one signs for a day more.

    Returned to be shown once. The secret before the present one signs no longer.
    """
    secret = generate_secret()
    with transaction.atomic():
        now_is = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        now_is.previous_secret, now_is.secret = now_is.secret, sealed(secret)
        now_is.previous_until = timezone.now() + BOTH_SIGN
        now_is.save(update_fields=["secret", "previous_secret", "previous_until"])
    endpoint.refresh_from_db()
    return secret


def endpoint_secrets(endpoint: WebhookEndpoint, at: datetime) -> list[str]:
    """The secrets that sign at that moment; ``Unreadable`` after a change of SECRET_KEY."""
    kept = [endpoint.secret]
    if endpoint.previous_secret and endpoint.previous_until and endpoint.previous_until > at:
        kept.append(endpoint.previous_secret)
    return [opened(secret) for secret in kept]
