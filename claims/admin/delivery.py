"""The desk's log of webhook deliveries: the state of each message to each endpoint."""

import json
from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import QuerySet, TextField
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from claims.admin.actions import ActionButton
from claims.admin.webhook import WebhookAdmin
from claims.models import ReviewVersion, WebhookDelivery
from claims.webhooks.outbox import resend_deliveries, resend_delivery
from claims.webhooks.payload import build_payload
from claimsapi.core.admin import truncate_text
from claimsapi.core.errors import DomainError

# Long texts of a version. The log shows none of them, so the list does not load them.
_LONG_FIELDS: Final = tuple(
    f"version__{field.name}" for field in ReviewVersion._meta.fields if isinstance(field, TextField)
)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(WebhookAdmin):
    """Deliveries of the last month. A cleanup deletes older ones."""

    list_display = (
        "queued_at",
        "event",
        "about",
        "endpoint",
        "state",
        "attempts",
        "status",
        "fault",
        "short_answer",
    )
    list_filter = ("state", "event", "endpoint")
    list_select_related = (
        "endpoint",
        "version__review__claim",
        "version__review__publisher",
    )
    fields = (
        ("event", "state"),
        "endpoint",
        "version",
        "message_id",
        ("happened_at", "queued_at"),
        ("attempts", "last_attempt_at", "due_at", "finished_at"),
        ("status", "fault"),
        "answer",
        "message",
    )
    readonly_fields = ("message_id", "message")
    actions = ("send_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related(*self.list_select_related)
        return rows.defer(*_LONG_FIELDS)

    # The worker writes the log. People may only send a delivery again.
    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    @admin.display(description=gettext_lazy("about"))
    def about(self, delivery: WebhookDelivery) -> str:
        return truncate_text(str(delivery.version.review.claim)) if delivery.version else ""

    @admin.display(description=gettext_lazy("answer"))
    def short_answer(self, delivery: WebhookDelivery) -> str:
        return truncate_text(delivery.answer, 60)

    @admin.display(description=gettext_lazy("id of the message"))
    def message_id(self, delivery: WebhookDelivery) -> str:
        return delivery.message_id

    @admin.display(description=gettext_lazy("message, as it would be sent now"))
    def message(self, delivery: WebhookDelivery) -> str:
        # The log stores no payload: a message is built from the current version when it is sent.
        body = build_payload(delivery)
        if body is None:
            return ""
        return format_html(
            "<pre>{}</pre>", json.dumps(json.loads(body), indent=2, ensure_ascii=False)
        )

    def get_urls(self) -> list[URLPattern]:
        return [self.action_path("resend", self.resend_view), *super().get_urls()]

    def get_buttons(self, request: HttpRequest, row: Any) -> list[ActionButton]:
        if not self.has_act_permission(request):
            return []
        return [ActionButton(_("Send again"), self.page_url("resend", row.pk), opens_page=False)]

    def resend_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        delivery = self.get_row_or_404(request, pk)
        if request.method == "POST":
            try:
                resend_delivery(delivery=delivery)
            except DomainError as refusal:
                self.report_refusal(request, refusal)
            else:
                self.message_user(request, _("The message is queued again."), messages.SUCCESS)
        return self.redirect_to_change(delivery)

    @admin.action(description=gettext_lazy("Send again"), permissions=["act"])
    def send_again(self, request: HttpRequest, deliveries: QuerySet[Any]) -> None:
        number = resend_deliveries(deliveries=deliveries)
        text = ngettext(
            "%(number)s message is queued again.", "%(number)s messages are queued again.", number
        )
        self.message_user(request, text % {"number": number}, messages.SUCCESS)
