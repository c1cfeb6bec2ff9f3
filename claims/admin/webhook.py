"""The desk's pages for webhook endpoints, and the base class of all webhook pages."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tasks_db.models import DBTaskResult

from claims.admin.actions import ActionButton
from claims.admin.secret import SecretAdmin
from claims.choices import DeliveryState
from claims.models import WebhookDelivery, WebhookEndpoint
from claims.webhooks.endpoints import rotate_endpoint_secret, set_endpoint_secret
from claims.webhooks.outbox import send_test_message
from claimsapi.core.admin.record import RefusalAdmin

_MAX_DELAY = timedelta(minutes=2)  # a running worker delivers sooner

# The log of deliveries shows the same tasks in the desk's own terms.
admin.site.unregister(DBTaskResult)


class NewSecretForm(forms.Form):
    """Confirms a new secret. ``fingerprint`` is that of the secret that it replaces.

    A form that is sent twice would otherwise replace the new secret too.
    """

    confirmation = forms.CharField(initial="1", required=False, widget=forms.HiddenInput)
    fingerprint = forms.CharField(widget=forms.HiddenInput)


def _fingerprint(endpoint: WebhookEndpoint) -> str:
    # Part of a hash: the page must not contain the secret itself.
    return sha256(endpoint.secret.encode()).hexdigest()[:16]


class WebhookAdmin(RefusalAdmin):
    """Base class: action buttons above the form, and a warning if no worker delivers."""

    change_form_template = "admin/claims/webhook_change_form.html"
    list_per_page = 50
    show_full_result_count = False

    def get_buttons(self, request: HttpRequest, row: Any) -> list[ActionButton]:
        raise NotImplementedError

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = context["original"]
        if row is not None and request.method == "GET":
            context["buttons"] = self.get_buttons(request, row)
            self.warn_if_no_worker(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "GET":
            self.warn_if_no_worker(request)
        return super().changelist_view(request, extra_context)

    def warn_if_no_worker(self, request: HttpRequest) -> None:
        """Warn if messages are overdue and no worker holds a lease on them."""
        now = timezone.now()
        # A leased delivery is being sent, so a worker runs.
        late = WebhookDelivery.objects.filter(
            state=DeliveryState.WAITING, due_at__lt=now - _MAX_DELAY, leased_until__isnull=True
        )
        if late.exists():
            text = _("Messages are overdue. Check that 'manage.py run_worker' is running.")
            self.message_user(request, text, messages.WARNING)

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may press the buttons, also on pages without a form."""
        return request.user.has_perm(f"claims.change_{self.opts.model_name}")

    def get_row_or_404(self, request: HttpRequest, pk: int) -> Any:
        """Load a row for an action. Raises ``PermissionDenied`` or ``Http404``."""
        if not self.has_act_permission(request):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk).first()
        if row is None:
            raise Http404
        return row

    def redirect_to_change(self, row: Any) -> HttpResponse:
        return HttpResponseRedirect(self.page_url("change", row.pk))

    def action_path(self, page: str, view: Any) -> URLPattern:
        """Return the URL pattern of an action: ``<primary key>/<page>/``."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_{page}"
        pattern: URLPattern = path(f"<int:pk>/{page}/", self.admin_site.admin_view(view), name=name)
        return pattern


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(SecretAdmin, WebhookAdmin):
    """Systems that receive messages about reviews."""

    secret_title = gettext_lazy("The secret")
    secret_instruction = gettext_lazy(
        "Copy the secret to the system that receives the messages. It will not be shown again."
    )
    list_display = ("name", "url", "status", "delivered_at")
    fields = ("name", "url", "is_active")
    _status_fields = ("status", "delivered_at", "previous_until", "created_at")

    @admin.display(description=gettext_lazy("status"))
    def status(self, endpoint: WebhookEndpoint) -> str:
        if endpoint.switched_off_at is not None:
            text = _(
                "Switched off on {date}: deliveries failed for days, "
                "or the endpoint answered that it is gone"
            )
            return text.format(date=_format_time(endpoint.switched_off_at))
        if not endpoint.is_active:
            return _("Switched off")
        if endpoint.failing_since is not None:
            return _("Failing since {date}").format(date=_format_time(endpoint.failing_since))
        return _("Working") if endpoint.delivered_at else _("Nothing delivered yet")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        fieldsets = [(None, {"fields": self.fields})]
        if obj is None:
            return fieldsets
        return [*fieldsets, (_("Status"), {"fields": self._status_fields})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), *self._status_fields)

    def get_urls(self) -> list[URLPattern]:
        return [
            self.action_path("test", self.test_view),
            self.action_path("secret", self.secret_view),
            *super().get_urls(),
        ]

    def get_buttons(self, request: HttpRequest, row: Any) -> list[ActionButton]:
        if not self.has_act_permission(request):
            return []
        return [
            ActionButton(_("Send a test"), self.page_url("test", row.pk), opens_page=False),
            ActionButton(_("New secret"), self.page_url("secret", row.pk), opens_page=True),
        ]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        if not change:
            request.secret = set_endpoint_secret(endpoint=obj)  # type: ignore[attr-defined]
            super().save_model(request, obj, form, change)
            return
        fields = list(form.changed_data)
        if "is_active" in fields or "url" in fields:
            # A new URL or a new start gets a full retry period.
            obj.failing_since = obj.paused_until = obj.switched_off_at = None
            fields += ["failing_since", "paused_until", "switched_off_at"]
        # A full save would write back the old secret if someone made a new one meanwhile.
        obj.save(update_fields=fields)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Allow the deletion of an endpoint's log with it; nobody may delete the log alone."""
        names, counts, needed, protected = super().get_deleted_objects(objs, request)
        return names, counts, needed - {WebhookDelivery._meta.verbose_name}, protected

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self.get_row_or_404(request, pk)
        if request.method != "POST":
            return self.redirect_to_change(endpoint)
        delivery = send_test_message(endpoint=endpoint)
        self.log_change(request, endpoint, "Test sent.")
        text = _("The test message is queued. Reload this page in a few seconds to see the answer.")
        self.message_user(request, text, messages.SUCCESS)
        deliveries: Any = self.admin_site.get_model_admin(WebhookDelivery)
        return HttpResponseRedirect(deliveries.page_url("change", delivery.pk))

    def secret_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self.get_row_or_404(request, pk)
        # A GET never changes a secret: browsers and proxies may repeat or prefetch it.
        if request.method != "POST":
            return self.redirect_to_change(endpoint)
        if "confirmation" not in request.POST:
            return self._render_confirmation(request, endpoint)
        if request.POST.get("fingerprint") != _fingerprint(endpoint):
            text = _("Someone created a new secret since you opened the page.")
            self.message_user(request, text, messages.ERROR)
            return self.redirect_to_change(endpoint)
        secret = rotate_endpoint_secret(endpoint=endpoint)
        self.log_change(request, endpoint, "New secret made.")
        return self.render_secret(request, endpoint, secret)

    def _render_confirmation(self, request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
        form = NewSecretForm(initial={"fingerprint": _fingerprint(endpoint)})
        context = {
            **self.admin_site.each_context(request),
            "title": _("New secret"),
            "subtitle": str(endpoint),
            "opts": self.opts,
            "original": endpoint,
            "back_url": self.page_url("change", endpoint.pk),
            "form": form,
            "media": self.media + form.media,
            "label": _("Create a new secret"),
            "explanation": _(
                "The new secret is shown once. The current secret still signs for one day. "
                "The one before it no longer does."
            ),
        }
        return TemplateResponse(request, "admin/claims/webhook_confirmation.html", context)


def _format_time(timestamp: Any) -> str:
    return date_format(timezone.localtime(timestamp), "DATETIME_FORMAT")
