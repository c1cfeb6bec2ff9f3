"""Filter sets of reviews, evidence and corrections."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet

from claims.choices import (
    PUBLIC_STATES,
    CorrectionKind,
    ReviewOrigin,
    Stance,
    VersionState,
)
from claims.models import (
    Correction,
    Evidence,
    Review,
    ReviewVersion,
    Statement,
)
from claims.search.filters.changed_since import ChangedSinceFilter
from claims.search.filters.criteria import (
    CLAIM_CRITERIA,
    CLAIM_ID,
    EXAMPLE_ID,
    HAS_EVIDENCE,
    PUBLISHER_CRITERIA,
    RATING,
    REVIEWED_AT,
    SPEAKER_CRITERIA,
    TOPIC,
    VERDICT,
    related_criteria,
)
from claims.search.filters.related_rows import ClaimMemberMixin
from claimsapi.core.api.filter_criteria import Criterion, CriterionFilterSet, RecordFilterSet


class ReviewFilterSet(ClaimMemberMixin, RecordFilterSet):
    criteria: ClassVar[tuple[Criterion, ...]] = (
        CLAIM_ID,
        *PUBLISHER_CRITERIA,
        Criterion("origin", "choice", "origin", "Origin", "own", choices=ReviewOrigin),
        *related_criteria("published_version", VERDICT, RATING, REVIEWED_AT),
        Criterion(
            "state",
            "choice",
            "state",
            "State of a version that you may see",
            "published",
            relation="versions",
            choices=VersionState,
        ),
        Criterion(
            "published_at",
            "timestamp",
            "published_at",
            "Publication of any version, current or replaced,",
            "2026-11-23T12:00:00Z",
            relation="public_versions",
        ),
        *related_criteria("claims", *CLAIM_CRITERIA, prefix="claim__"),
        *related_criteria("topics", TOPIC),
        *related_criteria("statements", *SPEAKER_CRITERIA),
        HAS_EVIDENCE,
    )
    # Several tables decide, so this is no criterion of one column.
    changed_since = ChangedSinceFilter(
        label="Reviews whose ClaimReview may have changed at or after this time (ISO 8601): the "
        "review itself, or for reviews of this desk any record in the markup."
    )

    class Meta:
        model = Review
        fields = ()

    # The relations differ in the versions that must meet the conditions together: any visible
    # version, the published one, or any that was ever public.
    def related_versions(self) -> QuerySet[Any]:
        return ReviewVersion.objects.visible_to(self.request.user).filter(review=OuterRef("pk"))

    def related_published_version(self) -> QuerySet[Any]:
        return self.related_versions().filter(state=VersionState.PUBLISHED)

    def related_public_versions(self) -> QuerySet[Any]:
        return self.related_versions().filter(state__in=PUBLIC_STATES)

    def related_statements(self) -> QuerySet[Any]:
        return Statement.objects.visible_to(self.request.user).filter(claim=OuterRef("claim"))

    def related_evidence(self) -> QuerySet[Any]:
        evidence = Evidence.objects.visible_to(self.request.user)
        return evidence.filter(version__review=OuterRef("pk"))


class EvidenceFilterSet(RecordFilterSet):
    criteria: ClassVar[tuple[Criterion, ...]] = (
        Criterion(
            "review",
            "id",
            "version__review__public_id",
            "The review's id",
            EXAMPLE_ID,
            lookups=("exact",),
        ),
        Criterion(
            "document",
            "id",
            "document__public_id",
            "The document's id",
            EXAMPLE_ID,
            lookups=("exact",),
        ),
        Criterion(
            "stance",
            "choice",
            "stance",
            "What it says about the claim",
            "refutes",
            choices=Stance,
            lookups=("exact",),
        ),
    )

    class Meta:
        model = Evidence
        fields = ()


class CorrectionFilterSet(CriterionFilterSet):
    criteria: ClassVar[tuple[Criterion, ...]] = (
        Criterion(
            "kind",
            "choice",
            "kind",
            "Kind of correction",
            "correction",
            choices=CorrectionKind,
            lookups=("exact", "in"),
        ),
        Criterion(
            "review",
            "id",
            "",
            "The review's id",
            EXAMPLE_ID,
            method="match_review",
            lookups=("exact",),
        ),
        Criterion(
            "claim",
            "id",
            "",
            "The claim's id",
            EXAMPLE_ID,
            method="match_claim",
            lookups=("exact",),
        ),
        Criterion(
            "publisher",
            "id",
            "",
            "The publisher's id",
            EXAMPLE_ID,
            method="match_publisher",
            lookups=("exact",),
        ),
        Criterion("at", "timestamp", "at", "Published", "2026-11-23T12:00:00Z"),
    )

    class Meta:
        model = Correction
        fields = ()

    # The view is a union. With IN each half of it uses its own index; a join would read both whole.
    def match_review(self, ids: list[UUID]) -> Q:
        return Q(review__in=Review.objects.filter(public_id__in=ids))

    def match_claim(self, ids: list[UUID]) -> Q:
        return Q(review__in=Review.objects.filter(claim__public_id__in=ids))

    def match_publisher(self, ids: list[UUID]) -> Q:
        return Q(review__in=Review.objects.filter(publisher__public_id__in=ids))
