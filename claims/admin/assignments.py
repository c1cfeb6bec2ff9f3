"""Assign claims to users, from the queue and from a case."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from claims.admin.actions import parse_key, return_url, staff_user
from claims.choices import Priority
from claims.services.assignments import assign_claims, assignable_users, can_assign
from claimsapi.core.admin import REFUSAL_ERRORS, error_messages
from claimsapi.core.models import User

NOBODY: Final = "nobody"


class AssignForm(forms.Form):
    """The selected claims, each with the assignment revision that the user saw, and an assignee."""

    to = forms.CharField(max_length=50, required=False)
    priority = forms.ChoiceField(choices=[("", ""), *Priority.choices], required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        post: Any = self.data  # a QueryDict: 'claim' has several values
        claims = [key for key in map(parse_key, post.getlist("claim")) if key is not None]
        if not claims:
            raise ValidationError(_("Select at least one claim."))
        # Revision 0 means that the claim had no assignment when the page was opened.
        data["revisions"] = {pk: parse_key(post.get(f"revision-{pk}")) or 0 for pk in claims}
        data["assignee"] = assignable_users().filter(handle=data.get("to")).first()
        if data["assignee"] is None and data.get("to") != NOBODY:
            raise ValidationError(_("Select the person to assign the claims to."))
        return data


@require_POST
def assign_view(request: HttpRequest) -> HttpResponse:
    """Assign the selected claims to a user and redirect to the page with the button."""
    user = staff_user(request)
    if not can_assign(user):
        raise PermissionDenied
    data = request.POST.copy()
    if claim := data.get("take"):  # the button 'Assign to me' of one row
        data.setlist("claim", [claim])
        data["to"] = user.handle
    form = AssignForm(data)
    if form.is_valid():
        _assign(request, user, form.cleaned_data)
    for errors in form.errors.values():
        for error in errors:
            messages.error(request, str(error))
    return HttpResponseRedirect(return_url(request) or reverse("admin:index"))


def _assign(request: HttpRequest, user: User, data: dict[str, Any]) -> None:
    """Assign the claims of a valid form and report the result as messages."""
    try:
        number, conflicts = assign_claims(
            revisions=data["revisions"],
            assignee=data["assignee"],
            priority=data["priority"],
            user=user,
        )
    except REFUSAL_ERRORS as refusal:
        for message in error_messages(refusal):
            messages.error(request, message)
        return
    if number:
        text = ngettext(
            "%(number)d claim is now assigned to %(person)s.",
            "%(number)d claims are now assigned to %(person)s.",
            number,
        )
        values = {"number": number, "person": _display_handle(data["assignee"])}
        messages.success(request, text % values)
    elif not conflicts:
        messages.info(request, _("Nothing was changed."))
    for conflict in conflicts:
        text = _(
            "Another user changed the assignment of '%(claim)s'. It is now assigned to %(person)s."
        )
        values = {"claim": conflict.claim, "person": _display_handle(conflict.assignee)}
        messages.warning(request, text % values)


def _display_handle(assignee: User | None) -> str:
    return f"@{assignee.handle}" if assignee else _("nobody")
