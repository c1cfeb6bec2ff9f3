"""Passages get their words when the ingest command stores their text."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from claims import workflow
from claims.models import Evidence, Statement
from sources.models import Document, Snapshot
from tests.claims.management.ingestion import TEXT, ingest, ingest_with_errors
from tests.factories import (
    DocumentFactory,
    EvidenceFactory,
    ReviewVersionFactory,
    SnapshotFactory,
    StatementFactory,
    UserFactory,
    move,
)
from tests.test_fixtures import dump_records

pytestmark = pytest.mark.django_db


@pytest.fixture
def pending_snapshot() -> Snapshot:
    """A snapshot of the common text that does not have its text yet."""
    snapshot: Snapshot = SnapshotFactory(
        document=DocumentFactory(url=None),
        sha256=hashlib.sha256(TEXT.encode()).hexdigest(),
        text=None,
        length=len(TEXT),
    )
    return snapshot


def test_passages_get_their_words_with_the_text(
    pending_snapshot: Snapshot, file: Callable[..., Path]
) -> None:
    place = {
        "document": pending_snapshot.document,
        "snapshot": pending_snapshot,
        "start": 17,
        "end": 49,
    }
    statement, elsewhere = StatementFactory(**place), StatementFactory()
    unplaced = StatementFactory(document=pending_snapshot.document, snapshot=pending_snapshot)
    [line] = ingest(file())
    assert (line["outcome"], line["anchored"]) == ("text_received", 1)
    assert line["document"] == str(pending_snapshot.document.public_id)
    statement.refresh_from_db()
    assert statement.exact == "Every ferry of May was on time, "
    assert statement.prefix == TEXT[:17]
    assert statement.suffix == TEXT[49:81]
    for other in (elsewhere, unplaced):
        revision = other.revision
        other.refresh_from_db()
        assert (other.exact, other.revision) == ("", revision)
    before = dump_records()
    [again] = ingest(file())
    assert (again["outcome"], again["anchored"]) == ("same", 0)
    assert dump_records() == before


def test_evidence_of_a_published_review_gets_its_words_with_the_text(
    pending_snapshot: Snapshot, file: Callable[..., Path]
) -> None:
    version = ReviewVersionFactory()
    place = {
        "document": pending_snapshot.document,
        "snapshot": pending_snapshot,
        "start": 0,
        "end": 7,
    }
    evidence = EvidenceFactory(version=version, **place)
    move(version, workflow.SUBMIT, version.author)
    move(version, workflow.PUBLISH, UserFactory(role="editor"))
    [line] = ingest(file())
    assert line["anchored"] == 1
    evidence.refresh_from_db()
    assert evidence.exact == "Ferries"


def test_a_text_of_another_length_is_rejected_as_a_whole(file: Callable[..., Path]) -> None:
    SnapshotFactory(
        document=DocumentFactory(url=None),
        sha256=hashlib.sha256(TEXT.encode()).hexdigest(),
        text=None,
        length=len(TEXT) + 1,
    )
    before = dump_records()
    _lines, [error], _summary = ingest_with_errors(file())
    assert f"The text has {len(TEXT)} characters" in error
    assert dump_records() == before


@pytest.mark.parametrize(
    "place",
    [
        {"start": 17, "end": 10_000},
        {"start": 17, "end": 22, "exact": "Never"},
    ],
)
def test_a_passage_that_contradicts_the_text_rejects_the_text(
    place: dict[str, Any], pending_snapshot: Snapshot, file: Callable[..., Path]
) -> None:
    StatementFactory(document=pending_snapshot.document, snapshot=pending_snapshot, **place)
    StatementFactory(document=pending_snapshot.document, snapshot=pending_snapshot, start=0, end=7)
    before = dump_records()
    _lines, [error], _summary = ingest_with_errors(file())
    assert "The text contradicts a passage that quotes this snapshot." in error
    assert dump_records() == before


FIRST, SECOND = (settings.SEEDS_DIR / f"{n}.yaml" for n in ("ceasefire-gamble", "harbour-ferries"))


def seed(path: Path) -> None:
    call_command("seed", path, stdout=io.StringIO())


def assert_anchored(text: str) -> None:
    snapshot = Snapshot.objects.get()
    assert snapshot.text == text
    statements = Statement.objects.filter(snapshot=snapshot)
    assert statements.count() == Statement.objects.count() >= 20
    for statement in statements:
        assert statement.start is not None
        assert statement.exact == text[statement.start : statement.end] != ""
        assert text.index(statement.prefix + statement.exact + statement.suffix) >= 0
        statement.full_clean()
    speech = statements.filter(quotation="direct")
    assert speech.exists()
    for statement in speech:
        assert text[statement.start - 1] + text[statement.end] in ('""', "“”")


def test_seeded_statements_get_their_words_when_the_article_is_ingested(article: Path) -> None:
    seed(FIRST)
    [line] = ingest(article)
    assert line["outcome"] == "text_received"
    assert_anchored(article.read_bytes().decode())
    before = dump_records()
    seed(FIRST)
    assert ingest(article)[0]["outcome"] == "same"
    assert dump_records() == before


def test_seeded_statements_have_their_words_if_the_article_exists(
    article: Path,
) -> None:
    [line] = ingest(article)
    assert line["outcome"] == "created"
    seed(FIRST)
    assert Document.objects.count() == 1
    assert_anchored(article.read_bytes().decode())
    before = dump_records()
    [again] = ingest(article)
    assert (again["outcome"], again["anchored"]) == ("same", 0)
    assert dump_records() == before


def test_the_invented_case_needs_no_ingest() -> None:
    call_command("loaddata", "rating_scales", verbosity=0)
    seed(SECOND)
    passages = [*Statement.objects.exclude(start=None), *Evidence.objects.exclude(start=None)]
    assert len(passages) >= 5
    for passage in passages:
        assert passage.snapshot is not None
        assert passage.exact == passage.snapshot.text[passage.start : passage.end] != ""
