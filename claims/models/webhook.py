"""Webhook endpoints and their deliveries. The rules are in ``webhook_rules``.

Both are configuration and a transport log, not editorial records. Neither the ledger nor an audit
export contains them.
"""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.choices import DeliveryFault, DeliveryState, WebhookEvent
from claims.models.review import ReviewVersion
from claims.models.webhook_rules import DELIVERY_CONSTRAINTS, ENDPOINT_CONSTRAINTS
from claimsapi.core.database.fields import TimestampField
from claimsapi.core.i18n.translation import translate
from claimsapi.core.identifiers import uuid7
from claimsapi.core.network import find_url_error


class WebhookEndpoint(models.Model):
    """A receiver of webhook messages.

    Its secrets are encrypted (``claims.webhooks.endpoints``). The previous secret also signs until
    ``previous_until``. ``failing_since`` is the time of the first failure after the last success.
    The worker sends no message before ``paused_until``. The worker switches an endpoint off after
    days of failures or after a 410, and stores the time in ``switched_off_at``.
    """

    name = models.CharField(
        max_length=200, unique=True, help_text=_("The owner of the receiving system.")
    )
    url = models.CharField(
        _("URL"), max_length=2000, help_text=_("The URL that receives messages, with https://.")
    )
    is_active = models.BooleanField(_("switched on"), default=True)
    # Both secrets are encrypted: the database or its backup alone cannot sign messages.
    secret = models.TextField(editable=False)
    previous_secret = models.TextField(editable=False, blank=True)
    previous_until = TimestampField(_("previous secret signs until"), editable=False, null=True)
    failing_since = TimestampField(editable=False, null=True)
    paused_until = TimestampField(editable=False, null=True)
    switched_off_at = TimestampField(editable=False, null=True)
    delivered_at = TimestampField(_("last delivered"), editable=False, null=True)
    created_at = TimestampField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name = _("webhook endpoint")
        constraints: ClassVar = ENDPOINT_CONSTRAINTS

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        error = find_url_error(self.url, allow_private=settings.WEBHOOKS_ALLOW_PRIVATE)
        if error:
            raise ValidationError({"url": translate(error)})


class WebhookDelivery(models.Model):
    """One message to one endpoint: the outbox while it waits, the log afterwards.

    It contains no text of the review. The worker composes the message when it sends it, from the
    records that are public at that time. Only the worker that set ``leased_until`` and ``attempts``
    may record the result of the attempt.
    """

    public_id = models.UUIDField(_("id"), unique=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=16, choices=WebhookEvent)
    version = models.ForeignKey(
        ReviewVersion, models.CASCADE, related_name="deliveries", null=True, blank=True
    )
    happened_at = TimestampField()
    state = models.CharField(max_length=9, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = TimestampField()
    due_at = TimestampField(null=True)
    leased_until = TimestampField(null=True)
    task_id = models.UUIDField(null=True)
    last_attempt_at = TimestampField(null=True)
    finished_at = TimestampField(null=True)
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    fault = models.CharField(max_length=11, choices=DeliveryFault, blank=True)
    answer = models.TextField(
        blank=True, help_text=_("The beginning of the receiver's response, or the error.")
    )

    class Meta:
        ordering: ClassVar = ["-public_id"]
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints: ClassVar = DELIVERY_CONSTRAINTS
        indexes: ClassVar = [
            # The worker reads due deliveries only: a partial index stays small beside a long log.
            models.Index(
                "due_at",
                condition=Q(state=DeliveryState.WAITING),
                name="claims_webhookdelivery_due",
            ),
            # The cleanup deletes old deliveries by this time.
            models.Index("finished_at", name="claims_webhookdelivery_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.get_event_display()} → {self.endpoint}"

    @property
    def message_id(self) -> str:
        """The message's id, the same in every attempt: a receiver can discard repetitions."""
        return f"msg_{self.public_id.hex}"

    def is_leased(self, at: datetime) -> bool:
        """Whether a worker is sending the message at that time."""
        return self.leased_until is not None and self.leased_until >= at
