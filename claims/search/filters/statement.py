"""Filter set of statements."""

from typing import Any, ClassVar

from django.db.models import OuterRef, QuerySet

from claims.models import Statement
from claims.search.filters.criteria import (
    CLAIM_CRITERIA,
    CLAIM_ID,
    REVIEW_CRITERIA,
    SPEAKER_CRITERIA,
    STATEMENT_CRITERIA,
    TOPIC,
    related_criteria,
)
from claims.search.filters.related_rows import ClaimMemberMixin, published_versions
from claimsapi.core.api.filter_criteria import Criterion, RecordFilterSet


class StatementFilterSet(ClaimMemberMixin, RecordFilterSet):
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

    def related_reviews(self) -> QuerySet[Any]:
        return published_versions().filter(review__claim=OuterRef("claim"))
