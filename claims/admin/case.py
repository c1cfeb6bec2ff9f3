"""One page per case: a claim with its source, speakers, evidence, history and what to do next."""

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

from claims.admin.actions import Button, ButtonsAdminMixin, staff
from claims.admin.source import (
    OtherDocumentForm,
    adding,
    chosen,
    held,
    occurrences,
    place_in,
    source_of,
    texts_for,
)
from claims.choices import OPEN_STATES, PUBLIC_STATES, Priority, RelationState, VersionState
from claims.models import Claim, ClaimRelation, Evidence, Review, ReviewVersion, Statement
from claims.services.assignments import assignable_users, can_assign
from claims.workflow.publication_checks import Check, run_checks
from claimsapi.core.models import User
from claimsapi.core.text import normalize_newlines

CHANGES: Final = 8  # of the history


@dataclass(frozen=True, slots=True)
class Side:
    """A publisher's review: the version that is worked on, and the one that is published."""

    review: Review
    open: ReviewVersion | None
    published: ReviewVersion | None
    buttons: dict[int, list[Button]]
    review_buttons: list[Button]
    checks: list[Check] = field(default_factory=list)


class CaseAdminMixin(ButtonsAdminMixin):
    """Adds the case to a claim's pages."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/case/", wrap(require_safe(self.case_view)), name="claims_claim_case"),
            path("<int:pk>/quote/", wrap(require_POST(self.quote_view)), name="claims_claim_quote"),
            *super().get_urls(),
        ]

    def case_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Everything about one claim on one page."""
        self.record_for(request, pk)
        return self._page(request, pk, request.GET.get("snapshot"))

    def _page(
        self, request: HttpRequest, pk: int, snapshot: str | None, words: str = ""
    ) -> HttpResponse:
        user = staff(request)
        claim = _claim(pk, user)
        sides = [self._side(request, review) for review in _reviews(claim, user)]
        other = OtherDocumentForm(self.admin_site, request.GET)
        reads = user.has_perm("sources.view_snapshot")
        texts = texts_for(claim, other.document()) if reads else []
        source = source_of(claim, chosen(texts, snapshot))
        here = f"{self.page_url('case', pk)}?{request.GET.urlencode()}".rstrip("?")
        context = {
            **self.admin_site.each_context(request),
            "title": claim.text,
            "opts": self.opts,
            "claim": claim,
            "buttons": self.buttons(request, claim),
            "statements": claim.statements.all(),
            "relations": _relations(claim, user),
            "sides": sides,
            "published": any(
                version.state in PUBLIC_STATES
                for side in sides
                for version in side.review.versions.all()
            ),
            "source": source,
            "texts": texts,
            "other": other if reads else None,
            "media": self.media + other.media,
            "words": words,
            "places": occurrences(claim, source, words),
            "changes": self.latest_changes(request, claim, CHANGES),
            "may": _may(request),
            "priorities": Priority.choices,
            "people": assignable_users() if can_assign(user) else [],
            "next": here,
        }
        return TemplateResponse(request, "admin/claims/case.html", context)

    def quote_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead from a selection, or from words of the text, to a statement filled in with it."""
        claim = self.record_for(request, pk)
        if not request.user.has_perm("claims.add_statement"):
            raise PermissionDenied
        snapshot = held(request, request.POST.get("snapshot"))
        words = normalize_newlines(request.POST.get("words", ""))
        place, fault = place_in(snapshot.text or "", request.POST, words)
        if place is not None:
            return HttpResponseRedirect(adding(claim, snapshot, *place))
        messages.error(request, fault)
        return self._page(request, pk, str(snapshot.pk), words)

    def case_of(self, record: Any) -> Any:
        return record

    def _side(self, request: HttpRequest, review: Review) -> Side:
        versions: list[ReviewVersion] = review.shown  # type: ignore[attr-defined]  # prefetched
        now = next((v for v in versions if v.state in OPEN_STATES), None)
        published = next((v for v in versions if v.state == VersionState.PUBLISHED), None)
        if published is None and now is None:
            published = versions[0] if versions else None  # retracted
        version_page: Any = self.admin_site.get_model_admin(ReviewVersion)
        review_page: Any = self.admin_site.get_model_admin(Review)
        shown = [version for version in (now, published) if version is not None]
        return Side(
            review,
            now,
            published,
            {version.pk: version_page.moves(request, version) for version in shown},
            review_page.preparing(request, review),
            run_checks(now) if now is not None else [],
        )


def _claim(pk: int, user: User) -> Claim:
    statements = (
        Statement.objects.visible_to(user)
        .select_related("speaker", "affiliation", "document__publisher", "snapshot")
        .defer("snapshot__text")
        .prefetch_related("speaker__affiliations")
        .order_by("stated_on", "pk")
    )
    rows = Claim.objects.all()
    if user.has_perm("claims.view_assignment"):
        rows = rows.select_related("assignment__assignee")
    claim: Claim = rows.prefetch_related("topics", Prefetch("statements", statements)).get(pk=pk)
    return claim


def _reviews(claim: Claim, user: User) -> Iterable[Review]:
    seen = Evidence.objects.visible_to(user)
    evidence = seen.select_related("document__publisher").order_by("pk")
    versions = (
        ReviewVersion.objects.visible_to(user)
        .select_related("rating__scale", "author", "editor")
        .prefetch_related(Prefetch("evidence", evidence))
        .order_by("-number")
    )
    reviews = Review.objects.visible_to(user).filter(claim=claim)
    rows = reviews.select_related("publisher").order_by("pk")
    found = list(rows.prefetch_related("versions", Prefetch("versions", versions, to_attr="shown")))
    for review in found:
        review.claim = claim
        for version in review.shown:
            version.review = review
    return found


def _relations(claim: Claim, user: User) -> list[tuple[ClaimRelation, Claim]]:
    """How the claim relates to others, in both directions, but for what was rejected."""
    seen = ClaimRelation.objects.visible_to(user)
    rows = seen.filter(Q(from_claim=claim) | Q(to_claim=claim))
    rows = rows.exclude(state=RelationState.REJECTED).select_related("from_claim", "to_claim")
    return [
        (relation, relation.to_claim if relation.from_claim == claim else relation.from_claim)
        for relation in rows.order_by("kind", "pk")
    ]


def _may(request: HttpRequest) -> dict[str, bool]:
    """What this person may do from here, by name of the permission."""
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
