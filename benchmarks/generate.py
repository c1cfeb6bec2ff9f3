"""Fills an empty database with invented claims of long-tailed distributions.

All random numbers come from one seed, so every run on SQLite and PostgreSQL writes the same rows
with the same ids. Guards and ledger are off meanwhile. The read models are built at the end, and
their time is measured separately.
"""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Any, Final

from django.core.management.color import no_style
from django.db import connection, transaction

from claims.choices import Verdict
from claims.models import (
    Claim,
    Evidence,
    Rating,
    RatingScale,
    Review,
    ReviewVersion,
    Statement,
    Topic,
)
from claimsapi.core.database import triggers
from claimsapi.core.identifiers import stable_uuid7
from claimsapi.core.models import User
from sources.models import Document, Publisher, Speaker

SEED: Final = 4
BATCH: Final = 5_000  # claims written at a time
START: Final = datetime(2015, 1, 1, tzinfo=UTC)
SPAN: Final = timedelta(days=3_650)
WORDS: Final = 20_000
# Invented words, so that no text belongs to anybody.
SYLLABLES: Final = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
LANGUAGES: Final = ("en", "de", "fr", "es", "pt", "tr")
REVIEWED: Final = 0.4

COMMON: Final = 0  # the rank of the most frequent word


def word(rank: int) -> str:
    """Return the invented word of a rank. Words are distinct, and frequent words are short."""
    number, text = rank + len(SYLLABLES), ""
    while number:
        number, digit = divmod(number, len(SYLLABLES))
        text += SYLLABLES[digit]
    return text


class Tail:
    """Draws numbers from 0 below ``size``: the n-th with a weight of 1 / n**slope (Zipf's law)."""

    def __init__(self, size: int, slope: float = 1.0) -> None:
        self.size = size
        self.weights = list(accumulate((n + 1) ** -slope for n in range(size)))

    def draw(self, chance: random.Random, k: int = 1) -> list[int]:
        return chance.choices(range(self.size), cum_weights=self.weights, k=k)


class Rows:
    """Complete rows of one table. Columns without a value get the model's default."""

    def __init__(self, model: Any) -> None:
        self.table = model._meta.db_table
        fields = list(model._meta.concrete_fields)
        self.columns = [field.column for field in fields]
        self.default = {
            f.column: None
            if f.primary_key or f.is_relation or (f.null and not f.has_default())
            else f.get_db_prep_save(_default(f), connection)
            for f in fields
        }
        self.rows: list[Sequence[Any]] = []

    def add(self, key: int, created_at: datetime, /, **values: Any) -> None:
        timestamp = to_database(created_at)
        row = {
            **self.default,
            "id": key,
            "public_id": to_database(stable_uuid7(self.table, str(key), moment=created_at)),
            "created_at": timestamp,
            "updated_at": timestamp,
            **values,
        }
        self.rows.append([row[column] for column in self.columns])

    def write(self, cursor: Any) -> None:
        write(cursor, self.table, self.columns, self.rows)
        self.rows = []


def _default(field: Any) -> Any:
    if field.get_internal_type() in {"UUIDField", "DateTimeField"}:
        return None  # set for each row
    return field.get_default()


def to_database(value: Any) -> Any:
    """Convert a value to the form that the database stores."""
    if connection.vendor == "postgresql":
        return value
    match value:
        case datetime():
            return str(value.replace(tzinfo=None))
        case date():
            return value.isoformat()
    return value.hex


