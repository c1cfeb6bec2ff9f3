"""Criteria of speakers by their statements, claims and reviews.

The app ``sources`` knows no claims, so this module adds them to its filter set.
"""

from typing import Any

from django.db.models import OuterRef, QuerySet

from claims.models import Claim, Statement
from claims.search.filters.criteria import (
    CLAIM_CRITERIA,
    REVIEW_CRITERIA,
    STATEMENT_CRITERIA,
    TOPIC,
    related_criteria,
)
from claims.search.filters.related_rows import published_versions, visible_topic_links
from sources.filters import SpeakerFilterSet


def related_statements(self: SpeakerFilterSet) -> QuerySet[Any]:
    return Statement.objects.visible_to(self.request.user).filter(speaker=OuterRef("pk"))


def related_claims(self: SpeakerFilterSet) -> QuerySet[Any]:
    claims = Claim.objects.visible_to(self.request.user)
    return claims.filter(statements__speaker=OuterRef("pk"))


def related_topics(self: SpeakerFilterSet) -> QuerySet[Any]:
    topic_links = visible_topic_links(self.request.user)
    return topic_links.filter(claim__statements__speaker=OuterRef("pk"))


def related_reviews(_self: SpeakerFilterSet) -> QuerySet[Any]:
    return published_versions().filter(review__claim__statements__speaker=OuterRef("pk"))


def extend_speaker_filters() -> None:
    """Add criteria for statements, claims, topics and reviews to the filter set of speakers."""
    # Speakers already have a criterion "organization", for all their affiliations.
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
