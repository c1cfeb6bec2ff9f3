"""The action that prepares the next version of a published review."""

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

from claims.admin.actions import ActionButton, ActionButtonsAdminMixin, staff_user
from claims.choices import OPEN_STATES, PUBLIC_STATES, CorrectionKind
from claims.models import Review
from claims.services.reviews import prepare_next_version
from claimsapi.core.admin import REFUSAL_ERRORS, RecordAdmin, error_messages
from claimsapi.core.forms import MultiLineField

LABEL = gettext_lazy("Prepare next version")


class NextVersionForm(forms.Form):
    """Asks for the kind of correction and its public note."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of correction"),
        # A retraction is a transition of the published version, not a new version.
        choices=[
            choice for choice in CorrectionKind.choices if choice[0] != CorrectionKind.RETRACTION
        ],
    )
    note = MultiLineField(
        label=gettext_lazy("Public note"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        help_text=gettext_lazy(
            "Readers see this note. You can also write it later, before you submit."
        ),
    )


class NextVersionAdminMixin(ActionButtonsAdminMixin):
    """Adds the action 'Prepare next version' to the pages of reviews and of their versions."""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_prepare"
        view = self.admin_site.admin_view(require_POST(self.prepare_view))
        return [path("<int:pk>/prepare/", view, name=name), *super().get_urls()]

    def get_review(self, record: Any) -> Review:
        """Return the review of a page's record, which is the review or one of its versions."""
        return record if isinstance(record, Review) else record.review

    def get_buttons(self, request: HttpRequest, record: Any) -> list[ActionButton]:
        return super().get_buttons(request, record) + self.next_version_buttons(request, record)

    def next_version_buttons(self, request: HttpRequest, record: Any) -> list[ActionButton]:
        """Return the button, or none if the user or the review's state does not allow it."""
        if not request.user.has_perm("claims.add_reviewversion"):
            return []
        # Django's prefetched versions, if any: the case page calls this for each review.
        states = {version.state for version in self.get_review(record).versions.all()}
        if states.isdisjoint(PUBLIC_STATES) or not states.isdisjoint(OPEN_STATES):
            return []
        return [ActionButton(str(LABEL), self.page_url("prepare", record.pk), opens_page=True)]

    def prepare_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = self.get_record_or_404(request, pk)
        if not request.user.has_perm("claims.add_reviewversion"):
            raise PermissionDenied
        # The button posts no 'kind': that request opens the form.
        form = NextVersionForm(request.POST if "kind" in request.POST else None)
        if not form.is_valid():
            return self.render_confirmation(request, record, form, str(LABEL))
        try:
            with transaction.atomic():
                version = prepare_next_version(
                    review=self.get_review(record), author=staff_user(request), **form.cleaned_data
                )
                self.log_addition(request, version, "Prepare next version.")
        except ValidationError as error:
            form.add_error(None, error.messages)
            return self.render_confirmation(request, record, form, str(LABEL))
        except REFUSAL_ERRORS as refusal:
            form.add_error(None, list(error_messages(refusal)))
            return self.render_confirmation(request, record, form, str(LABEL))
        text = _("%(version)s is a draft now.") % {"version": version}
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(version_url(self, version.pk))


def version_url(admin: RecordAdmin, pk: int) -> str:
    """Return the URL of a review version's change page."""
    return reverse(f"{admin.admin_site.name}:claims_reviewversion_change", args=[pk])
