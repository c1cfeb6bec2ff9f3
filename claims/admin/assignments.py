"""Giving claims to people, from the queue and from a case."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from claims.admin.actions import page_before, staff
from claims.choices import Priority
from claims.services.assignments import Meanwhile, assign_claims, assignable_users, can_assign
from claimsapi.core.admin import REFUSAL_ERRORS, error_messages
from claimsapi.core.models import User

NOBODY: Final = "nobody"


class AssignForm(forms.Form):
    """The chosen claims, each with the revision of the assignment that was seen, and the person."""

    to = forms.CharField(max_length=50, required=False)
    priority = forms.ChoiceField(choices=[("", ""), *Priority.choices], required=False)

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        sent: Any = self.data  # as a browser sends it, with several values of one name
        chosen = [key for key in sent.getlist("claim") if _is_key(key)]
        if not chosen:
            raise ValidationError(_("Choose claims first."))
        asked["seen"] = {int(key): _number(sent.get(f"seen-{key}")) for key in chosen}
        asked["assignee"] = assignable_users().filter(handle=asked.get("to")).first()
        if asked["assignee"] is None and asked.get("to") != NOBODY:
            raise ValidationError(_("Choose to whom the claims are given."))
        return asked


@require_POST
def assign_view(request: HttpRequest) -> HttpResponse:
    """Give the chosen claims to a person, and go back to where the button was."""
    user = staff(request)
    if not can_assign(user):
        raise PermissionDenied
    sent = request.POST.copy()
    if one := sent.get("take"):
        sent.setlist("claim", [one])
        sent["to"] = user.handle
    form = AssignForm(sent)
    if form.is_valid():
        _assign(request, user, form.cleaned_data)
    for faults in form.errors.values():
        for fault in faults:
            messages.error(request, str(fault))
    return HttpResponseRedirect(page_before(request) or reverse("admin:index"))


def _assign(request: HttpRequest, user: User, asked: dict[str, Any]) -> None:
    given = {name: asked[name] for name in ("seen", "assignee", "priority")}
    try:
        changed, meanwhile = assign_claims(user=user, **given)
    except REFUSAL_ERRORS as refusal:
        for sentence in error_messages(refusal):
            messages.error(request, sentence)
        return
    if changed:
        told = ngettext(
            "%(number)d claim is with %(person)s now.",
            "%(number)d claims are with %(person)s now.",
            changed,
        )
        with_whom = {"number": changed, "person": _called(asked["assignee"])}
        messages.success(request, told % with_whom)
    elif not meanwhile:
        messages.info(request, _("Nothing was changed."))
    for left in meanwhile:
        messages.warning(request, _told(left))


def _told(left: Meanwhile) -> str:
    sentence = _("Somebody was faster: '%(claim)s' is with %(person)s now.")
    return sentence % {"claim": left.claim, "person": _called(left.assignee)}


def _called(person: User | None) -> str:
    return f"@{person.handle}" if person else _("nobody")


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _number(text: str | None) -> int:
    return int(text) if text and _is_key(text) else 0
