"""The search text always agrees with the records."""

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims import workflow
from claims.models import Claim, ReviewVersion, Statement
from claims.read_models import full_text
from sources.models import Speaker
from tests import factories as make
from tests.concurrency import Together

Texts = dict[str, dict[int, Any]]


def stored_texts() -> Texts:
    """Read the text of each claim by table."""
    texts: Texts = {}
    with connection.cursor() as cursor:
        for table in full_text.TABLES:
            if connection.vendor == "sqlite":
                cursor.execute(f"SELECT rowid, * FROM {table}")  # noqa: S608
            else:
                cursor.execute(f"SELECT claim_id, words::text, stems::text FROM {table}")  # noqa: S608
            texts[table] = {claim: columns for claim, *columns in cursor.fetchall()}
    return texts


_POSITION = re.compile(r"(?<=[:,])\d+")


def word_bags(texts: Texts) -> Texts:
    """Sort the words of each claim: the records of one claim are joined in any order.

    So the positions of a text search vector are removed too. The weights stay, one per occurrence.
    """
    return {
        table: {
            claim: sorted(_POSITION.sub("", " ".join(map(str, columns))).split())
            for claim, columns in rows.items()
        }
        for table, rows in texts.items()
    }


def rebuilt_texts() -> Texts:
    with connection.cursor() as cursor:
        for statement in full_text.rebuild_statements(connection.vendor):
            cursor.execute(statement)
    return stored_texts()


def create_listed_claim(text: str) -> Claim:
    claim: Claim = make.ClaimFactory(text=text, listed=True)
    return claim


def correct_and_retract(step: int) -> None:
    version = ReviewVersion.objects.filter(state="published").first()
    if version is not None:
        second = make.corrected_version(version, headline=f"Corrected {step}")
        make.move(second, workflow.RETRACT, second.editor, "Wrong.")


WRITES: tuple[Callable[[Claim, int], Any], ...] = (
    lambda claim, _: Claim.objects.filter(pk=claim.pk).update(listed_at=None),
    lambda _, n: Claim.objects.filter(reviews=None).update(text=f"Renamed {n}", language="fr"),
    lambda _, n: Speaker.objects.update(name=f"Somebody {n}"),
    lambda claim, n: make.StatementFactory(claim=claim, exact=f"more {n}"),
    lambda claim, _: Statement.objects.filter(claim=claim).delete(),
    lambda claim, _: Statement.objects.update(claim=claim),
    lambda _, n: ReviewVersion.objects.filter(state="draft").update(headline=f"Draft {n}"),
    lambda _, n: make.published_version(headline=f"Found {n}"),
    lambda _, n: correct_and_retract(n),
    lambda _, n: make.submitted_version(summary=f"Waiting {n}"),
    lambda _, n: create_listed_claim(f"Listed {n}"),
)


@pytest.mark.django_db
@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.sampled_from(WRITES), st.integers(0, 99)), max_size=12))
def test_text_agrees_with_the_records_after_any_writes(
    db: None, writes: list[tuple[Callable[[Claim, int], Any], int]]
) -> None:
    with transaction.atomic():
        make.published_version()
        make.StatementFactory(claim=create_listed_claim("Claim"), exact="words")
        for step, (write, index) in enumerate(writes):
            claims = Claim.objects.order_by("pk")
            write(claims[index % len(claims)], step)
        texts = stored_texts()
        assert len(texts[full_text.DESK_TABLE]) == Claim.objects.count()
        assert word_bags(texts) == word_bags(rebuilt_texts())
        public = {claim.pk for claim in Claim.objects.visible_to(AnonymousUser())}
        assert set(texts[full_text.PUBLIC_TABLE]) == public
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_text_agrees_with_the_records_after_concurrent_writes(together: Together) -> None:
    speakers: list[Any] = [make.SpeakerFactory() for _ in range(2)]
    document = make.DocumentFactory()
    claims = [create_listed_claim(f"Claim {number}") for number in range(3)]

    def writer(seed: int) -> Callable[[], None]:
        generator = random.Random(seed)  # noqa: S311  reproducible, no secret

        def write(step: int) -> None:
            claim, speaker = generator.choice(claims), generator.choice(speakers)
            match generator.randrange(4):
                case 0:
                    Speaker.objects.filter(pk=speaker.pk).update(name=f"Name {seed} {step}")
                case 1:
                    Claim.objects.filter(pk=claim.pk).update(text=f"Text {seed} {step}")
                case 2:
                    Statement.objects.filter(speaker=speaker).update(claim=claim)
                case _:
                    exact = f"words {seed} {step}"
                    make.StatementFactory(
                        claim=claim, speaker=speaker, document=document, exact=exact
                    )

        def act() -> None:
            for step in range(25):
                try:
                    with transaction.atomic():
                        write(step)
                except OperationalError:
                    continue  # a deadlock: PostgreSQL cancels one of two transactions

        return act

    assert together(*map(writer, range(4))) == [None] * 4
    texts = stored_texts()
    assert {*texts[full_text.PUBLIC_TABLE]} == {claim.pk for claim in claims}
    assert word_bags(texts) == word_bags(rebuilt_texts())
