"""The case page: one claim with its source, statements, reviews, history and actions."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST, require_safe

from claims.admin.actions import ActionButton, ActionButtonsAdminMixin, staff_user
from claims.admin.source_panel import (
    OtherDocumentForm,
    add_statement_url,
    find_occurrences,
    get_snapshot_or_404,
    load_snapshots,
    load_source,
    resolve_selection,
    select_snapshot,
)
from claims.choices import OPEN_STATES, PUBLIC_STATES, Priority, RelationState, VersionState
from claims.models import Claim, ClaimRelation, Evidence, Review, ReviewVersion, Statement
from claims.services.assignments import assignable_users, can_assign
from claims.workflow.publication_checks import PublicationCheck, run_checks
from claimsapi.core.models import User
from claimsapi.core.text import normalize_newlines

HISTORY_LENGTH: Final = 8  # ledger entries on the page


@dataclass(frozen=True, slots=True)
class ReviewPanel:
    """A publisher's review on the case page: its open version and its published version.

    ``version_buttons`` maps a version's primary key to its action buttons.
    """

    review: Review
    open_version: ReviewVersion | None
    published_version: ReviewVersion | None
    version_buttons: dict[int, list[ActionButton]]
    buttons: list[ActionButton]
    checks: list[PublicationCheck] = field(default_factory=list)


class CaseAdminMixin(ActionButtonsAdminMixin):
    """Adds the case page to the admin of claims."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/case/", wrap(require_safe(self.case_view)), name="claims_claim_case"),
            path("<int:pk>/quote/", wrap(require_POST(self.quote_view)), name="claims_claim_quote"),
            *super().get_urls(),
        ]

    def case_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the case of one claim."""
        # This checks the permission. _load_claim() then loads the claim with its related records.
        self.get_record_or_404(request, pk)
        return self._render_case(request, pk, request.GET.get("snapshot"))

    def _render_case(
        self, request: HttpRequest, pk: int, snapshot: str | None, words: str = ""
    ) -> HttpResponse:
        """Render the case. ``words`` is a quotation without a unique position in the text."""
        user = staff_user(request)
        claim = _load_claim(pk, user)
        panels = [self._review_panel(request, review) for review in _load_reviews(claim, user)]
        document_form = OtherDocumentForm(self.admin_site, request.GET)
        # Only staff with this permission read the text of sources: its copyright is not ours.
        can_read = user.has_perm("sources.view_snapshot")
        snapshots = load_snapshots(claim, document_form.document()) if can_read else []
        source = load_source(claim, select_snapshot(snapshots, snapshot))
        context = {
            **self.admin_site.each_context(request),
            "title": claim.text,
            "opts": self.opts,
            "claim": claim,
            "buttons": self.get_buttons(request, claim),
            "statements": claim.statements.all(),
            "relations": _load_relations(claim, user),
            "review_panels": panels,
            "is_published": any(
                version.state in PUBLIC_STATES
                for panel in panels
                for version in panel.review.versions.all()
            ),
            "source": source,
            "snapshots": snapshots,
            "document_form": document_form if can_read else None,
            "media": self.media + document_form.media,
            "words": words,
            "occurrences": find_occurrences(claim, source, words),
            "changes": self.latest_changes(request, claim, HISTORY_LENGTH),
            "can": _case_permissions(request),
            "priorities": Priority.choices,
            # Empty for users who may not assign: the template then omits the form.
            "assignable_users": assignable_users() if can_assign(user) else [],
            # Not request.path: a rejected quotation renders this page at another URL.
            "next": f"{self.page_url('case', pk)}?{request.GET.urlencode()}".rstrip("?"),
        }
        return TemplateResponse(request, "admin/claims/case.html", context)

    def quote_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Redirect from a quotation of the source to the form for its statement."""
        claim = self.get_record_or_404(request, pk)
        if not request.user.has_perm("claims.add_statement"):
            raise PermissionDenied
        snapshot = get_snapshot_or_404(request, request.POST.get("snapshot"))
        words = normalize_newlines(request.POST.get("words", ""))
        position, error = resolve_selection(snapshot.text or "", request.POST, words)
        if position is not None:
            return HttpResponseRedirect(add_statement_url(claim, snapshot, *position))
        messages.error(request, error)
        return self._render_case(request, pk, str(snapshot.pk), words)

    def get_claim(self, record: Any) -> Any:
        return record

    def _review_panel(self, request: HttpRequest, review: Review) -> ReviewPanel:
        versions: list[ReviewVersion] = review.visible_versions  # type: ignore[attr-defined]  # prefetched
        open_version = next((v for v in versions if v.state in OPEN_STATES), None)
        published = next((v for v in versions if v.state == VersionState.PUBLISHED), None)
        if published is None and open_version is None:
            published = versions[0] if versions else None  # the newest is retracted
        version_admin: Any = self.admin_site.get_model_admin(ReviewVersion)
        review_admin: Any = self.admin_site.get_model_admin(Review)
        return ReviewPanel(
            review,
            open_version,
            published,
            {
                version.pk: version_admin.transition_buttons(request, version)
                for version in (open_version, published)
                if version is not None
            },
            review_admin.next_version_buttons(request, review),
            run_checks(open_version) if open_version is not None else [],
        )


