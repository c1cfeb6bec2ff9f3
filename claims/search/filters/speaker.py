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


def teach() -> None:
    """Let speakers be found by what they said, and what was found of it."""
    said = [fact for fact in criteria.OF_STATEMENT if fact.name != "organization"]
    SpeakerFilterSet.learn(
        *criteria.on("statements", *said),
        *criteria.on("claims", *criteria.OF_CLAIM, prefix="claim__"),
        *criteria.on("topics", criteria.TOPIC),
        *criteria.on("reviews", *criteria.OF_REVIEW),
        statements=about_statements,
        claims=about_claims,
        topics=about_topics,
        reviews=about_reviews,
    )
