"""Writing what was found: many rows at a time, and each row whole or not at all."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Final

from django.conf import settings
from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone

from claims.choices import IMPORT_ACTION, ReviewOrigin, VersionState
from claims.exchange.claimreview.normalizer import load_markup
from claims.exchange.claimreview.parser import parse_claim
from claims.exchange.importing.batch import Batch
from claims.exchange.importing.entity_resolver import EntityResolver
from claims.exchange.importing.matching_keys import name_key, url_key, url_spellings
from claims.exchange.importing.rows import Outcome, Row
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
from claims.public_urls import parse_review_slug
from claimsapi.core.database.violations import describe_violation
from claimsapi.core.errors import Conflict
from claimsapi.core.ledger.audit_context import audit_context
from claimsapi.core.ledger.sequencer import sequence_entries
from claimsapi.core.models import Entry, Pending, User
from sources.models import Affiliation, Document, Identifier, Publisher, Speaker

_LOCK: Final = 0x1ED6E3  # of PostgreSQL: one import at a time writes
_LOT: Final = 500  # rows that are written in one transaction
_FIRST: Final = 20  # of the first one
_HEAVIEST: Final = 4 * 1024 * 1024  # characters of markup in one
_WRITTEN: Final = (
    *(Publisher, Speaker, Identifier, Affiliation, Document),
    *(Claim, Claim.topics.through, Statement, RatingScale, Rating),
    *(Review, ReviewVersion, Evidence, PublicClaim, PublicTally, Entry, Pending),
)

Place = tuple[str, str]  # a publisher's site, and how it names a review


class ReviewImporter:
    """The rows of files into the database.

    ``author`` is the account under which the versions stand. A run that was killed is simply run
    again: what it had written is then the same. A ``dry`` run only says what would become of each
    row. Reviews of publishers that review at this desk are taken only from their own ``archive``:
    what they publish now has two people.
    """

    def __init__(self, *, author: User, dry: bool = False, archive: bool = False) -> None:
        self._author, self._dry, self._archive = author, dry, archive
        self._source = ""
        self._known = EntityResolver()
        # In a dry run, which writes nothing: what the rows before would have written.
        self._would_be: dict[tuple[Place, str], tuple[bytes, datetime | None]] = {}
        self._met: set[int] = set()  # reviews that a row of this file was about
        self.counts: Counter[Outcome] = Counter()

    def run(self, rows: Iterable[Row], *, source: str = "") -> Iterator[Row]:
        """Yield each row of a file in its order, with what became of it.

        ``source``, the file's name, is the reason that the ledger gives.
        """
        self._source, self._met = source, set()
        remaining, done = iter(rows), 0
        # Small at first: what PostgreSQL plans for an empty table is slow for a full one.
        while lot := list(_lot(remaining, min(_LOT, done + _FIRST))):
            self._leave_own([row for row in lot if row.outcome is None])
            self._store([row for row in lot if row.outcome is None])
            self._plan_anew(done, done := done + len(lot))
            if not self._dry:
                sequence_entries()  # or whoever reads the ledger next would wait until all of it is placed
            for row in lot:
                if row.outcome is not None:
                    self.counts[row.outcome] += 1
            yield from lot

    def _leave_own(self, rows: list[Row]) -> None:
        """What this desk published itself is here already, and comes from nowhere else."""
        own: dict[str | None, list[Row]] = defaultdict(list)
        for row in rows:
            if (slug := parse_review_slug(row.parsed_review.identifier)) is not None:
                own[slug].append(row)
        for review in Review.objects.filter(slug__in=list(own)):
            for row in own.pop(review.slug):
                row.outcome, row.review = Outcome.SAME, str(review.public_id)
                row.notes.append("This desk published it itself.")
        # Into an empty installation the desk's own reviews come back by their addresses.
        if own and Review.objects.filter(origin=ReviewOrigin.OWN).exists():
            for row in (row for rows in own.values() for row in rows):
                row.reject("url: it is of this desk, which has published no such review.")
        ours = Publisher.objects.filter(reviews__origin=ReviewOrigin.OWN)
        sites = {*ours.values_list("site", flat=True).distinct(), *settings.FACTCHECK_SITES}
        for row in rows:
            if row.outcome is None and not self._archive and row.parsed_review.site in sites:
                row.reject(
                    f"url: {row.parsed_review.site} reviews at this desk. If these are reviews of its"
                    " own from before, bring them in as its archive."
                )

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
            except (IntegrityError, DataError, Conflict):
                self._known.load()
                for row in taken:
                    self._write_alone(row)

    def _was_before(self, row: Row) -> bool:
        """Whether a row before would have written this review; then what becomes of it."""
        now = sha256(json.dumps(row.normalized).encode()).digest(), row.parsed_review.modified_at
        before = self._would_be.setdefault(_key(row), now)
        if before is now:
            return False
        if before[0] == now[0]:
            row.outcome = Outcome.SAME
        elif not row.left_behind(before[1], met=True):
            row.outcome, self._would_be[_key(row)] = Outcome.UPDATED, now
        return True

    def _write_alone(self, row: Row) -> None:
        row.outcome = None
        try:
            self._write([row])
        except IntegrityError as error:
            row.reject(describe_violation(error))
            self._known.load()
        except DataError:
            row.reject("The database cannot hold a value of this row.")
            self._known.load()
        except Conflict as error:
            row.reject(str(error))
            self._known.load()

    def _write(self, rows: list[Row]) -> None:
        self._known.forget()
        act = audit_context(action=IMPORT_ACTION, reason=self._source)
        with nullcontext() if self._dry else transaction.atomic(), act:
            self._after_others()
            matched = self._matched(rows)
            lot = Batch(self._known, self._author, timezone.now(), self._met, matched)
            lot.decide()
            if not self._dry:
                lot.write()
                self._known.note()
        self._met |= {review.pk for review in lot.reviews}

    def _after_others(self) -> None:
        """Wait for another import that writes, and take up what it wrote; SQLite has one writer."""
        if connection.vendor == "postgresql" and not self._dry:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        self._known.refresh()

    def _matched(self, rows: list[Row]) -> list[tuple[Row, ReviewVersion | None]]:
        """Each row with the newest version of the review that it is about, if that is here."""
        here: dict[Place, dict[int, ReviewVersion]] = defaultdict(dict)
        publishers = Publisher.objects.filter(site__in={site for site, _ in map(_place, rows)})
        reviews = Review.objects.filter(
            publisher__in=list(publishers.values_list("pk", flat=True)),
            identifier__in={
                one for row in rows for one in url_spellings(row.parsed_review.identifier)
            },
            origin=ReviewOrigin.IMPORTED,
        )
        if not self._dry:
            # In this order, as moves do: of a move and this one waits for the other.
            reviews = reviews.select_for_update(no_key=True).order_by("pk")
        found = ReviewVersion.objects.filter(
            review__in=list(reviews.values_list("pk", flat=True))
        ).exclude(state=VersionState.SUPERSEDED)
        related = found.select_related("review__claim", "review__publisher")
        for version in related.order_by("review", "number"):  # one in the making comes last
            review = version.review
            here[review.publisher.site, url_key(review.identifier)][review.pk] = version
        asked = Counter(map(_place, rows))
        return [(row, self._about(row, here[_place(row)], asked[_place(row)])) for row in rows]

    def _about(self, row: Row, here: dict[int, ReviewVersion], asked: int) -> ReviewVersion | None:
        """Which of the versions at its address the row is about.

        By what its publisher said, and not by our claim, which may be another by now.
        """
        versions = list(here.values())
        if same := [version for version in versions if version.markup == row.markup]:
            return same[0]
        claim = _as_read(row.parsed_review.claim)
        for version in versions:
            if _as_read(parse_claim(load_markup(version.markup)[0])) == claim:
                return version
        # The one review of an address, and the one row, of much the same words.
        if len(versions) == asked == 1 and versions[0].review_id not in self._met:
            words = set(name_key(row.parsed_review.claim).split())
            before = set(name_key(parse_claim(load_markup(versions[0].markup)[0])).split())
            if len(words & before) > len(words | before) / 2:
                return versions[0]
        return None


def _lot(rows: Iterator[Row], most: int) -> Iterator[Row]:
    """The next rows that are written together: so many, and no more than memory has room for."""
    heavy = 0
    for row in islice(rows, most):
        heavy += len(row.markup)
        yield row
        if heavy > _HEAVIEST:
            return


def _key(row: Row) -> tuple[Place, str]:
    """What names a review: its publisher, how that names it, and the claim."""
    return _place(row), _as_read(row.parsed_review.claim)


def _as_read(claim: str) -> str:
    """A claim without the case of its letters: a sign more or less may be another claim."""
    return " ".join(claim.casefold().split())


def _place(row: Row) -> Place:
    found = row.parsed_review
    return found.site, url_key(found.identifier)
