"""Fill an empty database with claims whose distributions have long tails, the same on each.

Numbers are drawn from one seed, so that SQLite and PostgreSQL, and one run and the next, hold the
same rows under the same ids. The guards and the ledger are lifted meanwhile; what the database
keeps (the index over the public set) is made at the end, and that is timed apart.
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
PORTION: Final = 5_000  # claims written at a time
START: Final = datetime(2015, 1, 1, tzinfo=UTC)
SPAN: Final = timedelta(days=3_650)
WORDS: Final = 20_000
SYLLABLES: Final = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
LANGUAGES: Final = ("en", "de", "fr", "es", "pt", "tr")
REVIEWED: Final = 0.4

COMMON: Final = 0  # the rank of the most frequent word; invented, as all are


def word(rank: int) -> str:
    """The word of a rank: distinct for each, the frequent ones short."""
    number, text = rank + len(SYLLABLES), ""
    while number:
        number, digit = divmod(number, len(SYLLABLES))
        text += SYLLABLES[digit]
    return text


class Tail:
    """Draws numbers from 0 below ``size``, the n-th as often as 1 / n**slope says (Zipf)."""

    def __init__(self, size: int, slope: float = 1.0) -> None:
        self.size = size
        self.weights = list(accumulate((n + 1) ** -slope for n in range(size)))

    def draw(self, chance: random.Random, k: int = 1) -> list[int]:
        return chance.choices(range(self.size), cum_weights=self.weights, k=k)


class Rows:
    """Rows of one table, whole: what is not given has the model's default."""

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

    def add(self, key: int, moment: datetime, /, **values: Any) -> None:
        at = prepared(moment)
        made = {
            **self.default,
            "id": key,
            "public_id": prepared(stable_uuid7(self.table, str(key), moment=moment)),
            "created_at": at,
            "updated_at": at,
            **values,
        }
        self.rows.append([made[column] for column in self.columns])

    def write(self, cursor: Any) -> None:
        write(cursor, self.table, self.columns, self.rows)
        self.rows = []


def _default(field: Any) -> Any:
    if field.get_internal_type() in {"UUIDField", "DateTimeField"}:
        return None  # given for each row
    return field.get_default()


def prepared(value: Any) -> Any:
    """A value as this database stores it."""
    if connection.vendor == "postgresql":
        return value
    match value:
        case datetime():
            return str(value.replace(tzinfo=None))
        case date():
            return value.isoformat()
    return value.hex


def write(cursor: Any, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write rows by the fastest way that the database has."""
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
    """How much was made, and the seconds that filling and keeping took."""

    claims: int
    filling: float
    keeping: float


class Generator:
    """Makes the rows: first what claims point to, then the claims and what belongs to them."""

    def __init__(self, claims: int) -> None:
        self.claims = claims
        self.chance = random.Random(SEED)  # noqa: S311  the same rows each time
        self.step = SPAN / claims
        self.words = Tail(WORDS)
        self.speakers = Tail(max(20, claims // 20))
        self.topics = Tail(max(10, min(500, claims // 100)))
        self.publishers = Tail(max(5, min(200, claims // 200)), 1.2)
        self.documents = Tail(max(20, claims // 5), 0.6)
        self.verdicts = Tail(len(Verdict.values))
        self.languages = Tail(len(LANGUAGES), 1.5)
        models = (Publisher, Speaker, Topic, Document, Claim, Statement)
        more = (Review, ReviewVersion, Evidence)
        self.tables: dict[Any, Rows] = {model: Rows(model) for model in (*models, *more)}
        self.about: list[tuple[int, int]] = []

    def sentence(self, length: int) -> str:
        return " ".join(map(word, self.words.draw(self.chance, length))).capitalize() + "."

    def fill(self, cursor: Any) -> None:
        self._sources()
        self._write(cursor)
        statements = 0
        people = self._people()
        for claim in range(1, self.claims + 1):
            statements = self._claim(claim, statements, people)
            if claim % PORTION == 0:
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
        # The last of each is nobody's: a value that is there and finds nothing.
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
                publisher_id=self.publishers.draw(self.chance)[0] + 1,
                language=LANGUAGES[0],
            )

    def _claim(self, claim: int, statements: int, people: tuple[int, int, list[int]]) -> int:
        chance, tables = self.chance, self.tables
        moment = _whole(START + claim * self.step)
        reviewed = chance.random() < REVIEWED
        tables[Claim].add(
            claim,
            moment,
            text=self.sentence(chance.randint(6, 18)),
            kind="event",
            status="reviewed" if reviewed else "in_review",
            language=LANGUAGES[self.languages.draw(chance)[0]],
            listed_at=prepared(moment),
        )
        topics = set(self.topics.draw(chance, chance.choice((1, 1, 2))))
        self.about += [(claim, topic + 1) for topic in sorted(topics)]
        for _ in range(2 if chance.random() < 0.2 else 1):
            statements += 1
            day = moment.date() - timedelta(days=int(chance.expovariate(0.1)))
            tables[Statement].add(
                statements,
                moment,
                claim_id=claim,
                document_id=self.documents.draw(chance)[0] + 1,
                speaker_id=self.speakers.draw(chance)[0] + 1,
                quotation="direct",
                exact=self.sentence(12),
                stated_on=prepared(day),
                stated_precision="day",
            )
        if reviewed:
            self._review(claim, moment, people)
        return statements

    def _review(self, claim: int, moment: datetime, people: tuple[int, int, list[int]]) -> None:
        author, editor, ratings = people
        chance, tables = self.chance, self.tables
        at = prepared(_whole(moment + timedelta(days=chance.expovariate(0.2))))
        publisher = self.publishers.draw(chance)[0] + 1
        tables[Review].add(claim, moment, claim_id=claim, publisher_id=publisher)
        tables[ReviewVersion].add(
            claim,
            moment,
            review_id=claim,
            number=1,
            state="published",
            rating_id=ratings[self.verdicts.draw(chance)[0]],
            headline=self.sentence(7),
            summary=self.sentence(25),
            author_id=author,
            editor_id=editor,
            submitted_at=at,
            published_at=at,
        )
        tables[Evidence].add(
            claim,
            moment,
            version_id=claim,
            document_id=self.documents.draw(chance)[0] + 1,
            stance="supports",
        )

    def _write(self, cursor: Any) -> None:
        for rows in self.tables.values():
            if rows.rows:
                rows.write(cursor)
        through = Claim.topics.through._meta.db_table
        if self.about:
            write(cursor, through, ("claim_id", "topic_id"), self.about)
            self.about = []


def _whole(moment: datetime) -> datetime:
    """To the millisecond, which is what records keep."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _sequences() -> Iterator[str]:
    models = [Publisher, Speaker, Topic, Document, Claim, Statement, Review, ReviewVersion]
    yield from connection.ops.sequence_reset_sql(no_style(), [*models, Evidence])


def generate(claims: int) -> Generated:
    """Fill the database, which is migrated and empty, and make what it keeps."""
    started = time.perf_counter()
    triggers.drop(connection)
    with transaction.atomic(), connection.cursor() as cursor:
        Generator(claims).fill(cursor)
        for statement in _sequences():
            cursor.execute(statement)
    filled = time.perf_counter()
    triggers.install(connection, reconcile=False)
    kept = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Generated(claims, filled - started, kept - filled)
