"""By what statements are filtered."""

from typing import Any, ClassVar

import django_filters
from django.db.models import OuterRef, QuerySet

from claims.choices import VersionState
from claims.models import Claim, ReviewVersion, Statement
from claims.search.filters import criteria
from claimsapi.core.api.filter_criteria import Criterion, CriterionFilterSet


class StatementFilterSet(CriterionFilterSet):
    facts: ClassVar[tuple[Criterion, ...]] = (
        *criteria.SPEAKER_CRITERIA,
        *criteria.STATEMENT_CRITERIA,
        *criteria.related_criteria("claims", *criteria.CLAIM_CRITERIA, prefix="claim__"),
        *criteria.related_criteria("topics", criteria.TOPIC),
        *criteria.related_criteria("reviews", *criteria.REVIEW_CRITERIA),
    )
    claim = django_filters.UUIDFilter("claim__public_id", label="The claim's id.")

    class Meta:
        model = Statement
        fields = ()

    def about_claims(self) -> QuerySet[Any]:
        return Claim.objects.visible_to(self.request.user).filter(pk=OuterRef("claim"))

    def about_topics(self) -> QuerySet[Any]:
        seen = Claim.objects.visible_to(self.request.user)
        return Claim.topics.through.objects.filter(claim=OuterRef("claim"), claim__in=seen)

    def about_reviews(self) -> QuerySet[Any]:
        standing = ReviewVersion.objects.filter(state=VersionState.PUBLISHED)
        return standing.filter(review__claim=OuterRef("claim"))