def write(cursor: Any, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write rows by the fastest way of the database: COPY on PostgreSQL."""
    names = ", ".join(f'"{column}"' for column in columns)
    if connection.vendor == "sqlite":
        marks = ", ".join(["%s"] * len(columns))
        insert = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'
        cursor.executemany(insert, rows)
        return
    with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)


@dataclass(frozen=True, slots=True)
class Generated:
    """The number of claims, and the seconds to fill the tables and to build the read models."""

    claims: int
    filling: float
    rebuilding: float


class Generator:
    """Generates the rows: first those that claims refer to, then claims and their records."""

    def __init__(self, claims: int) -> None:
        self.claims = claims
        self.random = random.Random(SEED)  # noqa: S311  the same rows each time
        self.step = SPAN / claims
        self.words = Tail(WORDS)
        self.speakers = Tail(max(20, claims // 20))
        self.topics = Tail(max(10, min(500, claims // 100)))
        self.publishers = Tail(max(5, min(200, claims // 200)), 1.2)
        self.documents = Tail(max(20, claims // 5), 0.6)
        self.verdicts = Tail(len(Verdict.values))
        self.languages = Tail(len(LANGUAGES), 1.5)
        models = (Publisher, Speaker, Topic, Document, Claim, Statement)
        review_models = (Review, ReviewVersion, Evidence)
        self.tables: dict[Any, Rows] = {model: Rows(model) for model in (*models, *review_models)}
        self.topic_links: list[tuple[int, int]] = []

    def sentence(self, length: int) -> str:
        return " ".join(map(word, self.words.draw(self.random, length))).capitalize() + "."

    # Sources come first, because claims refer to them by id.
    def fill(self, cursor: Any) -> None:
        self._sources()
        self._write(cursor)
        statements = 0
        people = self._people()
        for claim in range(1, self.claims + 1):
            statements = self._claim(claim, statements, people)
            if claim % BATCH == 0:
                self._write(cursor)
        self._write(cursor)

    def _people(self) -> tuple[int, int, list[int]]:
        author, editor = (
            User.objects.create(username=name, handle=name).pk for name in ("author", "editor")
        )
        scale = RatingScale.objects.create(slug="bench", name="Every verdict")
        ratings = [
            Rating.objects.create(scale=scale, label=verdict, position=n, verdict=verdict).pk
            for n, verdict in enumerate(Verdict.values, 1)
        ]
        return author, editor, ratings

    def _sources(self) -> None:
        tables = self.tables
        for n in range(1, self.publishers.size + 1):
            name = word(n).capitalize()
            tables[Publisher].add(n, START, slug=f"publisher-{n}", name=name, site=f"p{n}.example")
        # The last speaker and the last topic belong to no claim: values without a match.
        for n in range(1, self.speakers.size + 2):
            name = f"{word(n)} {word(n * 7 % WORDS)}".title()
            tables[Speaker].add(n, START, slug=f"speaker-{n}", name=name, kind="person")
        for n in range(1, self.topics.size + 2):
            tables[Topic].add(n, START, slug=f"topic-{n}", name=f"{word(n)} {n}")
        for n in range(1, self.documents.size + 1):
            tables[Document].add(
                n,
                START,
                title=self.sentence(6),
                url=f"https://documents.example/{n}",
                publisher_id=self.publishers.draw(self.random)[0] + 1,
                language=LANGUAGES[0],
            )

    def _claim(self, claim: int, statements: int, people: tuple[int, int, list[int]]) -> int:
        chance, tables = self.random, self.tables
        created_at = _truncate(START + claim * self.step)
        reviewed = chance.random() < REVIEWED
        tables[Claim].add(
            claim,
            created_at,
            text=self.sentence(chance.randint(6, 18)),
            kind="event",
            status="reviewed" if reviewed else "in_review",
            language=LANGUAGES[self.languages.draw(chance)[0]],
            listed_at=to_database(created_at),
        )
        topics = set(self.topics.draw(chance, chance.choice((1, 1, 2))))
        self.topic_links += [(claim, topic + 1) for topic in sorted(topics)]
        # One claim in five has two statements.
        for _ in range(2 if chance.random() < 0.2 else 1):
            statements += 1
            day = created_at.date() - timedelta(days=int(chance.expovariate(0.1)))
            tables[Statement].add(
                statements,
                created_at,
                claim_id=claim,
                document_id=self.documents.draw(chance)[0] + 1,
                speaker_id=self.speakers.draw(chance)[0] + 1,
                quotation="direct",
                exact=self.sentence(12),
                stated_on=to_database(day),
                stated_precision="day",
            )
        if reviewed:
            self._review(claim, created_at, people)
        return statements

    def _review(self, claim: int, created_at: datetime, people: tuple[int, int, list[int]]) -> None:
        author, editor, ratings = people
        chance, tables = self.random, self.tables
        published_at = to_database(_truncate(created_at + timedelta(days=chance.expovariate(0.2))))
        publisher = self.publishers.draw(chance)[0] + 1
        tables[Review].add(claim, created_at, claim_id=claim, publisher_id=publisher)
        tables[ReviewVersion].add(
            claim,
            created_at,
            review_id=claim,
            number=1,
            state="published",
            rating_id=ratings[self.verdicts.draw(chance)[0]],
            headline=self.sentence(7),
            summary=self.sentence(25),
            author_id=author,
            editor_id=editor,
            submitted_at=published_at,
            published_at=published_at,
        )
        tables[Evidence].add(
            claim,
            created_at,
            version_id=claim,
            document_id=self.documents.draw(chance)[0] + 1,
            stance="supports",
        )

    def _write(self, cursor: Any) -> None:
        for rows in self.tables.values():
            if rows.rows:
                rows.write(cursor)
        through = Claim.topics.through._meta.db_table
        if self.topic_links:
            write(cursor, through, ("claim_id", "topic_id"), self.topic_links)
            self.topic_links = []


def _truncate(timestamp: datetime) -> datetime:
    """Truncate to milliseconds, the precision of records."""
    return timestamp.replace(microsecond=timestamp.microsecond // 1000 * 1000)


def _sequences() -> Iterator[str]:
    models = [Publisher, Speaker, Topic, Document, Claim, Statement, Review, ReviewVersion]
    yield from connection.ops.sequence_reset_sql(no_style(), [*models, Evidence])


def generate(claims: int) -> Generated:
    """Fill a migrated, empty database and build its read models."""
    started = time.perf_counter()
    # Rows are written with their ids and without history, which guards and ledger would refuse.
    triggers.drop(connection)
    with transaction.atomic(), connection.cursor() as cursor:
        Generator(claims).fill(cursor)
        for statement in _sequences():
            cursor.execute(statement)
    filled = time.perf_counter()
    triggers.install(connection, reconcile=False)
    rebuilt = time.perf_counter()
    # Statistics, so that the planner does not take the tables for empty ones.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Generated(claims, filled - started, rebuilt - filled)
