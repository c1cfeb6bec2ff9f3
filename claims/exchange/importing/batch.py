"""Rows that are written together: the records that they need, in the order of their references."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from claims.choices import (
    OPEN_STATES,
    ClaimStatus,
    CorrectionKind,
    RelationKind,
    RelationState,
    ReviewOrigin,
    Stance,
    VersionState,
)
from claims.exchange.claimreview.normalizer import load_markup
from claims.exchange.claimreview.parser import ParsedReview, parse_review
from claims.exchange.claimreview.vocabulary import Json
from claims.exchange.importing.entity_resolver import EntityResolver
from claims.exchange.importing.matching_keys import name_key, url_key
from claims.exchange.importing.rows import Outcome, Row
from claims.exchange.importing.statements import StatementWriter, bulk_insert
from claims.models import Claim, ClaimRelation, Evidence, Review, ReviewVersion
from claims.slugs import make_slug
from claimsapi.core.errors import Conflict
from claimsapi.core.identifiers import uuid7
from claimsapi.core.models import User, with_new_revision

_SHOWN: Final = 200  # characters of a text in a note
# What readers call the members of a ClaimReview.
_PARTS: Final = {
    "url": "its address",
    "claimReviewed": "the claim",
    "name": "the headline",
    "headline": "the headline",
    "datePublished": "its date",
    "dateModified": "the date of its last change",
    "inLanguage": "its language",
    "author": "who wrote it",
    "publisher": "who published it",
    "reviewRating": "the rating or its explanation",
    "itemReviewed": "who made the claim, when or where",
    "reviewBody": "the reasoning",
    "keywords": "the topics",
    "citation": "the evidence",
    "correction": "its own corrections",
    "license": "the licence",
}
# What of them a note quotes, as it was and as it is.
_TOLD: Final[dict[str, Callable[[ParsedReview], str]]] = {
    "claim": lambda found: found.claim,
    "rating": lambda found: found.label,
    "claimant": lambda found: ", ".join(one.name for one in found.claimants),
}


class Batch:
    """Rows that are written together."""

    status = ClaimStatus.REVIEWED  # of the claims that are new

    def __init__(
        self,
        known: EntityResolver,
        author: User,
        moment: datetime,
        met: Collection[int],
        taken: list[tuple[Row, ReviewVersion | None]],
    ) -> None:
        self._known, self._author, self._moment, self._taken = known, author, moment, taken
        self._met = met
        self.reviews: list[Review] = []
        self._new_reviews: list[Review] = []
        self._claims: list[Claim] = []
        self._topics: list[Any] = []
        self._stating = StatementWriter(known)
        self._versions: list[ReviewVersion] = []
        self._evidence: list[Evidence] = []
        self._superseded: list[int] = []
        self._updated: list[int] = []
        self._moved: list[tuple[Review, Claim, Claim]] = []
        self._reclassified: list[tuple[Claim, ParsedReview, ParsedReview]] = []

    def decide(self) -> None:
        """Say what becomes of each row, and prepare the records."""
        works = [
            work
            for row, _ in self._taken
            for work in (*row.parsed_review.appearances, *row.parsed_review.evidence)
        ]
        self._stating.look_up(works)
        for row, newest in self._taken:
            if newest is None:
                self._create(row)
            else:
                self._compare(row, newest)

    def say(self, row: Row, claim: Claim) -> None:
        """Write of the row only who made the claim and where."""
        self._stating.look_up(row.parsed_review.appearances)
        self._stating.correct(row, claim)
        self.write()

    def write(self) -> None:
        for records in self._known.made.values():
            bulk_insert(records)
        bulk_insert(self._claims)
        through: Any = Claim.topics.through
        through.objects.bulk_create(
            [through(claim_id=claim.pk, topic_id=topic.pk) for claim, topic in self._topics]
        )
        self._stating.write()
        for review, before, claim in self._moved:
            self._move(review, before, claim)
        for claim, said_before, said_now in self._reclassified:
            self._reclassify(claim, said_before, said_now)
        bulk_insert(self._new_reviews)
        old = ReviewVersion.objects.filter(pk__in=self._superseded, state=VersionState.PUBLISHED)
        done = old.update(
            **with_new_revision(state=VersionState.SUPERSEDED, closed_at=self._moment)
        )
        if done != len(self._superseded):
            raise Conflict("A review was changed here at this moment: bring its row in again.")
        self._publish()
        Review.objects.filter(pk__in=self._updated).update(**with_new_revision())

    def _publish(self) -> None:
        """Write the versions; those with evidence as drafts first, to which alone it is added."""
        resting = {id(evidence.version) for evidence in self._evidence}
        times = []
        for version in self._versions:
            if id(version) in resting:
                times.append((version, version.published_at))
                version.state, version.published_at = VersionState.DRAFT, None
                version.submitted_at = None
        bulk_insert(self._versions)
        bulk_insert(self._evidence)
        now = timezone.now()  # not before the evidence was made
        for version, published_at in times:
            ReviewVersion.objects.filter(pk=version.pk, state=VersionState.DRAFT).update(
                **with_new_revision(
                    state=VersionState.PUBLISHED, submitted_at=now, published_at=published_at
                )
            )

    def _create(self, row: Row) -> None:
        found, public_id = row.parsed_review, uuid7()
        claim = self._claim(row)
        review = Review(
            public_id=public_id,
            claim=claim,
            publisher=self._known.publisher(found, row.notes),
            origin=ReviewOrigin.IMPORTED,
            identifier=found.identifier,
            slug=make_slug(found.claim, public_id, "review"),
        )
        self._new_reviews.append(review)
        self.reviews.append(review)
        published = min(found.published_at or self._moment, self._moment)
        self._version(row, review, 1, published)
        row.outcome, row.review = Outcome.CREATED, str(public_id)

    def _compare(self, row: Row, newest: ReviewVersion) -> None:
        review = newest.review
        self.reviews.append(review)
        row.review = str(review.public_id)
        if newest.state != VersionState.PUBLISHED:
            row.outcome = Outcome.SAME
            row.notes.append(
                "The review has a version in the making here: it stays as it is."
                if newest.state in OPEN_STATES
                else "The review was retracted here: it stays so."
            )
            return
        before = row.normalized if newest.markup == row.markup else load_markup(newest.markup)[0]
        if _with_key(before) == _with_key(row.normalized):
            row.outcome = Outcome.SAME
            return
        said, found = parse_review(before), row.parsed_review
        if row.left_behind(said.modified_at, met=review.pk in self._met):
            return
        row.outcome = Outcome.UPDATED
        if said.claim != found.claim:  # a comma is enough: the page says what it says
            self._moved.append((review, review.claim, self._claim(row)))
        else:
            if said.statement_data != found.statement_data:
                self._stating.correct(row, review.claim)
            if said.classification != found.classification and review.claim.reviews.count() == 1:
                for name in found.topics:  # they are written with what is new
                    self._known.topic(name, row.notes)
                self._reclassified.append((review.claim, said, found))
        version = self._version(row, review, newest.number + 1, self._changed_at(found, newest))
        version.correction_kind = CorrectionKind.UPDATE
        version.correction_note = describe_changes(before, row.normalized)
        self._superseded.append(newest.pk)
        self._updated.append(review.pk)
        row.reason = version.correction_note

    def _changed_at(self, found: ParsedReview, newest: ReviewVersion) -> datetime:
        """When the publisher says that it changed the review, if that can be."""
        said = found.modified_at
        fits = said and newest.published_at and newest.published_at < said <= self._moment
        return said if said and fits else self._moment

    def _claim(self, row: Row) -> Claim:
        found = row.parsed_review
        claim = Claim(text=found.claim, kind="", language=found.language, status=self.status)
        self._claims.append(claim)
        topics = (self._known.topic(name, row.notes) for name in found.topics)
        by_slug = {topic.slug: topic for topic in topics if topic is not None}
        self._topics += [(claim, topic) for topic in by_slug.values()]
        self._stating.add(row, claim)
        return claim

    def _reclassify(self, claim: Claim, before: ParsedReview, now: ParsedReview) -> None:
        """Let language and topics follow the publisher, but for what people here chose."""
        here = self._known.topics
        keys = [dict.fromkeys(map(name_key, found.topics)) for found in (before, now)]
        gone = [here[key] for key in keys[0] if key not in keys[1] and key in here]
        claim.topics.remove(*gone)
        claim.topics.add(*(here[key] for key in keys[1] if key not in keys[0] and key in here))
        said = {"language": now.language} if claim.language == before.language else {}
        Claim.objects.filter(pk=claim.pk).update(**with_new_revision(**said))

    def _version(
        self, row: Row, review: Review, number: int, published_at: datetime
    ) -> ReviewVersion:
        found = row.parsed_review
        version = ReviewVersion(
            review=review,
            number=number,
            state=VersionState.PUBLISHED,
            rating=self._known.rating(found, row.notes),
            headline=found.headline,
            summary=found.summary,
            body=found.body,
            author=self._author,
            submitted_at=self._moment,
            published_at=published_at,
            markup=row.markup,
        )
        self._versions.append(version)
        self._evidence += [
            Evidence(
                version=version,
                document=self._stating.document(work),
                stance=Stance.CONTEXT,
                exact=work.exact,
                note=work.note,
            )
            for work in found.evidence
        ]
        return version

    def _move(self, review: Review, before: Claim, claim: Claim) -> None:
        """The review is about other words now: its claim before leads to the new one."""
        Review.objects.filter(pk=review.pk).update(**with_new_revision(claim=claim))
        if Review.objects.filter(claim=before).exists():
            return
        Claim.objects.filter(pk=before.pk).update(
            **with_new_revision(
                status=ClaimStatus.REJECTED,
                status_reason=f"Its publisher put it otherwise: {claim.text}",
                listed_at=None,
            )
        )
        ClaimRelation.objects.create(
            from_claim=before,
            to_claim=claim,
            kind=RelationKind.SAME_AS,
            state=RelationState.CONFIRMED,
            method="import",
        )


def describe_changes(before: Json, after: Json) -> str:
    """The public note of a new version: what of its review the publisher changed."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    parts = dict.fromkeys(_PARTS.get(name, "what else it says of itself") for name in names)
    if len(parts) > 1:
        parts.pop(_PARTS["dateModified"], None)
    said = [", ".join(parts)]
    old, new = parse_review(before), parse_review(after)
    for what, read_as in _TOLD.items():
        was, now = read_as(old), read_as(new)
        if was != now:
            said.append(f"the {what} was {_quoted(was)} and is {_quoted(now)}")
    return f"The publisher changed its review: {'; '.join(said)}."


def _quoted(text: str) -> str:
    return f"“{text[:_SHOWN]}”" if text else "not given"


def _with_key(normalized: Json) -> Json:
    """The review, whose address is the same however it is written."""
    return {**normalized, "url": url_key(normalized.get("url", ""))}
