"""Which reviews a reader of their ClaimReviews has to read again."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from claims.choices import VersionState
from claims.models import (
    Claim,
    Evidence,
    Rating,
    RatingScale,
    ReviewVersion,
    Statement,
    Topic,
)
from claimsapi.core.api.filters import TimestampFilter
from claimsapi.core.ledger.models import Entry
from sources.models import Affiliation, Document, Identifier, Publisher, Speaker

# Entries that tell of no change: of a record that was there before its ledger, of another form.
_NO_CHANGE = ("adopt", "migrate")


class ChangedSinceFilter(TimestampFilter):
    """Reviews whose ClaimReview may be another than it was at a moment."""

    def filter(self, qs: QuerySet[Any], value: datetime | None) -> QuerySet[Any]:
        return qs if value is None else qs.filter(changed_since(value))


def changed_since(moment: datetime) -> Q:
    """The review itself, or, of one that was written here, what its markup is made of.

    Counted are only records that are public with the review: all statements of its claim, and of
    its evidence what was not given in confidence. What changed is found first and looked up in
    then (IN): it is little, and a row that a subquery names twice is found once.
    """
    fresh = Q(updated_at__gte=moment)
    published = ReviewVersion.objects.public().filter(
        Q(published_at__gte=moment) | Q(closed_at__gte=moment)
    )
    standing = ReviewVersion.objects.filter(state=VersionState.PUBLISHED, markup="")
    publishers = Publisher.objects.filter(fresh)
    documents = Document.objects.filter(fresh | Q(publisher__in=publishers))
    made_of = (
        Q(publisher__in=publishers)
        | _claim_changed(moment, documents)
        | Q(pk__in=_with_other_evidence(fresh, documents).values("version__review"))
        | Q(pk__in=standing.filter(rating__scale__in=_scales(fresh)).values("review"))
    )
    return (
        fresh
        | Q(pk__in=published.values("review"))
        | Q(Exists(standing.filter(review=OuterRef("pk")))) & made_of
    )


def _claim_changed(moment: datetime, documents: QuerySet[Any]) -> Q:
    """Reviews whose claim, or who said it where, changed."""
    fresh = Q(updated_at__gte=moment)
    entries = Entry.objects.filter(at__gte=moment)
    # What was deleted has left its entry alone; so has a topic that was given or taken.
    lost = entries.filter(action="delete")
    lost_identifier = lost.filter(kind="sources.identifier", part_of=OuterRef("public_id"))
    lost_statement = lost.filter(kind="claims.statement", part_of=OuterRef("claim__public_id"))
    of_claim = entries.filter(kind="claims.claim", object=OuterRef("claim__public_id"))
    speakers = Speaker.objects.filter(
        fresh
        | Q(pk__in=Identifier.objects.filter(fresh).values("speaker"))
        | Q(Exists(lost_identifier))
    )
    statements = Statement.objects.filter(
        fresh
        | Q(speaker__in=speakers)
        | Q(affiliation__in=Affiliation.objects.filter(fresh))
        | Q(document__in=documents)
    )
    about = Claim.topics.through.objects.filter(topic__in=Topic.objects.filter(fresh))
    return (
        Q(claim__in=Claim.objects.filter(fresh))
        | Q(claim__in=statements.values("claim"))
        | Q(claim__in=about.values("claim"))
        | Q(Exists(of_claim.exclude(action__in=_NO_CHANGE)))
        | Q(Exists(lost_statement))
    )


def _with_other_evidence(fresh: Q, documents: QuerySet[Any]) -> QuerySet[Any]:
    cited = Evidence.objects.filter(is_confidential=False, version__state=VersionState.PUBLISHED)
    return cited.filter(fresh | Q(document__in=documents))


def _scales(fresh: Q) -> QuerySet[Any]:
    return RatingScale.objects.filter(
        fresh | Q(pk__in=Rating.objects.filter(fresh).values("scale"))
    )
