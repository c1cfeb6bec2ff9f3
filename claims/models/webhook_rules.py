"""The rules of webhook endpoints and deliveries that the database enforces."""

from typing import Final

from django.db.models import Q
from django.db.models.constraints import BaseConstraint
from django.utils.translation import gettext_lazy as _

from claims.choices import DeliveryFault, DeliveryState, WebhookEvent
from claimsapi.core.database.constraints import Check, not_blank, one_of

ENDPOINT_CONSTRAINTS: Final[list[BaseConstraint]] = [
    not_blank("name"),
    Check("claims_webhookendpoint_has_secret", _("An endpoint needs a secret."), ~Q(secret="")),
    Check(
        "claims_webhookendpoint_switched_off",
        _("An active endpoint has no time at which it was switched off."),
        Q(switched_off_at__isnull=True) | Q(is_active=False),
    ),
]

DELIVERY_CONSTRAINTS: Final[list[BaseConstraint]] = [
    one_of("event", WebhookEvent),
    one_of("state", DeliveryState),
    one_of("fault", DeliveryFault, ""),
    # The worker selects waiting deliveries by their due time: one without would wait forever.
    Check(
        "claims_webhookdelivery_waits_or_ended",
        _("A waiting delivery needs a due time, a finished one the time of its end."),
        Q(state=DeliveryState.WAITING, due_at__isnull=False, finished_at__isnull=True)
        | Q(~Q(state=DeliveryState.WAITING), due_at__isnull=True, finished_at__isnull=False),
    ),
    Check(
        "claims_webhookdelivery_about_a_version",
        _("A delivery needs a review version unless it is a test."),
        Q(event=WebhookEvent.TEST, version__isnull=True)
        | Q(~Q(event=WebhookEvent.TEST), version__isnull=False),
    ),
]
