"""Moves as buttons, with a page for what they ask and for what is checked before them."""

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
from claims.admin.actions import Button, ButtonsAdminMixin, staff
from claims.admin.preview import reading
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

MOVED: Final = {
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
    "unlist": gettext_noop("taken off the public list"),
}
_SHOWN_AFTER_CONFLICT: Final = 3  # changes by others


class SeenForm(forms.Form):
    """Carries the revision of the record that the person saw."""

    seen = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class AskedForm(SeenForm):
    """Asks for what a move is made with. What is missing the table of moves says, in one voice."""

    asked = forms.CharField(initial="1", required=False, widget=forms.HiddenInput)

    def __init__(self, move: Transition, site: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if move.other:
            looked_up = RecordSelect(ClaimRelation._meta.get_field("to_claim"), site)
            self.fields["other"] = forms.ModelChoiceField(
                Claim.objects.all(), required=False, widget=looked_up
            )
            self.fields["other"].label = capfirst(_(move.other))
        if move.asks or move.other:
            area = forms.Textarea(attrs={"rows": 6, "dir": "auto"})
            self.fields["text"] = MultiLineField(required=False, widget=area)
            self.fields["text"].label = capfirst(_(move.asks) if move.asks else _("reason"))
        if move.other:
            self.fields["text"].help_text = _("May stay empty.")


class MovesAdminMixin(ButtonsAdminMixin):
    """Buttons for the moves that the table of moves allows this person now."""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_move"
        view = self.admin_site.admin_view(self.move_view)
        return [path("<int:pk>/move/<slug:name>/", view, name=name), *super().get_urls()]

    def describe_action(self, action: str, after: dict[str, Any] | None) -> str:
        if action not in MOVED:
            return super().describe_action(action, after)
        move = next((move for move in TRANSITIONS[self.model] if move.name == action), None)
        ends = {end for end in (move.end, move.instead) if end} if move is not None else set()
        moved = move is not None and (
            not ends or any(end in (after or {}).values() for end in ends)
        )
        if moved:
            return _(MOVED[action])
        # A move changes other records too: what was published takes the place of another version.
        return _("changed when another record was %(moved)s") % {"moved": _(MOVED[action])}

    def buttons(self, request: HttpRequest, record: Any) -> list[Button]:
        return super().buttons(request, record) + self.moves(request, record)

    def moves(self, request: HttpRequest, record: Any) -> list[Button]:
        """A button for each move that this person may make with the record."""
        return [
            Button(move.label, self.page_url("move", record.pk, move.name), _asks(move))
            for move in available_transitions(record=record, user=staff(request))
        ]

    def move_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        record = self.record_for(request, pk)
        move = next((move for move in TRANSITIONS[self.model] if move.name == name), None)
        if move is None:
            raise Http404
        if request.method != "POST":  # reloaded in another language, or a bookmark
            return self.back_to(request, record)
        if not request.user.has_perm(move.permission):
            raise PermissionDenied
        seen = SeenForm(request.POST)
        if not seen.is_valid():
            unseen = _("The page did not say what you saw: press again.")
            self.message_user(request, unseen, messages.ERROR)
            return self.back_to(request, record)
        if not _asks(move):
            self.moved(request, record, move, seen.cleaned_data)
            return self.back_to(request, record)
        if "asked" not in request.POST:
            return self.first_asked(request, record, move, seen.cleaned_data["seen"])
        form = AskedForm(move, self.admin_site, request.POST)
        if form.is_valid() and self.moved(request, record, move, form.cleaned_data):
            return self.back_to(request, record)
        return self.asked_again(request, record, move, form)

    def first_asked(
        self, request: HttpRequest, record: Any, move: Transition, seen: int
    ) -> HttpResponse:
        """Ask for what it takes, unless the move became impossible: nobody writes in vain."""
        if move not in available_transitions(record=record, user=staff(request)):
            sentence = _("%(move)s: not possible in the record's present state.")
            self.report_refusal(
                request,
                self.objection(request, record, move) or Conflict(sentence % {"move": move.label}),
            )
            return self.back_to(request, record)
        form = AskedForm(move, self.admin_site, initial={"seen": seen})
        return self.asked(request, record, form, move.label, **_before(move, record, request))

    def objection(self, request: HttpRequest, record: Any, move: Transition) -> Conflict | None:
        sentence = move.objection(record, staff(request))
        return Conflict(sentence) if sentence else None

    def asked_again(
        self, request: HttpRequest, record: Any, move: Transition, form: AskedForm
    ) -> HttpResponse:
        """Show what was typed again, and what others did if the record was changed meanwhile."""
        meanwhile = []
        record.refresh_from_db()
        if str(record.revision) != request.POST.get("seen"):
            meanwhile = self.latest_changes(request, record, _SHOWN_AFTER_CONFLICT)
            sent = request.POST.copy()
            sent["seen"] = str(record.revision)  # they see now what it is
            form.data = sent
        told = {"meanwhile": meanwhile, **_before(move, record, request)}
        return self.asked(request, record, form, move.label, **told)

    def moved(
        self, request: HttpRequest, record: Any, move: Transition, answers: dict[str, Any]
    ) -> bool:
        """Make the move and say so, or say why it was refused."""
        try:
            with transaction.atomic():
                record = apply_transition(
                    record=record,
                    move=move,
                    user=staff(request),
                    text=answers.get("text", ""),
                    other=answers.get("other"),
                    seen=answers["seen"],
                )
                self.log_change(request, record, f"{move.english}.")
        except REFUSAL_ERRORS as refusal:
            self.report_refusal(request, refusal)
            return False
        message = _("%(move)s: done.") % {"move": move.label}
        if move.end:
            now = _("It is now %(state)s.") % {"state": state_label(record).lower()}
            message = f"{message} {now}"
        self.message_user(request, message, messages.SUCCESS)
        return True


def _asks(move: Transition) -> bool:
    """Whether a page comes between the button and the move: to write something, or to look."""
    return bool(move.asks or move.other) or move is workflow.PUBLISH


def _before(move: Transition, record: Any, request: HttpRequest) -> dict[str, Any]:
    """What the person reads before a version is published, and what is checked of it."""
    if move is not workflow.PUBLISH or not isinstance(record, ReviewVersion):
        return {}
    return {
        "checks": publication_checks.run_checks(record),
        "lines": reading(record, staff(request)),
    }
