"""Related rows that several filter sets match."""

from typing import Any

from django.db.models import OuterRef, QuerySet

from claims.choices import VersionState
from claims.models import Claim, ReviewVersion


def published_versions() -> QuerySet[Any]:
    """The published version of each review. Everyone may see it, so it needs no other check."""
    return ReviewVersion.objects.filter(state=VersionState.PUBLISHED)


def visible_topic_links(user: Any) -> QuerySet[Any]:
    """The rows of the claims' many-to-many table of topics, of claims that the user may see."""
    return Claim.topics.through.objects.filter(claim__in=Claim.objects.visible_to(user))


class ClaimMemberMixin:
    """Related rows of a record with a foreign key ``claim``."""

    request: Any

    def related_claims(self) -> QuerySet[Any]:
        return Claim.objects.visible_to(self.request.user).filter(pk=OuterRef("claim"))

    def related_topics(self) -> QuerySet[Any]:
        return visible_topic_links(self.request.user).filter(claim=OuterRef("claim"))
