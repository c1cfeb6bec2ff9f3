"""The button that prepares the next version of a published review."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from claims.admin.actions import Button, ButtonsAdminMixin, staff
from claims.choices import OPEN_STATES, PUBLIC_STATES, CorrectionKind
from claims.models import Review
from claims.services.reviews import prepare_next_version
from claimsapi.core.admin import REFUSAL_ERRORS, RecordAdmin, error_messages
from claimsapi.core.forms import MultiLineField

PREPARE = gettext_lazy("Prepare next version")


class PrepareForm(forms.Form):
    """Asks why a published review has a next version."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of correction"),
        choices=[one for one in CorrectionKind.choices if one[0] != CorrectionKind.RETRACTION],
    )
    note = MultiLineField(
        label=gettext_lazy("Public note"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        help_text=gettext_lazy(
            "What the public is told of the correction. It can wait until you submit."
        ),
    )


class PrepareAdminMixin(ButtonsAdminMixin):
    """A button that prepares the next version of a published review."""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_prepare"
        view = self.admin_site.admin_view(require_POST(self.prepare_view))
        return [path("<int:pk>/prepare/", view, name=name), *super().get_urls()]

    def review_of(self, record: Any) -> Review:
        """The review that the page is about."""
        return record if isinstance(record, Review) else record.review

    def buttons(self, request: HttpRequest, record: Any) -> list[Button]:
        return super().buttons(request, record) + self.preparing(request, record)

    def preparing(self, request: HttpRequest, record: Any) -> list[Button]:
        """The button, where the person may prepare a version and there is none in preparation."""
        if not request.user.has_perm("claims.add_reviewversion"):
            return []
        states = {version.state for version in self.review_of(record).versions.all()}
        if states.isdisjoint(PUBLIC_STATES) or not states.isdisjoint(OPEN_STATES):
            return []
        return [Button(str(PREPARE), self.page_url("prepare", record.pk), asks=True)]

    def prepare_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = self.record_for(request, pk)
        if not request.user.has_perm("claims.add_reviewversion"):
            raise PermissionDenied
        form = PrepareForm(request.POST if "kind" in request.POST else None)
        if not form.is_valid():
            return self.asked(request, record, form, str(PREPARE))
        try:
            with transaction.atomic():
                version = prepare_next_version(
                    review=self.review_of(record), author=staff(request), **form.cleaned_data
                )
                self.log_addition(request, version, "Prepare next version.")
        except ValidationError as fault:
            form.add_error(None, fault.messages)
            return self.asked(request, record, form, str(PREPARE))
        except REFUSAL_ERRORS as refusal:
            form.add_error(None, list(error_messages(refusal)))
            return self.asked(request, record, form, str(PREPARE))
        done = _("%(version)s is a draft now.") % {"version": version}
        self.message_user(request, done, messages.SUCCESS)
        return HttpResponseRedirect(version_url(self, version.pk))


def version_url(page: RecordAdmin, pk: int) -> str:
    """The address of a review version's page."""
    return reverse(f"{page.admin_site.name}:claims_reviewversion_change", args=[pk])
