"""The desk's front page: which claims wait for whom, and since when."""

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from claims.admin.actions import staff
from claims.admin.filter_form import ClaimFilterForm
from claims.choices import OPEN_STATES, Priority
from claims.models import Claim, ReviewVersion, Statement
from claims.search.full_text import filter_by_text
from claims.search.query import parse_query
from claims.services.assignments import assignable_users, can_assign
from claims.workflow.queues import QUEUES, Queue, queue_claims, queue_lengths
from claimsapi.core.models import User

PAGE = 50


class QueueFilterForm(ClaimFilterForm):
    """By what the claims of a queue are narrowed."""

    q = forms.CharField(label=gettext_lazy("Words"), max_length=200, required=False)
    priority = forms.ChoiceField(label=gettext_lazy("Priority"), required=False)
    assignee = forms.ModelChoiceField(
        assignable_users(),
        to_field_name="handle",
        label=gettext_lazy("Who has it"),
        required=False,
        empty_label=gettext_lazy("Anyone"),
    )
    field_order = ("q", "speaker", "topic", "kind", "priority", "assignee")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("priority", Priority.choices)

    def clean_q(self) -> Any:
        words = self.cleaned_data["q"]
        try:
            return parse_query(words) if words else None
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def narrowed(self, rows: QuerySet[Claim], user: User) -> QuerySet[Claim]:
        """Those of the claims that are asked for."""
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        if terms := asked.get("q"):
            rows = filter_by_text(rows, terms, user)
        if speaker := asked.get("speaker"):
            said = Statement.objects.filter(speaker__name__icontains=speaker)
            rows = rows.filter(pk__in=said.values("claim"))
        if topic := asked.get("topic"):
            rows = rows.filter(topics=topic)
        if kind := asked.get("kind"):
            rows = rows.filter(kind=kind)
        if priority := asked.get("priority"):
            rows = _of_priority(rows, priority)
        if assignee := asked.get("assignee"):
            rows = rows.filter(assignment__assignee=assignee)
        return rows


# What a row shows, all of it.
SHOWN: Final = (
    "claims.view_claim",
    "claims.view_statement",
    "claims.view_review",
    "claims.view_reviewversion",
    "claims.view_assignment",
)


def _of_priority(rows: QuerySet[Claim], priority: str) -> QuerySet[Claim]:
    if priority != Priority.NORMAL:
        return rows.filter(assignment__priority=priority)
    others = [other for other in Priority.values if other != priority]
    return rows.exclude(assignment__priority__in=others)


def _with_columns(rows: QuerySet[Claim]) -> QuerySet[Claim]:
    """Load what the columns show."""
    statements = Statement.objects.select_related("speaker", "document__publisher").order_by("pk")
    versions = ReviewVersion.objects.filter(state__in=OPEN_STATES).select_related("author")
    return rows.select_related("assignment__assignee").prefetch_related(
        Prefetch("statements", statements),
        Prefetch("reviews__versions", versions.defer("summary", "body"), to_attr="open_versions"),
    )


def _asked_queue(request: HttpRequest, waiting: dict[str, int]) -> Queue:
    """The queue that is asked for; else the first in which something waits."""
    asked = request.GET.get("queue")
    named = (queue for queue in QUEUES if queue.name == asked)
    return next(named, None) or next((q for q in QUEUES if waiting[q.name]), QUEUES[0])


@require_safe
def queue_view(request: HttpRequest) -> HttpResponse:
    """What waits, for whom, since when."""
    user = staff(request)
    if not user.has_perms(SHOWN):
        return admin.site.index(request)  # with what this person may do elsewhere
    waiting = queue_lengths(user)
    queue, form = _asked_queue(request, waiting), QueueFilterForm(request.GET)
    rows = queue_claims(queue, user)
    rows = form.narrowed(rows, user) if form.is_valid() else rows.none()
    page = Paginator(_with_columns(rows), PAGE).get_page(request.GET.get("page"))
    kept = request.GET.copy()
    for name in ("page", "queue"):
        kept.pop(name, None)
    filters = {name: value for name, value in kept.items() if value and name in form.fields}
    context = {
        **admin.site.each_context(request),
        "title": _("Queue"),
        "queues": QUEUES,
        "lengths": waiting,
        "queue": queue,
        "form": form,
        "filtered": bool(filters),
        "kept": kept.urlencode(),
        "page": page,
        "may_assign": can_assign(user),
        "may_add": user.has_perm("claims.add_claim"),
        "people": assignable_users(),
        "here": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/claims/queue.html", context)
