"""Moves as buttons: each is a POST that names the revision on which the person decided."""

from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from claims.choices import OPEN_STATES, PUBLIC_STATES, CorrectionKind
from claims.models import Review
from claims.services.review import review_prepare
from claims.workflow import MOVES, Move, make_move, possible_moves, state_label
from claimsapi.core.admin import RecordAdmin, Refusal, sentences
from claimsapi.core.errors import Conflict
from claimsapi.core.forms import LinesField
from claimsapi.core.models import Record, User

PREPARE = "Prepare next version"
MOVED: Final = {
    "submit": "submitted",
    "return": "returned to its author",
    "publish": "published",
    "retract": "retracted",
    "start_review": "taken into review",
    "mark_not_checkable": "marked as not checkable",
    "same_as": "marked as the same as another",
    "reject": "rejected",
    "reopen": "reopened",
    "list": "listed for the public",
    "unlist": "taken off the public list",
}


@dataclass(frozen=True, slots=True)
class Button:
    """A button beside a record; ``asks`` if a page with a question comes first."""

    label: str
    url: str
    asks: bool


class SeenForm(forms.Form):
    """Carries the revision of the record that the person saw."""

    seen = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class TextForm(SeenForm):
    """Asks for the text of a move."""

    # What is missing the table of moves says, in one voice with the API.
    text = LinesField(required=False, widget=forms.Textarea(attrs={"rows": 6}))


class PrepareForm(forms.Form):
    """Asks why a published review has a next version."""

    kind = forms.ChoiceField(label="Kind of correction", choices=CorrectionKind)
    note = LinesField(
        label="Public note",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="What the public is told of the correction. It can wait until you submit.",
    )


class ButtonsAdminMixin(RecordAdmin):
    """A change page with buttons above its form, for those who may press one."""

    change_form_template = "admin/claims/change_form_with_moves.html"

    def buttons(self, request: HttpRequest, record: Any) -> list[Button]:  # noqa: ARG002
        return []

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        record = context["original"]
        # A form that was refused holds what is not saved, perhaps on a revision nobody has seen.
        if record is not None and request.method == "GET" and IS_POPUP_VAR not in request.GET:
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
        self, request: HttpRequest, record: Record, form: forms.Form, label: str
    ) -> HttpResponse:
        """Show the page on which the person writes what a button asks for."""
        context = {
            **self.admin_site.each_context(request),
            "title": label,
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "back": self.page_url("change", record.pk),
            "form": form,
            "label": label,
        }
        return TemplateResponse(request, "admin/claims/move_confirmation.html", context)

    def back_to(self, record: Record) -> HttpResponse:
        return HttpResponseRedirect(self.page_url("change", record.pk))


class MovesAdminMixin(ButtonsAdminMixin):
    """Buttons for the moves that the table of moves allows this person now."""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_move"
        view = self.admin_site.admin_view(require_POST(self.move_view))
        return [path("<int:pk>/move/<slug:name>/", view, name=name), *super().get_urls()]

    def done(self, action: str, after: dict[str, Any] | None) -> str:
        if action not in MOVED:
            return super().done(action, after)
        move = next((move for move in MOVES[self.model] if move.name == action), None)
        ends = {end for end in (move.end, move.instead) if end} if move is not None else set()
        moved = move is not None and (
            not ends or any(end in (after or {}).values() for end in ends)
        )
        # A move changes other records too: what was published takes the place of another version.
        return MOVED[action] if moved else f"changed when another record was {MOVED[action]}"

    def buttons(self, request: HttpRequest, record: Any) -> list[Button]:
        return super().buttons(request, record) + [
            Button(move.label, self.page_url("move", record.pk, move.name), bool(move.asks))
            for move in possible_moves(record=record, user=staff(request))
        ]

    def move_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        record = self.record_for(request, pk)
        move = next((move for move in MOVES[self.model] if move.name == name), None)
        if move is None:
            raise Http404
        if not request.user.has_perm(move.permission):
            raise PermissionDenied
        form = TextForm(request.POST) if move.asks else SeenForm(request.POST)
        if not form.is_valid():
            self.message_user(
                request, "The page did not say what you saw: press again.", messages.ERROR
            )
            return self.back_to(record)
        if move.asks:
            form.fields["text"].label = move.asks.capitalize()
            if "text" not in request.POST:
                first = TextForm(initial={"seen": form.cleaned_data["seen"]})
                first.fields["text"].label = move.asks.capitalize()
                return self.first_asked(request, record, move, first)
        if not self.moved(request, record, move, form.cleaned_data) and move.asks:
            return self.asked(request, record, form, move.label)
        return self.back_to(record)

    def first_asked(
        self, request: HttpRequest, record: Any, move: Move, form: TextForm
    ) -> HttpResponse:
        """Ask for the text, unless the move became impossible: nobody writes in vain."""
        if move in possible_moves(record=record, user=staff(request)):
            return self.asked(request, record, form, move.label)
        self.tell(request, Conflict(f"{move.label}: not possible in the record's present state."))
        return self.back_to(record)

    def moved(self, request: HttpRequest, record: Any, move: Move, answers: dict[str, Any]) -> bool:
        """Make the move and say so, or say why it was refused."""
        try:
            with transaction.atomic():
                record = make_move(
                    record=record,
                    move=move,
                    user=staff(request),
                    text=answers.get("text", ""),
                    seen=answers["seen"],
                )
                self.log_change(request, record, f"{move.label}.")
        except Refusal as refusal:
            self.tell(request, refusal)
            return False
        state = state_label(record) if move.end else ""
        now = f" It is now {state.lower()}." if state else ""
        self.message_user(request, f"{move.label}: done.{now}", messages.SUCCESS)
        return True


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
        buttons = super().buttons(request, record)
        if not request.user.has_perm("claims.add_reviewversion"):
            return buttons
        states = set(self.review_of(record).versions.values_list("state", flat=True))
        if states.intersection(PUBLIC_STATES) and not states.intersection(OPEN_STATES):
            buttons.append(Button(PREPARE, self.page_url("prepare", record.pk), asks=True))
        return buttons

    def prepare_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = self.record_for(request, pk)
        if not request.user.has_perm("claims.add_reviewversion"):
            raise PermissionDenied
        form = PrepareForm(request.POST if "kind" in request.POST else None)
        if not form.is_valid():
            return self.asked(request, record, form, PREPARE)
        try:
            with transaction.atomic():
                version = review_prepare(
                    review=self.review_of(record), author=staff(request), **form.cleaned_data
                )
                self.log_addition(request, version, f"{PREPARE}.")
        except ValidationError as fault:
            form.add_error(None, fault.messages)
            return self.asked(request, record, form, PREPARE)
        except Refusal as refusal:
            form.add_error(None, list(sentences(refusal)))
            return self.asked(request, record, form, PREPARE)
        self.message_user(request, f"{version} is a draft now.", messages.SUCCESS)
        return HttpResponseRedirect(version_url(self, version.pk))


def version_url(page: RecordAdmin, pk: int) -> str:
    """The address of a review version's page."""
    return reverse(f"{page.admin_site.name}:claims_reviewversion_change", args=[pk])


def staff(request: HttpRequest) -> User:
    """The account that makes the request."""
    user = request.user
    if not isinstance(user, User):  # the desk's views are for signed-in staff
        raise PermissionDenied
    return user
