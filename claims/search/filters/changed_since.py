"""Filter of reviews whose ClaimReview a reader must fetch again."""

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
from claims.search.filters.related_rows import published_versions
from claimsapi.core.api.filters import TimestampFilter
from claimsapi.core.ledger.models import Entry
from sources.models import Affiliation, Document, Identifier, Publisher, Speaker

# Actions of entries without a change of content: a record older than its ledger, or a new format.
_UNCHANGED_ACTIONS = ("adopt", "migrate")


class ChangedSinceFilter(TimestampFilter):
    """Reviews whose ClaimReview may have changed since a timestamp."""

    def filter(self, qs: QuerySet[Any], value: datetime | None) -> QuerySet[Any]:
        return qs if value is None else qs.filter(changed_since(value))


def changed_since(timestamp: datetime) -> Q:
    """Return the condition for reviews that changed, or whose markup contains a changed record.

    The markup of an imported review is its publisher's own and contains no records. Records count
    only if they are public with the review: all statements of its claim, and its evidence unless
    confidential.
    """
    # Changed records are few, so each subquery finds them first, and IN looks up their reviews.
    # IN also keeps a review once that several changed records lead to.
    changed = Q(updated_at__gte=timestamp)
    published = ReviewVersion.objects.public().filter(
        Q(published_at__gte=timestamp) | Q(closed_at__gte=timestamp)
    )
    own_versions = published_versions().filter(markup="")
    publishers = Publisher.objects.filter(changed)
    documents = Document.objects.filter(changed | Q(publisher__in=publishers))
    scales = RatingScale.objects.filter(
        changed | Q(pk__in=Rating.objects.filter(changed).values("scale"))
    )
    evidence = Evidence.objects.filter(
        is_confidential=False, version__state=VersionState.PUBLISHED
    ).filter(changed | Q(document__in=documents))
    markup_changed = (
        Q(publisher__in=publishers)
        | _claim_changed(timestamp, documents)
        | Q(pk__in=evidence.values("version__review"))
        | Q(pk__in=own_versions.filter(rating__scale__in=scales).values("review"))
    )
    return (
        changed
        | Q(pk__in=published.values("review"))
        | Q(Exists(own_versions.filter(review=OuterRef("pk")))) & markup_changed
    )


def _claim_changed(timestamp: datetime, documents: QuerySet[Any]) -> Q:
    """The condition for reviews whose claim changed, or a statement of it or its sources."""
    changed = Q(updated_at__gte=timestamp)
    entries = Entry.objects.filter(at__gte=timestamp)
    # Only the ledger still knows a deleted record, and a topic that was added or removed.
    deletions = entries.filter(action="delete")
    deleted_identifier = deletions.filter(kind="sources.identifier", part_of=OuterRef("public_id"))
    deleted_statement = deletions.filter(
        kind="claims.statement", part_of=OuterRef("claim__public_id")
    )
    claim_entries = entries.filter(kind="claims.claim", object=OuterRef("claim__public_id"))
    speakers = Speaker.objects.filter(
        changed
        | Q(pk__in=Identifier.objects.filter(changed).values("speaker"))
        | Q(Exists(deleted_identifier))
    )
    statements = Statement.objects.filter(
        changed
        | Q(speaker__in=speakers)
        | Q(affiliation__in=Affiliation.objects.filter(changed))
        | Q(document__in=documents)
    )
    topic_links = Claim.topics.through.objects.filter(topic__in=Topic.objects.filter(changed))
    return (
        Q(claim__in=Claim.objects.filter(changed))
        | Q(claim__in=statements.values("claim"))
        | Q(claim__in=topic_links.values("claim"))
        | Q(Exists(claim_entries.exclude(action__in=_UNCHANGED_ACTIONS)))
        | Q(Exists(deleted_statement))
    )
