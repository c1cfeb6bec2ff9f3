"""The desk's pages of webhooks: where messages go, and what became of each."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_tasks_db.models import DBTaskResult

from claims.admin.buttons import Button
from claims.choices import DeliveryState
from claims.models import WebhookDelivery, WebhookEndpoint
from claims.webhooks.endpoints import endpoint_give_secret, endpoint_rotate_secret
from claims.webhooks.message import body_of
from claims.webhooks.outbox import delivery_resend, endpoint_test
from claimsapi.core.admin import shortened
from claimsapi.core.admin.record import RefusingAdmin
from claimsapi.core.errors import DomainError

_LATE = timedelta(minutes=2)  # after which nobody seems to deliver

# What tasks there are, the log of deliveries tells in the desk's own words.
admin.site.unregister(DBTaskResult)


class SeenSecretForm(forms.Form):
    """Carries which secret the person saw in force, so that a page sent twice makes one."""

    asked = forms.CharField(initial="1", required=False, widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput)


def _seal(endpoint: WebhookEndpoint) -> str:
    return sha256(endpoint.secret.encode()).hexdigest()[:16]


class WebhookAdmin(RefusingAdmin):
    """What both pages share: buttons above the form, and a word if nobody delivers."""

    change_form_template = "admin/claims/change_form_of_webhook.html"
    list_per_page = 50
    show_full_result_count = False

    def buttons(self, request: HttpRequest, row: Any) -> list[Button]:
        raise NotImplementedError

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = context["original"]
        if row is not None and request.method == "GET":
            context["buttons"] = self.buttons(request, row)
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "GET":
            self.tell_of_no_worker(request)
        return super().changelist_view(request, extra_context)

    def tell_of_no_worker(self, request: HttpRequest) -> None:
        now = timezone.now()
        late = WebhookDelivery.objects.filter(
            state=DeliveryState.WAITING, due_at__lt=now - _LATE, leased_until__isnull=True
        )
        if late.exists():
            told = _("Messages wait for longer than they should: does 'manage.py run_worker' run?")
            self.message_user(request, told, messages.WARNING)

    def row_for(self, request: HttpRequest, pk: int) -> Any:
        """Load a row that this person may change, or end in 403 or 404."""
        if not request.user.has_perm(f"claims.change_{self.opts.model_name}"):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk).first()
        if row is None:
            raise Http404
        return row

    def back_to(self, row: Any) -> HttpResponse:
        return HttpResponseRedirect(self.page_url("change", row.pk))

    def own_view(self, page: str, view: Any) -> URLPattern:
        name = f"{self.opts.app_label}_{self.opts.model_name}_{page}"
        return path(f"<int:pk>/{page}/", self.admin_site.admin_view(view), name=name)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(WebhookAdmin):
    """The systems that are told of reviews."""

    list_display = ("name", "url", "standing", "delivered_at")
    fields = ("name", "url", "is_active")
    _seen = ("standing", "delivered_at", "previous_until", "created_at")

    @admin.display(description=gettext_lazy("standing"))
    def standing(self, endpoint: WebhookEndpoint) -> str:
        if endpoint.switched_off_at is not None:
            off = _("Switched off on {date}: it had failed for days, or said that it is gone")
            return off.format(date=_moment(endpoint.switched_off_at))
        if not endpoint.is_active:
            return _("Switched off")
        if endpoint.failing_since is not None:
            return _("Failing since {date}").format(date=_moment(endpoint.failing_since))
        return _("Working") if endpoint.delivered_at else _("Nothing delivered yet")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        own = [(None, {"fields": self.fields})]
        return own if obj is None else [*own, (_("Standing"), {"fields": self._seen})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), *self._seen)

    def get_urls(self) -> list[URLPattern]:
        own = [self.own_view("test", self.test_view), self.own_view("secret", self.secret_view)]
        return [*own, *super().get_urls()]

    def buttons(self, request: HttpRequest, row: Any) -> list[Button]:
        if not self.has_change_permission(request, row):
            return []
        return [
            Button(_("Send a test"), self.page_url("test", row.pk), asks=False),
            Button(_("New secret"), self.page_url("secret", row.pk), asks=True),
        ]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        if not change:
            request.secret = endpoint_give_secret(endpoint=obj)  # type: ignore[attr-defined]
            super().save_model(request, obj, form, change)
            return
        changed = list(form.changed_data)
        if "is_active" in changed or "url" in changed:
            obj.failing_since = obj.paused_until = obj.switched_off_at = None
            changed += ["failing_since", "paused_until", "switched_off_at"]
        # Only these: a secret that is made meanwhile stays.
        obj.save(update_fields=changed)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """An endpoint goes with its log, which nobody deletes otherwise."""
        names, counts, needed, protected = super().get_deleted_objects(objs, request)
        return names, counts, needed - {WebhookDelivery._meta.verbose_name}, protected

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:  # noqa: ARG002
        return self.shown_once(request, obj, request.secret)  # type: ignore[attr-defined]

    def shown_once(self, request: HttpRequest, endpoint: Any, secret: str) -> HttpResponse:
        """Show a new secret in the answer itself: a message would lie in a cookie."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("The secret"),
            "subtitle": str(endpoint),
            "opts": self.opts,
            "original": endpoint,
            "back": self.page_url("change", endpoint.pk),
            "secret": secret,
        }
        return TemplateResponse(request, "admin/claims/webhook_secret.html", context)

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self.row_for(request, pk)
        if request.method != "POST":
            return self.back_to(endpoint)
        delivery = endpoint_test(endpoint=endpoint)
        self.log_change(request, endpoint, "Test sent.")
        told = _("The test is queued. Load this page again in a few seconds to see the answer.")
        self.message_user(request, told, messages.SUCCESS)
        self.tell_of_no_worker(request)
        deliveries: Any = self.admin_site.get_model_admin(WebhookDelivery)
        return HttpResponseRedirect(deliveries.page_url("change", delivery.pk))

    def secret_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self.row_for(request, pk)
        if request.method != "POST":
            return self.back_to(endpoint)
        if "asked" not in request.POST:
            return self.asked(request, endpoint)
        if request.POST.get("seen") != _seal(endpoint):
            told = _("A new secret was made since you opened the page.")
            self.message_user(request, told, messages.ERROR)
            return self.back_to(endpoint)
        secret = endpoint_rotate_secret(endpoint=endpoint)
        self.log_change(request, endpoint, "New secret made.")
        return self.shown_once(request, endpoint, secret)

    def asked(self, request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
        form = SeenSecretForm(initial={"seen": _seal(endpoint)})
        context = {
            **self.admin_site.each_context(request),
            "title": _("New secret"),
            "subtitle": str(endpoint),
            "opts": self.opts,
            "original": endpoint,
            "back": self.page_url("change", endpoint.pk),
            "form": form,
            "media": self.media + form.media,
            "label": _("Make a new secret"),
            "told": _(
                "The new secret is shown once. For a day the present one signs too; the one before "
                "it no longer does."
            ),
        }
        return TemplateResponse(request, "admin/claims/webhook_confirmation.html", context)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(WebhookAdmin):
    """The log: each message to each endpoint, for a month."""

    list_display = (
        "queued_at",
        "event",
        "about",
        "endpoint",
        "state",
        "attempts",
        "status",
        "fault",
        "beginning",
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
        return super().get_queryset(request).select_related(*self.list_select_related)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("claims.change_webhookdelivery")

    @admin.display(description=gettext_lazy("about"))
    def about(self, delivery: WebhookDelivery) -> str:
        return shortened(str(delivery.version.review.claim)) if delivery.version else ""

    @admin.display(description=gettext_lazy("answer"))
    def beginning(self, delivery: WebhookDelivery) -> str:
        return shortened(delivery.answer, 60)

    @admin.display(description=gettext_lazy("id of the message"))
    def message_id(self, delivery: WebhookDelivery) -> str:
        return delivery.message_id

    @admin.display(description=gettext_lazy("message, as it would be sent now"))
    def message(self, delivery: WebhookDelivery) -> str:
        body = body_of(delivery)
        if body is None:
            return ""
        return format_html(
            "<pre>{}</pre>", json.dumps(json.loads(body), indent=2, ensure_ascii=False)
        )

    def get_urls(self) -> list[URLPattern]:
        return [self.own_view("resend", self.resend_view), *super().get_urls()]

    def buttons(self, request: HttpRequest, row: Any) -> list[Button]:
        if not self.has_resend_permission(request):
            return []
        return [Button(_("Send again"), self.page_url("resend", row.pk), asks=False)]

    def resend_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        delivery = self.row_for(request, pk)
        if request.method == "POST":
            try:
                delivery_resend(delivery=delivery)
            except DomainError as refusal:
                self.tell(request, refusal)
            else:
                self.message_user(request, _("The message is queued again."), messages.SUCCESS)
        return self.back_to(delivery)

    @admin.action(description=gettext_lazy("Send again"), permissions=["resend"])
    def send_again(self, request: HttpRequest, deliveries: QuerySet[Any]) -> None:
        number = 0
        for delivery in deliveries.order_by("pk"):
            delivery_resend(delivery=delivery)
            number += 1
        told = ngettext(
            "%(number)s message is queued again.", "%(number)s messages are queued again.", number
        )
        self.message_user(request, told % {"number": number}, messages.SUCCESS)


def _moment(at: Any) -> str:
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")
