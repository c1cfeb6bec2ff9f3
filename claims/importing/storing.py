"""Writing what was found: many rows at a time, and each row whole or not at all."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any, Final

from django.db import DataError, IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from claims.choices import (
    ClaimStatus,
    CorrectionKind,
    Quotation,
    RelationKind,
    RelationState,
    ReviewOrigin,
    Stance,
    VersionState,
)
from claims.importing.known import Known, name_key
from claims.importing.rows import Outcome, Row, agreed
from claims.interchange.claimreview.normalising import Json
from claims.interchange.claimreview.reading import Found
from claims.models import (
    Claim,
    ClaimRelation,
    Evidence,
    PublicClaim,
    PublicTally,
    Rating,
    RatingScale,
    Review,
    ReviewVersion,
    Statement,
)
from claims.public.addresses import absolute
from claims.slugs import page_slug
from claimsapi.core.guards import broken_rule
from claimsapi.core.identifiers import uuid7
from claimsapi.core.ledger.acting import acting
from claimsapi.core.models import Entry, Pending, User, touched
from sources.models import Affiliation, Document, Identifier, Publisher, Speaker

_LOT: Final = 500  # rows that are written in one transaction
_FIRST: Final = 20  # of the first one
_WRITTEN: Final = (
    *(Publisher, Speaker, Identifier, Affiliation, Document),
    *(Claim, Claim.topics.through, Statement, RatingScale, Rating),
    *(Review, ReviewVersion, Evidence, PublicClaim, PublicTally, Entry, Pending),
)
_SHOWN: Final = 60  # characters of a label in a note

Place = tuple[str, str]  # a publisher's site, and how it names a review


class Import:
    """One run: the rows of a file into the database.

    ``author`` is the account under which the versions stand, and ``source`` the reason that the
    ledger gives. A run that was killed is simply run again: what it had written is then the same.
    A ``dry`` run only says what would become of each row.
    """

    def __init__(self, *, author: User, source: str = "", dry: bool = False) -> None:
        self._author, self._source, self._dry = author, source, dry
        self._known = Known()
        # In a dry run, which writes nothing: what the rows before would have written.
        self._would_be: dict[tuple[Place, str], bytes] = {}
        self._met: set[int] = set()  # reviews that a row of this run was about
        self.counts: Counter[Outcome] = Counter()

    def run(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield each row in its order, with what became of it."""
        remaining, done = iter(rows), 0
        # Small at first: what PostgreSQL plans for an empty table is slow for a full one.
        while lot := list(islice(remaining, min(_LOT, done + _FIRST))):
            self._leave_own(row for row in lot if row.outcome is None)
            self._store([row for row in lot if row.outcome is None])
            self._plan_anew(done, done := done + len(lot))
            for row in lot:
                if row.outcome is not None:
                    self.counts[row.outcome] += 1
            yield from lot

    def _leave_own(self, rows: Iterable[Row]) -> None:
        """What this desk published itself is here already."""
        begin = absolute(reverse("review-index"))
        own = {
            row.found.identifier[len(begin) :].rstrip("/"): row
            for row in rows
            if row.found is not None and row.found.identifier.startswith(begin)
        }
        for review in Review.objects.filter(slug__in=own):
            row = own[review.slug or ""]
            row.outcome, row.review = Outcome.SAME, str(review.public_id)
            row.notes.append("This desk published it itself.")

    def _plan_anew(self, before: int, done: int) -> None:
        """Let PostgreSQL count its tables whenever as much was written as there was before.

        The triggers' plans are kept by the connection, which began with tables that were smaller.
        """
        doubled = done.bit_length() > before.bit_length()
        if doubled and not self._dry and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"ANALYZE {', '.join(m._meta.db_table for m in _WRITTEN)}")

    def _store(self, rows: list[Row]) -> None:
        while rows:
            # A second row about one review waits until the first one is written.
            first: dict[tuple[Place, str], Row] = {}
            for row in rows:
                first.setdefault(_key(row), row)
            taken = list(first.values())
            rows = [row for row in rows if row is not first[_key(row)]]
            if self._dry:
                taken = [row for row in taken if not self._was_before(row)]
            try:
                self._write(taken)
            except (IntegrityError, DataError):
                self._known.load()
                for row in taken:
                    self._write_alone(row)

    def _was_before(self, row: Row) -> bool:
        """Whether a row before would have written this review; then what becomes of it."""
        digest = sha256(json.dumps(row.agreed).encode()).digest()
        before = self._would_be.get(_key(row))
        self._would_be[_key(row)] = digest
        if before is None:
            return False
        row.outcome = Outcome.SAME if before == digest else Outcome.UPDATED
        return True

    def _write_alone(self, row: Row) -> None:
        row.outcome = None
        try:
            self._write([row])
        except IntegrityError as error:
            row.reject(broken_rule(error))
            self._known.load()
        except DataError:
            row.reject("The database cannot hold a value of this row.")
            self._known.load()

    def _write(self, rows: list[Row]) -> None:
        self._known.forget()
        act = acting(action="import", reason=self._source)
        with transaction.atomic(), act:
            lot = Lot(self._known, self._author, timezone.now(), list(self._matched(rows)))
            lot.decide()
            if not self._dry:
                lot.write()
        self._met |= {review.pk for review in lot.reviews}

    def _matched(self, rows: list[Row]) -> Iterator[tuple[Row, Review | None]]:
        """Each row with the review that it is about, if that is here."""
        here: dict[Place, list[Review]] = defaultdict(list)
        sites = {site for site, _ in map(_place, rows)}
        # Locked, so that two imports of one publisher's reviews are one after the other.
        publishers = Publisher.objects.select_for_update().filter(site__in=sites).order_by("pk")
        found = Review.objects.filter(
            publisher__in=[publisher.pk for publisher in publishers],
            identifier__in={identifier for _, identifier in map(_place, rows)},
            origin=ReviewOrigin.IMPORTED,
        )
        for review in found.select_related("claim", "publisher").order_by("pk"):
            here[review.publisher.site, review.identifier].append(review)
        asked = Counter(map(_place, rows))
        for row in rows:
            place, claim = _place(row), name_key(_found(row).claim)
            reviews = here[place]
            same = [review for review in reviews if name_key(review.claim.text) == claim]
            # The one review of an address, and the one row: its publisher has put it otherwise.
            put_otherwise = len(reviews) == asked[place] == 1 and reviews[0].pk not in self._met
            yield row, next(iter(same or (reviews if put_otherwise else [])), None)


