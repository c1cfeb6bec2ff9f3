"""By what statements are filtered."""

from typing import Any, ClassVar

from django.db.models import OuterRef, QuerySet

from claims.choices import VersionState
from claims.models import Claim, ReviewVersion, Statement
from claims.search.filters.criteria import (
    CLAIM_CRITERIA,
    CLAIM_ID,
    REVIEW_CRITERIA,
    SPEAKER_CRITERIA,
    STATEMENT_CRITERIA,
    TOPIC,
    related_criteria,
)
from claimsapi.core.api.filter_criteria import Criterion, RecordFilterSet


class StatementFilterSet(RecordFilterSet):
    criteria: ClassVar[tuple[Criterion, ...]] = (
        CLAIM_ID,
        *SPEAKER_CRITERIA,
        *STATEMENT_CRITERIA,
        *related_criteria("claims", *CLAIM_CRITERIA, prefix="claim__"),
        *related_criteria("topics", TOPIC),
        *related_criteria("reviews", *REVIEW_CRITERIA),
    )

    class Meta:
        model = Statement
        fields = ()

    def related_claims(self) -> QuerySet[Any]:
        return Claim.objects.visible_to(self.request.user).filter(pk=OuterRef("claim"))

    def related_topics(self) -> QuerySet[Any]:
        seen = Claim.objects.visible_to(self.request.user)
        return Claim.topics.through.objects.filter(claim=OuterRef("claim"), claim__in=seen)

    def related_reviews(self) -> QuerySet[Any]:
        standing = ReviewVersion.objects.filter(state=VersionState.PUBLISHED)
        return standing.filter(review__claim=OuterRef("claim"))
