"""By what of their claims speakers are filtered, which the app of sources does not know."""

from typing import Any

from django.db.models import OuterRef, QuerySet

from claims.choices import VersionState
from claims.models import Claim, ReviewVersion, Statement
from claims.search.filters import criteria
from sources.filters import SpeakerFilterSet


def about_statements(self: SpeakerFilterSet) -> QuerySet[Any]:
    return Statement.objects.visible_to(self.request.user).filter(speaker=OuterRef("pk"))


def about_claims(self: SpeakerFilterSet) -> QuerySet[Any]:
    seen = Claim.objects.visible_to(self.request.user)
    return seen.filter(statements__speaker=OuterRef("pk"))


def about_topics(self: SpeakerFilterSet) -> QuerySet[Any]:
    seen = Claim.objects.visible_to(self.request.user)
    links = Claim.topics.through.objects.filter(claim__in=seen)
    return links.filter(claim__statements__speaker=OuterRef("pk"))


def about_reviews(_self: SpeakerFilterSet) -> QuerySet[Any]:
    standing = ReviewVersion.objects.filter(state=VersionState.PUBLISHED)
    return standing.filter(review__claim__statements__speaker=OuterRef("pk"))


def extend_speaker_filters() -> None:
    """Let speakers be found by what they said, and what was found of it."""
    said = [fact for fact in criteria.STATEMENT_CRITERIA if fact.name != "organization"]
    SpeakerFilterSet.learn(
        *criteria.related_criteria("statements", *said),
        *criteria.related_criteria("claims", *criteria.CLAIM_CRITERIA, prefix="claim__"),
        *criteria.related_criteria("topics", criteria.TOPIC),
        *criteria.related_criteria("reviews", *criteria.REVIEW_CRITERIA),
        statements=about_statements,
        claims=about_claims,
        topics=about_topics,
        reviews=about_reviews,
    )