def _found(row: Row) -> Found:
    if row.found is None:  # a row without is rejected before it comes here
        raise TypeError(row)
    return row.found


def _key(row: Row) -> tuple[Place, str]:
    """What names a review: its publisher, how that names it, and the claim."""
    return _place(row), name_key(_found(row).claim)


def _place(row: Row) -> Place:
    found = _found(row)
    return found.site, found.identifier


class Lot:
    """Rows that are written together."""

    def __init__(
        self, known: Known, author: User, moment: datetime, taken: list[tuple[Row, Review | None]]
    ) -> None:
        self._known, self._author, self._moment, self._taken = known, author, moment, taken
        self.reviews: list[Review] = []
        self._new_reviews: list[Review] = []
        self._claims: list[Claim] = []
        self._topics: list[Any] = []
        self._statements: list[Statement] = []
        self._versions: list[ReviewVersion] = []
        self._evidence: list[Evidence] = []
        self._superseded: list[int] = []
        self._moved: list[tuple[Review, Claim, Claim]] = []
        self._documents: dict[str, Document] = {}

    def decide(self) -> None:
        """Say what becomes of each row, and prepare the records."""
        works = [
            work
            for row, _ in self._taken
            for work in (*_found(row).appearances, *_found(row).evidence)
        ]
        self._documents = self._known.documents(works)
        self._read_versions()
        for row, review in self._taken:
            if review is None:
                self._create(row)
            else:
                self._compare(row, review)

    def write(self) -> None:
        for records in self._known.made.values():
            _insert(records)
        _insert(self._claims)
        through: Any = Claim.topics.through
        through.objects.bulk_create(
            [through(claim_id=claim.pk, topic_id=topic.pk) for claim, topic in self._topics]
        )
        _insert(self._statements)
        for review, before, claim in self._moved:
            self._move(review, before, claim)
        _insert(self._new_reviews)
        old = ReviewVersion.objects.filter(pk__in=self._superseded, state=VersionState.PUBLISHED)
        old.update(**touched(state=VersionState.SUPERSEDED, closed_at=self._moment))
        self._publish()

    def _publish(self) -> None:
        """Write the versions; those with evidence as drafts first, to which alone it is added."""
        resting = {id(evidence.version) for evidence in self._evidence}
        times = []
        for version in self._versions:
            if id(version) in resting:
                times.append((version, version.published_at))
                version.state, version.published_at = VersionState.DRAFT, None
                version.submitted_at = None
        _insert(self._versions)
        _insert(self._evidence)
        now = timezone.now()  # not before the evidence was made
        for version, published_at in times:
            ReviewVersion.objects.filter(pk=version.pk, state=VersionState.DRAFT).update(
                **touched(state=VersionState.PUBLISHED, submitted_at=now, published_at=published_at)
            )

    def _read_versions(self) -> None:
        """The newest version of every review that is here, and which one stands."""
        reviews = {review.pk: review for _, review in self._taken if review is not None}
        versions = ReviewVersion.objects.filter(review__in=reviews).select_related("rating")
        self._newest = {version.review_id: version for version in versions.order_by("number")}

    def _create(self, row: Row) -> None:
        found, public_id = _found(row), uuid7()
        claim = self._claim(row)
        review = Review(
            public_id=public_id,
            claim=claim,
            publisher=self._known.publisher(found),
            origin=ReviewOrigin.IMPORTED,
            identifier=found.identifier,
            slug=page_slug(found.claim, public_id),
        )
        self._new_reviews.append(review)
        self.reviews.append(review)
        published = min(found.published or self._moment, self._moment)
        self._version(row, review, 1, published)
        row.outcome, row.review = Outcome.CREATED, str(public_id)

    def _compare(self, row: Row, review: Review) -> None:
        self.reviews.append(review)
        row.review, newest = str(review.public_id), self._newest[review.pk]
        if newest.state != VersionState.PUBLISHED:
            row.outcome = Outcome.SAME
            row.notes.append("The review was retracted here: it stays so.")
            return
        before = row.agreed if newest.markup == row.markup else agreed(newest.markup)[0]
        if before == row.agreed:
            row.outcome = Outcome.SAME
            return
        row.outcome = Outcome.UPDATED
        found = _found(row)
        if name_key(review.claim.text) != name_key(found.claim):
            self._moved.append((review, review.claim, self._claim(row)))
        else:
            self._say(row, review.claim, new=False)
        version = self._version(row, review, newest.number + 1, self._changed_at(found, newest))
        version.correction_kind = CorrectionKind.UPDATE
        version.correction_note = what_changed(before, row.agreed)
        self._superseded.append(newest.pk)
        row.why = version.correction_note

    def _changed_at(self, found: Found, newest: ReviewVersion) -> datetime:
        """When the publisher says that it changed the review, if that can be."""
        said = found.modified
        fits = said and newest.published_at and newest.published_at < said <= self._moment
        return said if said and fits else self._moment

    def _claim(self, row: Row) -> Claim:
        found = _found(row)
        claim = Claim(
            text=found.claim, kind="", language=found.language, status=ClaimStatus.REVIEWED
        )
        self._claims.append(claim)
        topics = {topic.slug: topic for topic in map(self._known.topic, found.topics)}
        self._topics += [(claim, topic) for topic in topics.values()]
        self._say(row, claim, new=True)
        return claim

    def _say(self, row: Row, claim: Claim, *, new: bool) -> None:
        """Who made the claim and where: each appearance is the first claimant's."""
        found, known = _found(row), self._known
        documents = [known.document(work, self._documents) for work in found.appearances]
        pairs: list[tuple[Speaker | None, str, Document | None]] = []
        for number, claimant in enumerate(found.claimants):
            who = known.speaker(claimant, row.notes)
            places: list[Document | None] = [*documents] if number == 0 and documents else [None]
            pairs += [(who, claimant.role, document) for document in places]
        if not found.claimants:
            pairs = [(None, "", document) for document in documents]
        there: set[Any] = set()
        if not new:
            there = set(claim.statements.values_list("speaker__public_id", "document__public_id"))
        for speaker, role, document in pairs:
            key = tuple(one and one.public_id for one in (speaker, document))
            if key in there:
                continue
            self._statements.append(
                Statement(
                    claim=claim,
                    document=document,
                    speaker=speaker,
                    affiliation=known.role(speaker, role) if speaker is not None else None,
                    quotation=Quotation.INDIRECT if speaker is not None else Quotation.AUTHORIAL,
                    stated_on=found.stated.day,
                    stated_precision=found.stated.precision,
                )
            )

    def _version(
        self, row: Row, review: Review, number: int, published_at: datetime
    ) -> ReviewVersion:
        found = _found(row)
        version = ReviewVersion(
            review=review,
            number=number,
            state=VersionState.PUBLISHED,
            rating=self._known.rating(found),
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
                document=self._known.document(work, self._documents),
                stance=Stance.CONTEXT,
                exact=work.exact,
                note=work.note,
            )
            for work in found.evidence
        ]
        return version

    def _move(self, review: Review, before: Claim, claim: Claim) -> None:
        """The review is about other words now: its claim before leads to the new one."""
        Review.objects.filter(pk=review.pk).update(**touched(claim=claim))
        if Review.objects.filter(claim=before).exists():
            return
        Claim.objects.filter(pk=before.pk).update(
            **touched(
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


def _insert(records: list[Any]) -> None:
    if records:
        type(records[0])._default_manager.bulk_create(records, batch_size=_LOT)


def what_changed(before: Json, after: Json) -> str:
    """The public note of a new version: which members of its markup the publisher changed."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    said = ", ".join(names)
    labels = [str(one.get("reviewRating", {}).get("alternateName")) for one in (before, after)]
    if labels[0] != labels[1]:
        old, new = (label[:_SHOWN] for label in labels)
        said += f"; the rating was “{old}” and is “{new}”"
    return f"The publisher changed its review: {said}."
