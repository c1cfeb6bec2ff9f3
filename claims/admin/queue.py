"""The desk's front page: queues of claims that wait for a decision."""

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

from claims.admin.actions import staff_user
from claims.admin.filter_form import ClaimFilterForm
from claims.choices import OPEN_STATES, Priority
from claims.models import Claim, ReviewVersion, Statement
from claims.search.query import parse_query
from claims.search.text_queries import filter_by_text
from claims.services.assignments import assignable_users, can_assign
from claims.workflow.queues import QUEUES, Queue, queue_claims, queue_lengths
from claimsapi.core.models import User

PAGE_SIZE: Final = 50
# A row shows all of these records. Without one of the permissions the page would leak it.
REQUIRED_PERMISSIONS: Final = (
    "claims.view_claim",
    "claims.view_statement",
    "claims.view_review",
    "claims.view_reviewversion",
    "claims.view_assignment",
)


class QueueFilterForm(ClaimFilterForm):
    """Filters the claims of a queue."""

    q = forms.CharField(label=gettext_lazy("Words"), max_length=200, required=False)
    priority = forms.ChoiceField(label=gettext_lazy("Priority"), required=False)
    assignee = forms.ModelChoiceField(
        assignable_users(),
        to_field_name="handle",
        label=gettext_lazy("Assignee"),
        required=False,
        empty_label=gettext_lazy("Anyone"),
    )
    field_order = ("q", "speaker", "topic", "kind", "priority", "assignee")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.set_choices("priority", Priority.choices)

    def clean_q(self) -> Any:
        words = self.cleaned_data["q"]
        try:
            return parse_query(words) if words else None
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def filter_claims(self, rows: QuerySet[Claim], user: User) -> QuerySet[Claim]:
        """Return the claims that match all filters of the valid form."""
        filters = {name: value for name, value in self.cleaned_data.items() if value}
        if terms := filters.get("q"):
            rows = filter_by_text(rows, terms, user)
        if speaker := filters.get("speaker"):
            # A subquery, since a join would list a claim once per statement.
            statements = Statement.objects.filter(speaker__name__icontains=speaker)
            rows = rows.filter(pk__in=statements.values("claim"))
        if topic := filters.get("topic"):
            rows = rows.filter(topics=topic)
        if kind := filters.get("kind"):
            rows = rows.filter(kind=kind)
        if priority := filters.get("priority"):
            rows = _filter_by_priority(rows, priority)
        if assignee := filters.get("assignee"):
            rows = rows.filter(assignment__assignee=assignee)
        return rows


def _filter_by_priority(rows: QuerySet[Claim], priority: str) -> QuerySet[Claim]:
    if priority != Priority.NORMAL:
        return rows.filter(assignment__priority=priority)
    # A claim without an assignment has normal priority, so exclude the others.
    others = [other for other in Priority.values if other != priority]
    return rows.exclude(assignment__priority__in=others)


def _prefetch_columns(rows: QuerySet[Claim]) -> QuerySet[Claim]:
    """Prefetch the records that the columns of a row show."""
    statements = Statement.objects.select_related("speaker", "document__publisher").order_by("pk")
    versions = ReviewVersion.objects.filter(state__in=OPEN_STATES).select_related("author")
    return rows.select_related("assignment__assignee").prefetch_related(
        Prefetch("statements", statements),
        Prefetch("reviews__versions", versions.defer("summary", "body"), to_attr="open_versions"),
    )


def _select_queue(request: HttpRequest, lengths: dict[str, int]) -> Queue:
    """Return the queue that the URL names, else the first queue that is not empty."""
    name = request.GET.get("queue")
    by_name = (queue for queue in QUEUES if queue.name == name)
    return next(by_name, None) or next((q for q in QUEUES if lengths[q.name]), QUEUES[0])


@require_safe
def queue_view(request: HttpRequest) -> HttpResponse:
    """Show one queue, a page of its claims and the lengths of all queues."""
    user = staff_user(request)
    if not user.has_perms(REQUIRED_PERMISSIONS):
        return admin.site.index(request)  # Django's index lists the pages that this user may open
    lengths = queue_lengths(user)
    queue, form = _select_queue(request, lengths), QueueFilterForm(request.GET)
    rows = queue_claims(queue, user)
    # An invalid filter lists nothing: all claims would look like its result.
    rows = form.filter_claims(rows, user) if form.is_valid() else rows.none()
    page = Paginator(_prefetch_columns(rows), PAGE_SIZE).get_page(request.GET.get("page"))
    # The links of the tabs keep the filters but start at the first page of their queue.
    query = request.GET.copy()
    for name in ("page", "queue"):
        query.pop(name, None)
    filters = {name: value for name, value in query.items() if value and name in form.fields}
    context = {
        **admin.site.each_context(request),
        "title": _("Queue"),
        "queues": QUEUES,
        "lengths": lengths,
        "queue": queue,
        "form": form,
        "is_filtered": bool(filters),
        "filter_query": f"&{query.urlencode()}" if query else "",
        "page": page,
        "can_assign": can_assign(user),
        "can_add_claim": user.has_perm("claims.add_claim"),
        "assignable_users": assignable_users(),
        "next": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/claims/queue.html", context)
