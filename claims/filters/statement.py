"""By what statements are filtered."""

from typing import Any, ClassVar

import django_filters
from django.db.models import OuterRef, QuerySet

from claims.choices import VersionState
from claims.filters import facts
from claims.models import Claim, ReviewVersion, Statement
from claimsapi.core.api.facts import Fact, FactFilterSet


class StatementFilterSet(FactFilterSet):
    facts: ClassVar[tuple[Fact, ...]] = (
        *facts.SPEAKER,
        *facts.OF_STATEMENT,
        *facts.on("claims", *facts.OF_CLAIM, prefix="claim__"),
        *facts.on("topics", facts.TOPIC),
        *facts.on("reviews", *facts.OF_REVIEW),
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
