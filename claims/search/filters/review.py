"""By what reviews, evidence and corrections are filtered."""

from typing import Any, ClassVar

import django_filters
from django.db.models import OuterRef, QuerySet

from claims.choices import (
    PUBLIC_STATES,
    CorrectionKind,
    ReviewOrigin,
    Stance,
    VersionState,
)
from claims.models import (
    Claim,
    Correction,
    Evidence,
    Review,
    ReviewVersion,
    Statement,
)
from claims.search.filters import criteria
from claims.search.filters.changed_since import ChangedSinceFilter
from claimsapi.core.api.filter_criteria import Criterion, CriterionFilterSet
from claimsapi.core.api.filters import ChoiceInFilter, IdFilter, RecordFilterSet, TimestampFilter


class ReviewFilterSet(CriterionFilterSet):
    facts: ClassVar[tuple[Criterion, ...]] = (
        *criteria.PUBLISHER_CRITERIA,
        Criterion("origin", "word", "origin", "Where it was made", "own", choices=ReviewOrigin),
        *criteria.related_criteria(
            "standing", criteria.VERDICT, criteria.RATING, criteria.REVIEWED_AT
        ),
        Criterion(
            "state",
            "word",
            "state",
            "Has a version in this state, among those that the caller may see",
            "published",
            on="versions",
            choices=VersionState,
        ),
        Criterion(
            "published_at",
            "moment",
            "published_at",
            "A version, whether it stands or not, was published",
            "2026-11-23T12:00:00Z",
            on="published",
        ),
        *criteria.related_criteria("claims", *criteria.CLAIM_CRITERIA, prefix="claim__"),
        *criteria.related_criteria("topics", criteria.TOPIC),
        *criteria.related_criteria("statements", *criteria.SPEAKER_CRITERIA),
        criteria.HAS_EVIDENCE,
    )
    claim = django_filters.UUIDFilter("claim__public_id", label="The claim's id.")
    changed_since = ChangedSinceFilter(
        label="Whose ClaimReview may have changed at or after this moment (ISO 8601): the review "
        "itself, or what the markup of one that was written here is made of."
    )

    class Meta:
        model = Review
        fields = ()

    def about_versions(self) -> QuerySet[Any]:
        return ReviewVersion.objects.visible_to(self.request.user).filter(review=OuterRef("pk"))

    def about_standing(self) -> QuerySet[Any]:
        return self.about_versions().filter(state=VersionState.PUBLISHED)

    def about_published(self) -> QuerySet[Any]:
        return self.about_versions().filter(state__in=PUBLIC_STATES)

    def about_claims(self) -> QuerySet[Any]:
        return Claim.objects.visible_to(self.request.user).filter(pk=OuterRef("claim"))

    def about_topics(self) -> QuerySet[Any]:
        seen = Claim.objects.visible_to(self.request.user)
        return Claim.topics.through.objects.filter(claim=OuterRef("claim"), claim__in=seen)

    def about_statements(self) -> QuerySet[Any]:
        return Statement.objects.visible_to(self.request.user).filter(claim=OuterRef("claim"))

    def about_evidence(self) -> QuerySet[Any]:
        seen = Evidence.objects.visible_to(self.request.user)
        return seen.filter(version__review=OuterRef("pk"))


class EvidenceFilterSet(RecordFilterSet):
    review = django_filters.UUIDFilter("version__review__public_id", label="The review's id.")
    document = django_filters.UUIDFilter("document__public_id", label="The document's id.")
    stance = django_filters.ChoiceFilter(
        choices=Stance.choices, label="What it does for the claim."
    )

    class Meta:
        model = Evidence
        fields = ()


class CorrectionFilterSet(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(
        choices=CorrectionKind.choices, label="What kind of correction."
    )
    kind__in = ChoiceInFilter(
        "kind", choices=CorrectionKind.choices, label="Any of these, with commas."
    )
    review = IdFilter(method="by_review", label="The review's id.")
    claim = IdFilter(method="by_review", label="The claim's id.")
    publisher = IdFilter(method="by_review", label="The publisher's id.")
    at__gte = TimestampFilter("at", "gte", label="Published at or after this moment (ISO 8601).")
    at__lt = TimestampFilter("at", "lt", label="Published before this moment (ISO 8601).")

    class Meta:
        model = Correction
        fields = ()

    def by_review(
        self, queryset: QuerySet[Correction], name: str, value: Any
    ) -> QuerySet[Correction]:
        """By a list of reviews, not by a join: so each half of the view is searched by itself."""
        path = {"review": "public_id"}.get(name, f"{name}__public_id")
        return queryset.filter(review__in=Review.objects.filter(**{path: value}))
