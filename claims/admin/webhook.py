"""The desk's pages of webhooks: what they share, and where messages go."""

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

from claims.admin.actions import Button
from claims.admin.secret import SecretAdmin
from claims.choices import DeliveryState
from claims.models import WebhookDelivery, WebhookEndpoint
from claims.webhooks.endpoints import rotate_endpoint_secret, set_endpoint_secret
from claims.webhooks.outbox import send_test_message
from claimsapi.core.admin.record import RefusalAdmin

_LATE = timedelta(minutes=2)  # after which nobody seems to deliver

# What tasks there are, the log of deliveries tells in the desk's own words.
admin.site.unregister(DBTaskResult)


class SeenSecretForm(forms.Form):
    """Carries which secret the person saw in force, so that a page sent twice makes one."""

    asked = forms.CharField(initial="1", required=False, widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput)


def _seal(endpoint: WebhookEndpoint) -> str:
    return sha256(endpoint.secret.encode()).hexdigest()[:16]


class WebhookAdmin(RefusalAdmin):
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
            self.tell_of_no_worker(request)
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

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether this person may press the buttons, also of what no form changes."""
        return request.user.has_perm(f"claims.change_{self.opts.model_name}")

    def row_for(self, request: HttpRequest, pk: int) -> Any:
        """Load a row whose buttons this person may press, or end in 403 or 404."""
        if not self.has_act_permission(request):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk).first()
        if row is None:
            raise Http404
        return row

    def back_to(self, row: Any) -> HttpResponse:
        return HttpResponseRedirect(self.page_url("change", row.pk))

    def own_view(self, page: str, view: Any) -> URLPattern:
        name = f"{self.opts.app_label}_{self.opts.model_name}_{page}"
        pattern: URLPattern = path(f"<int:pk>/{page}/", self.admin_site.admin_view(view), name=name)
        return pattern


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(SecretAdmin, WebhookAdmin):
    """The systems that are told of reviews."""

    secret_title = gettext_lazy("The secret")
    secret_told = gettext_lazy(
        "Copy it now into the system that receives the messages: it is shown this once."
    )
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
        if not self.has_act_permission(request):
            return []
        return [
            Button(_("Send a test"), self.page_url("test", row.pk), asks=False),
            Button(_("New secret"), self.page_url("secret", row.pk), asks=True),
        ]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        if not change:
            request.secret = set_endpoint_secret(endpoint=obj)  # type: ignore[attr-defined]
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

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self.row_for(request, pk)
        if request.method != "POST":
            return self.back_to(endpoint)
        delivery = send_test_message(endpoint=endpoint)
        self.log_change(request, endpoint, "Test sent.")
        told = _("The test is queued. Load this page again in a few seconds to see the answer.")
        self.message_user(request, told, messages.SUCCESS)
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
        secret = rotate_endpoint_secret(endpoint=endpoint)
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


def _moment(at: Any) -> str:
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")
