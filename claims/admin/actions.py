"""Action buttons beside a record. Each button is a POST with the revision that the user saw."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme

from claimsapi.core.admin import RecordAdmin
from claimsapi.core.models import Record, User
from claimsapi.core.text import parse_digits

NEXT_FIELD = "next"  # the form field with the URL of the page to return to


@dataclass(frozen=True, slots=True)
class ActionButton:
    """A button beside a record. ``opens_page`` if it opens a form before it acts."""

    label: str
    url: str
    opens_page: bool


def staff_user(request: HttpRequest) -> User:
    """Return the signed-in account of a request to the desk."""
    user = request.user
    if not isinstance(user, User):  # an anonymous user gets no view of the desk
        raise PermissionDenied
    return user


def parse_key(text: Any) -> int | None:
    """Parse a primary key from a form or a URL. Return None for anything else."""
    return parse_digits(text, 18) if isinstance(text, str) else None


def return_url(request: HttpRequest) -> str:
    """Return the desk URL in the form's ``next`` field, or an empty string."""
    url = request.POST.get(NEXT_FIELD, "")
    # The field comes from the browser: without this check it would be an open redirect.
    is_own = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if is_own and url.startswith("/") else ""


class ActionButtonsAdminMixin(RecordAdmin):
    """A change page with action buttons above its form."""

    change_form_template = "admin/claims/change_form_with_buttons.html"

    def get_buttons(self, request: HttpRequest, record: Any) -> list[ActionButton]:  # noqa: ARG002
        """Return the buttons that this user may press on this record."""
        return []

    def get_claim(self, record: Any) -> Any:
        """Return the claim whose case includes the record."""
        raise NotImplementedError

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        record = context["original"]
        if record is not None and IS_POPUP_VAR not in request.GET:
            context["case"] = self.get_claim(record)
            # A rejected form holds unsaved input, maybe for a revision that the user has not
            # seen. An action there would act on another state than the page shows.
            if request.method == "GET":
                context["buttons"] = self.get_buttons(request, record)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_record_or_404(self, request: HttpRequest, pk: int) -> Any:
        """Load a record that this user may view. Raises ``Http404`` or ``PermissionDenied``."""
        record = admin.ModelAdmin.get_object(self, request, str(pk))
        if record is None:
            raise Http404
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        return record

    def render_confirmation(
        self,
        request: HttpRequest,
        record: Record,
        form: forms.Form,
        label: str,
        **extra_context: Any,
    ) -> HttpResponse:
        """Render the page with the form that an action needs before it runs."""
        context = {
            **self.admin_site.each_context(request),
            "title": label,
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "back_url": return_url(request) or self.page_url("change", record.pk),
            NEXT_FIELD: return_url(request),
            "form": form,
            "media": self.media + form.media,
            "label": label,
            **extra_context,
        }
        return TemplateResponse(request, "admin/claims/transition_confirmation.html", context)

    def redirect_back(self, request: HttpRequest, record: Record) -> HttpResponse:
        """Redirect to the page with the button: ``next``, or the record's change page."""
        return HttpResponseRedirect(return_url(request) or self.page_url("change", record.pk))
