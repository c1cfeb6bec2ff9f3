"""Writing what was found: many rows at a time, and each row whole or not at all."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from typing import Final

from django.db import DataError, IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from claims.choices import ReviewOrigin
from claims.importing.known import Known, name_key
from claims.importing.lot import Lot
from claims.importing.rows import Outcome, Row
from claims.interchange.claimreview.normalising import of_kept
from claims.interchange.claimreview.reading import claim_of
from claims.models import (
    Claim,
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
from claimsapi.core.guards import broken_rule
from claimsapi.core.ledger.acting import acting
from claimsapi.core.models import Entry, Pending, User
from sources.models import Affiliation, Document, Identifier, Publisher, Speaker

_LOT: Final = 500  # rows that are written in one transaction
_FIRST: Final = 20  # of the first one
_WRITTEN: Final = (
    *(Publisher, Speaker, Identifier, Affiliation, Document),
    *(Claim, Claim.topics.through, Statement, RatingScale, Rating),
    *(Review, ReviewVersion, Evidence, PublicClaim, PublicTally, Entry, Pending),
)

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
        own: dict[str | None, list[Row]] = defaultdict(list)
        for row in rows:
            if (identifier := row.understood.identifier).startswith(begin):
                own[identifier[len(begin) :].rstrip("/")].append(row)
        for review in Review.objects.filter(slug__in=list(own)):
            for row in own[review.slug]:
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
            lot = Lot(self._known, self._author, timezone.now(), self._matched(rows))
            lot.decide()
            if not self._dry:
                lot.write()
        self._met |= {review.pk for review in lot.reviews}

    def _matched(self, rows: list[Row]) -> list[tuple[Row, ReviewVersion | None]]:
        """Each row with the newest version of the review that it is about, if that is here."""
        here: dict[Place, dict[int, ReviewVersion]] = defaultdict(dict)
        sites = {site for site, _ in map(_place, rows)}
        # Locked, so that two imports of one publisher's reviews are one after the other.
        publishers = Publisher.objects.select_for_update().filter(site__in=sites).order_by("pk")
        found = ReviewVersion.objects.filter(
            review__publisher__in=[publisher.pk for publisher in publishers],
            review__identifier__in={identifier for _, identifier in map(_place, rows)},
            review__origin=ReviewOrigin.IMPORTED,
        )
        related = found.select_related("review__claim", "review__publisher")
        for version in related.order_by("review", "number"):  # the newest comes last
            review = version.review
            here[review.publisher.site, review.identifier][review.pk] = version
        asked = Counter(map(_place, rows))
        return [(row, self._about(row, here[_place(row)], asked[_place(row)])) for row in rows]

    def _about(self, row: Row, here: dict[int, ReviewVersion], asked: int) -> ReviewVersion | None:
        """Which of the versions at its address the row is about.

        By what its publisher said, and not by our claim, which may be another by now.
        """
        versions = list(here.values())
        if same := [version for version in versions if version.markup == row.markup]:
            return same[0]
        claim = name_key(row.understood.claim)
        for version in versions:
            if name_key(claim_of(of_kept(version.markup)[0])) == claim:
                return version
        # The one review of an address, and the one row: its publisher has put it otherwise.
        if len(versions) == asked == 1 and versions[0].review_id not in self._met:
            return versions[0]
        return None


def _key(row: Row) -> tuple[Place, str]:
    """What names a review: its publisher, how that names it, and the claim."""
    return _place(row), name_key(row.understood.claim)


def _place(row: Row) -> Place:
    found = row.understood
    return found.site, found.identifier
