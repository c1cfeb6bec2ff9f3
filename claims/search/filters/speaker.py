"""By what of their claims speakers are filtered, which the app of sources does not know."""

from typing import Any

from django.db.models import OuterRef, QuerySet

from claims.choices import VersionState
from claims.models import Claim, ReviewVersion, Statement
from claims.search.filters.criteria import (
    CLAIM_CRITERIA,
    REVIEW_CRITERIA,
    STATEMENT_CRITERIA,
    TOPIC,
    related_criteria,
)
from sources.filters import SpeakerFilterSet


def related_statements(self: SpeakerFilterSet) -> QuerySet[Any]:
    return Statement.objects.visible_to(self.request.user).filter(speaker=OuterRef("pk"))


def related_claims(self: SpeakerFilterSet) -> QuerySet[Any]:
    seen = Claim.objects.visible_to(self.request.user)
    return seen.filter(statements__speaker=OuterRef("pk"))


def related_topics(self: SpeakerFilterSet) -> QuerySet[Any]:
    seen = Claim.objects.visible_to(self.request.user)
    links = Claim.topics.through.objects.filter(claim__in=seen)
    return links.filter(claim__statements__speaker=OuterRef("pk"))


def related_reviews(_self: SpeakerFilterSet) -> QuerySet[Any]:
    standing = ReviewVersion.objects.filter(state=VersionState.PUBLISHED)
    return standing.filter(review__claim__statements__speaker=OuterRef("pk"))


def extend_speaker_filters() -> None:
    """Let speakers be found by what they said, and what was found of it."""
    statement_criteria = [c for c in STATEMENT_CRITERIA if c.name != "organization"]
    SpeakerFilterSet.add_criteria(
        *related_criteria("statements", *statement_criteria),
        *related_criteria("claims", *CLAIM_CRITERIA, prefix="claim__"),
        *related_criteria("topics", TOPIC),
        *related_criteria("reviews", *REVIEW_CRITERIA),
        statements=related_statements,
        claims=related_claims,
        topics=related_topics,
        reviews=related_reviews,
    )
