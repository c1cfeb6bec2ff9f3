"""Buttons beside a record: each is a POST that names the revision on which the person decided."""

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

NEXT = "next"  # the field that names the page to go back to


@dataclass(frozen=True, slots=True)
class Button:
    """A button beside a record; ``asks`` if a page with a question comes first."""

    label: str
    url: str
    asks: bool


def staff(request: HttpRequest) -> User:
    """The account that makes the request."""
    user = request.user
    if not isinstance(user, User):  # the desk's views are for signed-in staff
        raise PermissionDenied
    return user


def page_before(request: HttpRequest) -> str:
    """The page of the desk that the form names as the one to go back to; empty if it names none."""
    asked = request.POST.get(NEXT, "")
    ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if ours and asked.startswith("/") else ""


class ButtonsAdminMixin(RecordAdmin):
    """A change page with buttons above its form, for those who may press one."""

    change_form_template = "admin/claims/change_form_with_moves.html"

    def buttons(self, request: HttpRequest, record: Any) -> list[Button]:  # noqa: ARG002
        return []

    def case_of(self, record: Any) -> Any:
        """The claim whose case the record is a part of."""
        raise NotImplementedError

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        record = context["original"]
        if record is not None and IS_POPUP_VAR not in request.GET:
            context["case"] = self.case_of(record)
            # A form that was refused holds what is not saved, perhaps on an unseen revision.
            if request.method == "GET":
                context["buttons"] = self.buttons(request, record)
        return super().render_change_form(request, context, *args, **kwargs)

    def record_for(self, request: HttpRequest, pk: int) -> Any:
        """Load a record that this person may see, or end in 404 or 403."""
        record = admin.ModelAdmin.get_object(self, request, str(pk))
        if record is None:
            raise Http404
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        return record

    def asked(
        self,
        request: HttpRequest,
        record: Record,
        form: forms.Form,
        label: str,
        **more: Any,
    ) -> HttpResponse:
        """Show the page on which the person writes what a button asks for."""
        context = {
            **self.admin_site.each_context(request),
            "title": label,
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "back": page_before(request) or self.page_url("change", record.pk),
            NEXT: page_before(request),
            "form": form,
            "media": self.media + form.media,
            "label": label,
            **more,
        }
        return TemplateResponse(request, "admin/claims/move_confirmation.html", context)

    def back_to(self, request: HttpRequest, record: Record) -> HttpResponse:
        return HttpResponseRedirect(page_before(request) or self.page_url("change", record.pk))
