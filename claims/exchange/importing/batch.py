"""A batch of rows: plans the records of each row, and writes all of them in a few queries."""

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

_MAX_QUOTATION_LENGTH: Final = 200  # characters of a text in a correction note
# Words for the properties of a ClaimReview, for readers of a correction note.
_PROPERTY_NAMES: Final = {
    "url": "the URL",
    "claimReviewed": "the claim",
    "name": "the headline",
    "headline": "the headline",
    "datePublished": "the publication date",
    "dateModified": "the modification date",
    "inLanguage": "the language",
    "author": "the author",
    "publisher": "the publisher",
    "reviewRating": "the rating or its explanation",
    "itemReviewed": "the claimant, date or place of the claim",
    "reviewBody": "the reasoning",
    "keywords": "the topics",
    "citation": "the evidence",
    "correction": "the publisher's corrections",
    "license": "the license",
}
# Properties whose old and new values the note quotes.
_QUOTED: Final[dict[str, Callable[[ParsedReview], str]]] = {
    "claim": lambda review: review.claim,
    "rating": lambda review: review.label,
    "claimant": lambda review: ", ".join(claimant.name for claimant in review.claimants),
}


class Batch:
    """Rows of one transaction.

    ``rows`` pairs each row with the newest version of its review, if the review exists.
    ``seen_reviews`` are primary keys of the reviews of earlier rows of the file. Call :meth:`plan`,
    then :meth:`write`.
    """

    claim_status = ClaimStatus.REVIEWED  # of new claims

    def __init__(
        self,
        resolver: EntityResolver,
        author: User,
        at: datetime,
        seen_reviews: Collection[int],
        rows: list[tuple[Row, ReviewVersion | None]],
    ) -> None:
        self._resolver, self._author, self._at, self._rows = resolver, author, at, rows
        self._seen_reviews = seen_reviews
        self.reviews: list[Review] = []
        self._new_reviews: list[Review] = []
        self._new_claims: list[Claim] = []
        self._topic_links: list[tuple[Claim, Any]] = []
        self._statements = StatementWriter(resolver)
        self._versions: list[ReviewVersion] = []
        self._evidence: list[Evidence] = []
        self._superseded: list[int] = []
        self._updated_reviews: list[int] = []
        self._reworded: list[tuple[Review, Claim, Claim]] = []  # review, old claim, new claim
        self._reclassified: list[tuple[Claim, ParsedReview, ParsedReview]] = []  # old, new review

    def plan(self) -> None:
        """Set the outcome of each row and prepare its records."""
        self._statements.load_documents(
            work
            for row, _ in self._rows
            for work in (*row.parsed_review.appearances, *row.parsed_review.evidence)
        )
        for row, newest in self._rows:
            if newest is None:
                self._create(row)
            else:
                self._update(row, newest)

    def write_statements(self, row: Row, claim: Claim) -> None:
        """Write only the statements of a row."""
        self._statements.load_documents(row.parsed_review.appearances)
        self._statements.update(row, claim)
        self.write()

    def write(self) -> None:
        """Write the planned records, each after those that it refers to."""
        for records in self._resolver.new_records.values():
            bulk_insert(records)
        bulk_insert(self._new_claims)
        through: Any = Claim.topics.through
        through.objects.bulk_create(
            [through(claim_id=claim.pk, topic_id=topic.pk) for claim, topic in self._topic_links]
        )
        self._statements.write()
        for review, old_claim, claim in self._reworded:
            self._replace_claim(review, old_claim, claim)
        for claim, old, new in self._reclassified:
            self._reclassify(claim, old, new)
        bulk_insert(self._new_reviews)
        # The old version goes first: a constraint allows one published version per review. The
        # state in the filter makes this a guarded update; fewer rows mean a concurrent change.
        published = ReviewVersion.objects.filter(
            pk__in=self._superseded, state=VersionState.PUBLISHED
        )
        count = published.update(
            **with_new_revision(state=VersionState.SUPERSEDED, closed_at=self._at)
        )
        if count != len(self._superseded):
            raise Conflict("A user changed this review at the same time. Import the row again.")
        self._write_versions()
        Review.objects.filter(pk__in=self._updated_reviews).update(**with_new_revision())

    def _write_versions(self) -> None:
        """Write the versions; those with evidence as drafts first.

        Guards allow new evidence only for drafts.
        """
        with_evidence = {id(evidence.version) for evidence in self._evidence}
        publication_times = []
        for version in self._versions:
            if id(version) in with_evidence:
                publication_times.append((version, version.published_at))
                version.state, version.published_at = VersionState.DRAFT, None
                version.submitted_at = None
        bulk_insert(self._versions)
        bulk_insert(self._evidence)
        submitted_at = timezone.now()  # evidence must not be newer than the submission
        for version, published_at in publication_times:
            ReviewVersion.objects.filter(pk=version.pk, state=VersionState.DRAFT).update(
                **with_new_revision(
                    state=VersionState.PUBLISHED,
                    submitted_at=submitted_at,
                    published_at=published_at,
                )
            )

    def _build_review(self, row: Row) -> Review:
        """Return a new review of a new claim, without a slug and not yet saved."""
        parsed = row.parsed_review
        return Review(
            public_id=uuid7(),
            claim=self._make_claim(row),
            publisher=self._resolver.resolve_publisher(parsed, row.notes),
            origin=ReviewOrigin.IMPORTED,
            identifier=parsed.identifier,
        )

    def _create(self, row: Row) -> None:
        review = self._build_review(row)
        review.slug = make_slug(row.parsed_review.claim, review.public_id, "review")
        self._new_reviews.append(review)
        self.reviews.append(review)
        # The review is public from now on, so a publication date in the future is not true.
        published_at = row.parsed_review.published_at or self._at
        self._make_version(row, review, 1, min(published_at, self._at))
        row.outcome, row.review = Outcome.CREATED, str(review.public_id)

    def _update(self, row: Row, newest: ReviewVersion) -> None:
        """Plan a new version if the publisher changed the review."""
        review = newest.review
        self.reviews.append(review)
        row.review = str(review.public_id)
        if newest.state != VersionState.PUBLISHED:
            row.outcome = Outcome.SAME
            is_open = newest.state in OPEN_STATES
            row.notes.append(
                "Skipped: the review has an open version at this desk."
                if is_open
                else "Skipped: this desk retracted the review."
            )
            return
        old_markup = (
            row.normalized if newest.markup == row.markup else load_markup(newest.markup)[0]
        )
        if _with_url_key(old_markup) == _with_url_key(row.normalized):
            row.outcome = Outcome.SAME
            return
        old, new = parse_review(old_markup), row.parsed_review
        if row.settle_against(old.modified_at, is_repeated=review.pk in self._seen_reviews):
            return
        row.outcome = Outcome.UPDATED
        # Even another comma makes a new claim: a review must never move to words that its
        # publisher did not judge.
        if old.claim != new.claim:
            self._reworded.append((review, review.claim, self._make_claim(row)))
        else:
            if old.statement_data != new.statement_data:
                self._statements.update(row, review.claim)
            if old.classification != new.classification and review.claim.reviews.count() == 1:
                for name in new.topics:  # prepare the new topics, so that write() inserts them
                    self._resolver.resolve_topic(name, row.notes)
                self._reclassified.append((review.claim, old, new))
        version = self._make_version(row, review, newest.number + 1, self._changed_at(new, newest))
        version.correction_kind = CorrectionKind.UPDATE
        version.correction_note = describe_changes(old_markup, row.normalized)
        self._superseded.append(newest.pk)
        self._updated_reviews.append(review.pk)
        row.reason = version.correction_note

    def _changed_at(self, review: ParsedReview, newest: ReviewVersion) -> datetime:
        """Return the publisher's modification time if it is possible, else the current time."""
        modified_at, published_at = review.modified_at, newest.published_at
        if modified_at and published_at and published_at < modified_at <= self._at:
            return modified_at
        return self._at

    def _make_claim(self, row: Row) -> Claim:
        review = row.parsed_review
        claim = Claim(
            text=review.claim, kind="", language=review.language, status=self.claim_status
        )
        self._new_claims.append(claim)
        topics = (self._resolver.resolve_topic(name, row.notes) for name in review.topics)
        # Two keywords may resolve to one topic, which a claim can have only once.
        by_slug = {topic.slug: topic for topic in topics if topic is not None}
        self._topic_links += [(claim, topic) for topic in by_slug.values()]
        self._statements.add(row, claim)
        return claim

    def _reclassify(self, claim: Claim, old: ParsedReview, new: ParsedReview) -> None:
        """Apply the publisher's changes of language and topics; keep the choices of people."""
        topics = self._resolver.topics
        old_keys, new_keys = (dict.fromkeys(map(name_key, review.topics)) for review in (old, new))
        removed = [topics[key] for key in old_keys if key not in new_keys and key in topics]
        added = [topics[key] for key in new_keys if key not in old_keys and key in topics]
        claim.topics.remove(*removed)
        claim.topics.add(*added)
        # A different language in the database is a person's choice.
        values = {"language": new.language} if claim.language == old.language else {}
        Claim.objects.filter(pk=claim.pk).update(**with_new_revision(**values))

    def _make_version(
        self, row: Row, review: Review, number: int, published_at: datetime
    ) -> ReviewVersion:
        parsed = row.parsed_review
        version = ReviewVersion(
            review=review,
            number=number,
            state=VersionState.PUBLISHED,
            rating=self._resolver.resolve_rating(parsed, row.notes),
            headline=parsed.headline,
            summary=parsed.summary,
            body=parsed.body,
            author=self._author,
            submitted_at=self._at,
            published_at=published_at,
            markup=row.markup,
        )
        self._versions.append(version)
        self._evidence += [
            Evidence(
                version=version,
                document=self._statements.resolve_document(work),
                stance=Stance.CONTEXT,
                exact=work.exact,
                note=work.note,
            )
            for work in parsed.evidence
        ]
        return version

    def _replace_claim(self, review: Review, old_claim: Claim, claim: Claim) -> None:
        """Connect the review to its new claim; redirect an old claim without reviews to it."""
        Review.objects.filter(pk=review.pk).update(**with_new_revision(claim=claim))
        if Review.objects.filter(claim=old_claim).exists():
            return
        Claim.objects.filter(pk=old_claim.pk).update(
            **with_new_revision(
                status=ClaimStatus.REJECTED,
                status_reason=f"Its publisher changed the wording: {claim.text}",
                listed_at=None,
            )
        )
        ClaimRelation.objects.create(
            from_claim=old_claim,
            to_claim=claim,
            kind=RelationKind.SAME_AS,
            state=RelationState.CONFIRMED,
            method="import",
        )


def describe_changes(old: Json, new: Json) -> str:
    """Return the public correction note: the properties that the publisher changed."""
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    parts = dict.fromkeys(_PROPERTY_NAMES.get(name, "other properties") for name in names)
    # The modification date changes with every other property: it says nothing beside them.
    if len(parts) > 1:
        parts.pop(_PROPERTY_NAMES["dateModified"], None)
    clauses = [", ".join(parts)]
    old_review, new_review = parse_review(old), parse_review(new)
    for name, read in _QUOTED.items():
        old_text, new_text = read(old_review), read(new_review)
        if old_text != new_text:
            clauses.append(f"the {name} changed from {_quote(old_text)} to {_quote(new_text)}")
    return f"The publisher changed its review: {'; '.join(clauses)}."


def _quote(text: str) -> str:
    return f"“{text[:_MAX_QUOTATION_LENGTH]}”" if text else "no value"


def _with_url_key(markup: Json) -> Json:
    """Return the markup with a key for its URL, since spellings of one URL are no change."""
    return {**markup, "url": url_key(markup.get("url", ""))}
