"""Workflow transitions as buttons, with a confirmation page for those that need input or checks."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from claims import workflow
from claims.admin.actions import ActionButton, ActionButtonsAdminMixin, staff_user
from claims.admin.preview import preview_version
from claims.models import Claim, ClaimRelation, ReviewVersion
from claims.workflow import (
    TRANSITIONS,
    Transition,
    apply_transition,
    available_transitions,
    publication_checks,
    state_label,
)
from claimsapi.core.admin import REFUSAL_ERRORS, RecordSelect
from claimsapi.core.errors import Conflict
from claimsapi.core.forms import MultiLineField

# Labels for the history: each is what happened to the record, by name of the transition.
HISTORY_LABELS: Final = {
    "submit": gettext_noop("submitted"),
    "return": gettext_noop("returned to its author"),
    "publish": gettext_noop("published"),
    "retract": gettext_noop("retracted"),
    "start_review": gettext_noop("taken into review"),
    "mark_not_checkable": gettext_noop("marked as not checkable"),
    "same_as": gettext_noop("marked as the same as another"),
    "reject": gettext_noop("rejected"),
    "reopen": gettext_noop("reopened"),
    "list": gettext_noop("listed for the public"),
    "unlist": gettext_noop("removed from the public list"),
}
_CHANGES_AFTER_CONFLICT: Final = 3  # changes by other users on the page


class RevisionForm(forms.Form):
    """Carries the revision of the record that the user saw."""

    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class TransitionForm(RevisionForm):
    """Asks for a transition's text and for its other record.

    All fields are optional: the workflow reports missing input, with one wording for desk and API.
    """

    # Tells the form's own POST from the button's POST, which opens the form.
    confirmation = forms.CharField(initial="1", required=False, widget=forms.HiddenInput)

    def __init__(self, transition: Transition, site: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if transition.other_name:
            widget = RecordSelect(ClaimRelation._meta.get_field("to_claim"), site)
            self.fields["other"] = forms.ModelChoiceField(
                Claim.objects.all(), required=False, widget=widget
            )
            self.fields["other"].label = capfirst(_(transition.other_name))
        if transition.text_name or transition.other_name:
            area = forms.Textarea(attrs={"rows": 6, "dir": "auto"})
            label = _(transition.text_name) if transition.text_name else _("reason")
            self.fields["text"] = MultiLineField(required=False, widget=area)
            self.fields["text"].label = capfirst(label)
        if transition.other_name:
            self.fields["text"].help_text = _("Optional.")


class TransitionsAdminMixin(ActionButtonsAdminMixin):
    """Adds a button for each transition that the workflow allows this user now."""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_transition"
        view = self.admin_site.admin_view(self.transition_view)
        return [path("<int:pk>/move/<slug:name>/", view, name=name), *super().get_urls()]

    def describe_action(self, action: str, after: dict[str, Any] | None) -> str:
        """Describe a ledger entry: the transition, or a side effect of another record's."""
        if action not in HISTORY_LABELS:
            return super().describe_action(action, after)
        transition = self._find_transition(action)
        if transition is not None:
            ends = {end for end in (transition.to_state, transition.fallback_state) if end}
            if not ends or any(end in (after or {}).values() for end in ends):
                return _(HISTORY_LABELS[action])
        # A transition can change other records too: a published version supersedes the previous.
        label = {"action": _(HISTORY_LABELS[action])}
        return _("changed because another record was %(action)s") % label

    def get_buttons(self, request: HttpRequest, record: Any) -> list[ActionButton]:
        return super().get_buttons(request, record) + self.transition_buttons(request, record)

    def transition_buttons(self, request: HttpRequest, record: Any) -> list[ActionButton]:
        """Return a button for each transition that this user may apply to the record."""
        return [
            ActionButton(
                transition.label,
                self.page_url("transition", record.pk, transition.name),
                opens_page=_needs_confirmation(transition),
            )
            for transition in available_transitions(record=record, user=staff_user(request))
        ]

    def transition_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Apply a transition, or show its confirmation page first."""
        # Visibility comes first: a hidden record is a 404 for every action and every method.
        record = self.get_record_or_404(request, pk)
        transition = self._find_transition(name)
        if transition is None:
            raise Http404
        if request.method != "POST":  # a bookmark, or a reload after a change of language
            return self.redirect_back(request, record)
        if not request.user.has_perm(transition.permission):
            raise PermissionDenied
        revision_form = RevisionForm(request.POST)
        if not revision_form.is_valid():
            text = _("The request did not name the revision that you saw. Try again.")
            self.message_user(request, text, messages.ERROR)
            return self.redirect_back(request, record)
        data = revision_form.cleaned_data
        if not _needs_confirmation(transition):
            self._apply(request, record, transition, data)
            return self.redirect_back(request, record)
        if "confirmation" not in request.POST:
            return self._open_confirmation(request, record, transition, data["revision"])
        form = TransitionForm(transition, self.admin_site, request.POST)
        if form.is_valid() and self._apply(request, record, transition, form.cleaned_data):
            return self.redirect_back(request, record)
        return self._reopen_confirmation(request, record, transition, form)

    def _find_transition(self, name: str) -> Transition | None:
        return next((t for t in TRANSITIONS[self.model] if t.name == name), None)

    def _open_confirmation(
        self, request: HttpRequest, record: Any, transition: Transition, revision: int
    ) -> HttpResponse:
        """Show the confirmation page, unless the transition is no longer possible."""
        user = staff_user(request)
        # Checked before the form opens, so that nobody types a text that cannot be saved.
        if transition not in available_transitions(record=record, user=user):
            text = transition.denial_reason(record, user) or _(
                "%(action)s: not possible in the current state of the record."
            ) % {"action": transition.label}
            self.report_refusal(request, Conflict(text))
            return self.redirect_back(request, record)
        form = TransitionForm(transition, self.admin_site, initial={"revision": revision})
        preview = _publication_preview(transition, record, request)
        return self.render_confirmation(request, record, form, transition.label, **preview)

    def _reopen_confirmation(
        self, request: HttpRequest, record: Any, transition: Transition, form: TransitionForm
    ) -> HttpResponse:
        """Show the rejected form again, with the changes by others since the page was opened."""
        changes = []
        # The transition failed, so the record in memory can be older than the database.
        record.refresh_from_db()
        if str(record.revision) != request.POST.get("revision"):
            changes = self.latest_changes(request, record, _CHANGES_AFTER_CONFLICT)
            # The page shows these changes, so the next attempt can name the present revision.
            data = request.POST.copy()
            data["revision"] = str(record.revision)
            form.data = data
        return self.render_confirmation(
            request,
            record,
            form,
            transition.label,
            changes_by_others=changes,
            **_publication_preview(transition, record, request),
        )

    def _apply(
        self, request: HttpRequest, record: Any, transition: Transition, data: dict[str, Any]
    ) -> bool:
        """Apply the transition and report the result as a message. Return whether it succeeded."""
        try:
            # One transaction, so that Django's admin log has an entry only if the transition holds.
            with transaction.atomic():
                record = apply_transition(
                    record=record,
                    transition=transition,
                    user=staff_user(request),
                    text=data.get("text", ""),
                    other=data.get("other"),
                    revision=data["revision"],
                )
                self.log_change(request, record, f"{transition.label_msgid}.")
        except REFUSAL_ERRORS as refusal:
            self.report_refusal(request, refusal)
            return False
        text = _("%(action)s: done.") % {"action": transition.label}
        if transition.to_state:
            state = _("It is now %(state)s.") % {"state": state_label(record).lower()}
            text = f"{text} {state}"
        self.message_user(request, text, messages.SUCCESS)
        return True


def _needs_confirmation(transition: Transition) -> bool:
    """Return whether a page comes first: it asks for input, or it shows a preview and checks."""
    return bool(transition.text_name or transition.other_name) or transition is workflow.PUBLISH


def _publication_preview(
    transition: Transition, record: Any, request: HttpRequest
) -> dict[str, Any]:
    """Return the template context with the preview and the checks, if this is a publication."""
    if transition is not workflow.PUBLISH or not isinstance(record, ReviewVersion):
        return {}
    return {
        "checks": publication_checks.run_checks(record),
        "preview": preview_version(record, staff_user(request)),
    }
