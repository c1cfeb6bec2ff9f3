"""Where messages about reviews are sent, and what became of each.

These are configuration and a log of transport, no editorial records: they are not in the ledger,
and an audit export knows nothing of them.
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
from claimsapi.core.database.constraints import not_blank, one_of
from claimsapi.core.database.fields import TimestampField
from claimsapi.core.i18n.translation import translate
from claimsapi.core.identifiers import uuid7
from claimsapi.core.network import find_url_error


class WebhookEndpoint(models.Model):
    """A receiver of messages.

    Its secrets are kept sealed (``claims.webhooks.sealing``); the previous one signs too until
    ``previous_until``. ``failing_since`` is when the first message failed after the last that was
    taken; until ``paused_until`` nothing is sent. ``switched_off_at`` is when it was switched off
    because it had failed for days.
    """

    name = models.CharField(max_length=200, unique=True, help_text=_("Whose system it is."))
    url = models.CharField(
        _("address"), max_length=2000, help_text=_("Where messages are sent, with https://.")
    )
    is_active = models.BooleanField(_("switched on"), default=True)
    secret = models.TextField(editable=False)
    previous_secret = models.TextField(editable=False, blank=True)
    previous_until = TimestampField(_("the former secret signs until"), editable=False, null=True)
    failing_since = TimestampField(editable=False, null=True)
    paused_until = TimestampField(editable=False, null=True)
    switched_off_at = TimestampField(editable=False, null=True)
    delivered_at = TimestampField(_("last delivered"), editable=False, null=True)
    created_at = TimestampField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name = _("webhook endpoint")
        constraints: ClassVar = [
            not_blank("name"),
            models.CheckConstraint(
                name="claims_webhookendpoint_has_secret", condition=~Q(secret="")
            ),
            models.CheckConstraint(
                name="claims_webhookendpoint_switched_off",
                condition=Q(switched_off_at__isnull=True) | Q(is_active=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        fault = find_url_error(self.url, allow_private=settings.WEBHOOKS_ALLOW_PRIVATE)
        if fault:
            raise ValidationError({"url": translate(fault)})


class WebhookDelivery(models.Model):
    """One message to one endpoint: the outbox while it waits, the log afterwards.

    It holds no words of the review: the message is written when it is sent, of what is public then.
    Only the worker that set ``leased_until`` and ``attempts`` may say how its attempt ended.
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
        blank=True, help_text=_("The beginning of what the receiver answered, or the error.")
    )

    class Meta:
        ordering: ClassVar = ["-public_id"]
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints: ClassVar = [
            one_of("event", WebhookEvent),
            one_of("state", DeliveryState),
            one_of("fault", DeliveryFault, ""),
            models.CheckConstraint(
                name="claims_webhookdelivery_waits_or_ended",
                condition=Q(
                    state=DeliveryState.WAITING, due_at__isnull=False, finished_at__isnull=True
                )
                | Q(
                    ~Q(state=DeliveryState.WAITING), due_at__isnull=True, finished_at__isnull=False
                ),
            ),
            models.CheckConstraint(
                name="claims_webhookdelivery_about_a_version",
                condition=Q(event=WebhookEvent.TEST, version__isnull=True)
                | Q(~Q(event=WebhookEvent.TEST), version__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                "due_at",
                condition=Q(state=DeliveryState.WAITING),
                name="claims_webhookdelivery_due",
            ),
            models.Index("finished_at", name="claims_webhookdelivery_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.get_event_display()} → {self.endpoint}"

    @property
    def message_id(self) -> str:
        """What names the message in every attempt, so that a receiver takes it once."""
        return f"msg_{self.public_id.hex}"

    def is_leased(self, at: datetime) -> bool:
        """Whether a worker is sending it at that moment."""
        return self.leased_until is not None and self.leased_until >= at
