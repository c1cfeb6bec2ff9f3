"""Importer of reviews: writes rows in batches, and each row completely or not at all."""

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

_LOCK: Final = 0x1ED6E3  # key of PostgreSQL's advisory lock: one import at a time writes
_MAX_BATCH_ROWS: Final = 500  # rows of one transaction
_FIRST_BATCH: Final = 20  # rows
_BATCH_MARKUP: Final = 4 * 1024 * 1024  # characters of markup in one batch
_WRITTEN_MODELS: Final = (
    *(Publisher, Speaker, Identifier, Affiliation, Document),
    *(Claim, Claim.topics.through, Statement, RatingScale, Rating),
    *(Review, ReviewVersion, Evidence, PublicClaim, PublicTally, Entry, Pending),
)

Location = tuple[str, str]  # a publisher's site, and the key of the review's identifier
ReviewKey = tuple[Location, str]  # with the claim, since one page may have several reviews


class ReviewImporter:
    """Imports the rows of files, as versions of the account ``author``.

    An import that was interrupted is repeated as a whole: rows that it wrote are then the same.
    ``dry_run`` sets the outcome of each row without writing. A publisher that reviews at this desk
    is rejected unless the import is its own ``archive``: its new reviews need a second person.
    """

    def __init__(self, *, author: User, dry_run: bool = False, archive: bool = False) -> None:
        self._author, self._dry_run, self._archive = author, dry_run, archive
        self._source = ""
        self._resolver = EntityResolver()
        # In a dry run, the digest and modification time of the rows that would have been written.
        self._dry_run_rows: dict[ReviewKey, tuple[bytes, datetime | None]] = {}
        self._seen_reviews: set[int] = set()  # primary keys of the reviews of this file's rows
        self.counts: Counter[Outcome] = Counter()

    def run(self, rows: Iterable[Row], *, source: str = "") -> Iterator[Row]:
        """Import the rows of one file, and yield each in its order with its outcome.

        ``source`` is the name of the file. It becomes the reason in the ledger.
        """
        self._source, self._seen_reviews = source, set()
        remaining, count = iter(rows), 0
        # Start small: PostgreSQL keeps the plans of the first batch, which would be those of empty
        # tables, until the tables are analyzed.
        while batch := list(_take_batch(remaining, min(_MAX_BATCH_ROWS, count + _FIRST_BATCH))):
            self._handle_own_reviews([row for row in batch if row.outcome is None])
            self._import([row for row in batch if row.outcome is None])
            self._analyze_tables(count, count := count + len(batch))
            if not self._dry_run:
                # Sequence now: otherwise the next reader of the ledger waits for all entries of
                # the import.
                sequence_entries()
            self.counts.update(row.outcome for row in batch if row.outcome is not None)
            yield from batch

    def _handle_own_reviews(self, rows: list[Row]) -> None:
        """Set the outcome of reviews that this desk published, or that pretend to be."""
        rows_by_slug: dict[str | None, list[Row]] = defaultdict(list)
        for row in rows:
            if (slug := parse_review_slug(row.parsed_review.identifier)) is not None:
                rows_by_slug[slug].append(row)
        for review in Review.objects.filter(slug__in=list(rows_by_slug)):
            for row in rows_by_slug.pop(review.slug):
                row.outcome, row.review = Outcome.SAME, str(review.public_id)
                row.notes.append("Skipped: this desk published the review itself.")
        # An empty installation accepts this desk's URLs: its own export comes back.
        if rows_by_slug and Review.objects.filter(origin=ReviewOrigin.OWN).exists():
            for row in (row for rows in rows_by_slug.values() for row in rows):
                row.reject("url: this desk has not published a review with this URL.")
        publishers = Publisher.objects.filter(reviews__origin=ReviewOrigin.OWN)
        sites = {*publishers.values_list("site", flat=True).distinct(), *settings.FACTCHECK_SITES}
        for row in rows:
            if row.outcome is None and not self._archive and row.parsed_review.site in sites:
                row.reject(
                    f"url: {row.parsed_review.site} publishes at this desk. Import its earlier"
                    " reviews as its archive (--archive)."
                )

    def _analyze_tables(self, before: int, count: int) -> None:
        """Update PostgreSQL's statistics each time the number of rows passes a power of two.

        The connection keeps the plans of the triggers' statements. ANALYZE invalidates them, so
        that later batches do not use the plans for small tables.
        """
        has_doubled = count.bit_length() > before.bit_length()
        if has_doubled and not self._dry_run and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                tables = ", ".join(model._meta.db_table for model in _WRITTEN_MODELS)
                cursor.execute(f"ANALYZE {tables}")

    def _import(self, rows: list[Row]) -> None:
        while rows:
            # A second row about one review waits for the next pass, which finds the first one.
            first_rows: dict[ReviewKey, Row] = {}
            for row in rows:
                first_rows.setdefault(_review_key(row), row)
            batch = list(first_rows.values())
            rows = [row for row in rows if row is not first_rows[_review_key(row)]]
            if self._dry_run:
                batch = [row for row in batch if not self._settle_repeated(row)]
            try:
                self._write(batch)
            except (IntegrityError, DataError, Conflict):
                # The transaction is rolled back. Repeat it row by row to find the faulty row.
                self._resolver.load()
                for row in batch:
                    self._write_alone(row)

    def _settle_repeated(self, row: Row) -> bool:
        """Set the outcome if a dry run had a row of the review before; return whether it did."""
        key = _review_key(row)
        # The digest instead of the markup keeps the memory of a dry run small.
        current = (
            sha256(json.dumps(row.normalized).encode()).digest(),
            row.parsed_review.modified_at,
        )
        earlier = self._dry_run_rows.setdefault(key, current)
        if earlier is current:
            return False
        if earlier[0] == current[0]:
            row.outcome = Outcome.SAME
        elif not row.settle_against(earlier[1], is_repeated=True):
            row.outcome, self._dry_run_rows[key] = Outcome.UPDATED, current
        return True

    def _write_alone(self, row: Row) -> None:
        row.outcome = None
        try:
            self._write([row])
        except IntegrityError as error:
            row.reject(describe_violation(error))
        except DataError:
            row.reject("The database cannot store a value of this row.")
        except Conflict as error:
            row.reject(str(error))
        else:
            return
        self._resolver.load()  # without the records of the rolled back transaction

    def _write(self, rows: list[Row]) -> None:
        """Plan and write a batch in one transaction."""
        self._resolver.start_batch()
        context = audit_context(action=IMPORT_ACTION, reason=self._source)
        with nullcontext() if self._dry_run else transaction.atomic(), context:
            self._wait_for_other_imports()
            pairs = self._pair_with_versions(rows)
            batch = Batch(self._resolver, self._author, timezone.now(), self._seen_reviews, pairs)
            batch.plan()
            if not self._dry_run:
                batch.write()
                self._resolver.remember_newest()
        self._seen_reviews |= {review.pk for review in batch.reviews}

    def _wait_for_other_imports(self) -> None:
        """Wait for another import's transaction, then load its records.

        SQLite has one writer anyway. Without the lock, two imports could create the same publisher
        or speaker.
        """
        if connection.vendor == "postgresql" and not self._dry_run:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        self._resolver.refresh()

    def _pair_with_versions(self, rows: list[Row]) -> list[tuple[Row, ReviewVersion | None]]:
        """Pair each row with the newest version of its review, if the review exists."""
        publishers = Publisher.objects.filter(site__in={_location(row)[0] for row in rows})
        identifiers = {row.parsed_review.identifier for row in rows}
        reviews = Review.objects.filter(
            publisher__in=list(publishers.values_list("pk", flat=True)),
            identifier__in={spelling for one in identifiers for spelling in url_spellings(one)},
            origin=ReviewOrigin.IMPORTED,
        )
        if not self._dry_run:
            # Transitions lock reviews in the same order, so none deadlocks with an import.
            reviews = reviews.select_for_update(no_key=True).order_by("pk")
        # list() runs the query, so the locks are taken before the versions are read.
        review_pks = list(reviews.values_list("pk", flat=True))
        versions = ReviewVersion.objects.filter(review__in=review_pks).exclude(
            state=VersionState.SUPERSEDED
        )
        # By location and review; an open version has the highest number, so it replaces the
        # published one.
        newest: dict[Location, dict[int, ReviewVersion]] = defaultdict(dict)
        related = versions.select_related("review__claim", "review__publisher")
        for version in related.order_by("review", "number"):
            review = version.review
            newest[review.publisher.site, url_key(review.identifier)][review.pk] = version
        row_counts = Counter(map(_location, rows))
        pairs = []
        for row in rows:
            location = _location(row)
            candidates = list(newest[location].values())
            pairs.append((row, self._select_version(row, candidates, row_counts[location])))
        return pairs

    def _select_version(
        self, row: Row, versions: list[ReviewVersion], row_count: int
    ) -> ReviewVersion | None:
        """Return the version that a row is about, of those with the row's URL.

        The publisher's claim decides, not the claim in the database, which people may have changed.
        """
        for version in versions:
            if version.markup == row.markup:
                return version
        claim = _normalize_claim(row.parsed_review.claim)
        claims = [parse_claim(load_markup(version.markup)[0]) for version in versions]
        for version, existing in zip(versions, claims, strict=True):
            if _normalize_claim(existing) == claim:
                return version
        # A single review and a single row of a URL with mostly the same words: it was reworded.
        if len(versions) == row_count == 1 and versions[0].review_id not in self._seen_reviews:
            words = set(name_key(row.parsed_review.claim).split())
            existing_words = set(name_key(claims[0]).split())
            if len(words & existing_words) > len(words | existing_words) / 2:
                return versions[0]
        return None


def _take_batch(rows: Iterator[Row], most: int) -> Iterator[Row]:
    """Yield the rows of the next batch: at most ``most``, and about 4 million characters."""
    size = 0
    for row in islice(rows, most):
        size += len(row.markup)
        yield row
        if size > _BATCH_MARKUP:
            return


def _review_key(row: Row) -> ReviewKey:
    return _location(row), _normalize_claim(row.parsed_review.claim)


def _normalize_claim(claim: str) -> str:
    """Return a claim without case and extra spaces. Signs stay: 5 % and -5 % are two claims."""
    return " ".join(claim.casefold().split())


def _location(row: Row) -> Location:
    review = row.parsed_review
    return review.site, url_key(review.identifier)