def _load_claim(pk: int, user: User) -> Claim:
    """Load a claim with its topics, and with its visible statements and their sources."""
    statements = (
        Statement.objects.visible_to(user)
        .select_related("speaker", "affiliation", "document__publisher", "snapshot")
        .defer("snapshot__text")  # megabytes; the page loads the text of one snapshot only
        .prefetch_related("speaker__affiliations")
        .order_by("stated_on", "pk")
    )
    # Without this permission the template shows no assignment, so the page does not load it.
    rows = Claim.objects.all()
    if user.has_perm("claims.view_assignment"):
        rows = rows.select_related("assignment__assignee")
    claim: Claim = rows.prefetch_related("topics", Prefetch("statements", statements)).get(pk=pk)
    return claim


def _load_reviews(claim: Claim, user: User) -> Iterable[Review]:
    """Load the claim's visible reviews, each with ``visible_versions``, the newest first."""
    evidence = (
        Evidence.objects.visible_to(user).select_related("document__publisher").order_by("pk")
    )
    versions = (
        ReviewVersion.objects.visible_to(user)
        .select_related("rating__scale", "author", "editor")
        .prefetch_related(Prefetch("evidence", evidence))
        .order_by("-number")
    )
    reviews = list(
        Review.objects.visible_to(user)
        .filter(claim=claim)
        .select_related("publisher")
        .prefetch_related("versions", Prefetch("versions", versions, to_attr="visible_versions"))
        .order_by("pk")
    )
    # Set the objects that are loaded already, to save one query per review and version.
    for review in reviews:
        review.claim = claim
        for version in review.visible_versions:
            version.review = review
    return reviews


def _load_relations(claim: Claim, user: User) -> list[tuple[ClaimRelation, Claim]]:
    """Load the claim's relations in both directions except rejected ones, with the other claim."""
    rows = ClaimRelation.objects.visible_to(user).filter(Q(from_claim=claim) | Q(to_claim=claim))
    rows = rows.exclude(state=RelationState.REJECTED).select_related("from_claim", "to_claim")
    return [
        (relation, relation.to_claim if relation.from_claim == claim else relation.from_claim)
        for relation in rows.order_by("kind", "pk")
    ]


def _case_permissions(request: HttpRequest) -> dict[str, bool]:
    """Map each permission that the page's template needs to whether this user has it."""
    return {
        name: request.user.has_perm(f"claims.{name}")
        for name in (
            "change_claim",
            "add_statement",
            "change_statement",
            "add_review",
            "add_claimrelation",
            "change_reviewversion",
            "view_reviewversion",
            "view_assignment",
        )
    }
