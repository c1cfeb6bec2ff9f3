"""The shipped cases: their records, and texts that they must not contain."""

import hashlib
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from pytest_django import DjangoDbBlocker

from claims.choices import RelationKind, SourceGiven, Stance, Verdict, VersionState
from claims.models import (
    ApiKey,
    ApiKeyCount,
    Assignment,
    Claim,
    ClaimRelation,
    Evidence,
    LabelVerdict,
    Review,
    Statement,
    WebhookDelivery,
    WebhookEndpoint,
)
from sources.models import Document, Identifier, Snapshot
from tests.claims.exchange.seeds.documents import seed
from tests.test_fixtures import dump_records

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped")]

FIRST, SECOND = (settings.SEEDS_DIR / f"{n}.yaml" for n in ("ceasefire-gamble", "harbour-ferries"))
ARTICLE_SHA256 = "3ddcc5022a602cc7aaae469abbb25e5c71ced73d07c2f62c02d4d80c4f98ff8f"


@pytest.fixture(scope="module")
def shipped(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[list[dict[str, Any]]]:
    """Load the shipped cases once for all tests of this module; return the printed lines."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("loaddata", "roles", "rating_scales", verbosity=0)
        lines = seed()
        with django_db_blocker.block():
            yield lines
        transaction.set_rollback(True)


def test_a_second_load_of_the_shipped_cases_changes_no_record(
    shipped: list[dict[str, Any]],
) -> None:
    assert [line["file"] for line in shipped] == [FIRST.name, SECOND.name]
    assert all(line["made"] > 0 and line["kept"] == 0 for line in shipped)
    before = dump_records()
    assert [line["made"] for line in seed()] == [0, 0]
    assert [line["made"] for line in seed(SECOND, FIRST)] == [0, 0]
    assert dump_records() == before


def test_every_shipped_record_is_valid() -> None:
    for label in ("sources", "claims"):
        for model in apps.get_app_config(label).get_models():
            if not model._meta.managed or hasattr(model, "read_model"):
                continue  # read models are derived from records
            # Assignments, API clients, webhooks and label tables are not part of a case.
            unseeded = (
                Assignment,
                LabelVerdict,
                Identifier,
                ApiKey,
                ApiKeyCount,
                WebhookDelivery,
                WebhookEndpoint,
            )
            assert model._default_manager.exists() or model in unseeded, model
            for record in model._default_manager.all():
                record.full_clean()


@pytest.fixture
def article_document() -> Document:
    """The article of the first case. Its text belongs to others."""
    document: Document = Snapshot.objects.get(sha256=ARTICLE_SHA256).document
    return document


def test_the_first_case_has_the_hash_and_the_length_of_its_article_but_not_its_text(
    article_document: Document,
) -> None:
    [snapshot] = article_document.snapshots.all()
    assert snapshot.text is None
    assert snapshot.length
    # The file has no other facts about the article.
    assert article_document.url is None
    assert article_document.publisher is None
    assert article_document.byline == ""
    assert article_document.published_precision == "unknown"


def test_the_statements_of_the_first_case_have_positions_but_no_dates_or_sources(
    article_document: Document,
) -> None:
    statements = list(article_document.statements.all())
    assert len(statements) >= 20
    for statement in statements:
        assert statement.snapshot == article_document.snapshots.get()
        assert statement.start is not None
        assert statement.source_given == SourceGiven.NONE
        # In an undated article, 'Wednesday' and 'last year' have no date.
        assert statement.stated_precision == "unknown"


def test_the_first_case_quotes_only_direct_speech(article_document: Document) -> None:
    statements = article_document.statements.all()
    speech = statements.filter(quotation="direct")
    assert statements.exclude(exact="").count() == speech.count() >= 1
    assert sum(len(statement.exact) for statement in speech) < 300
    assert not statements.exclude(prefix="", suffix="").exists()


def test_the_claims_of_the_first_case_are_listed_and_include_a_contradiction(
    article_document: Document,
) -> None:
    claims = Claim.objects.filter(statements__document=article_document).distinct()
    assert claims.count() >= 15
    assert not claims.filter(listed_at=None).exists()
    assert set(claims) <= set(Claim.objects.public())
    contradictions = ClaimRelation.objects.filter(kind=RelationKind.CONTRADICTS)
    assert contradictions.filter(from_claim__in=claims, to_claim__in=claims).exists()


def test_the_shipped_cases_contain_no_sentence_of_the_article(article: Path) -> None:
    """Direct speech is allowed, and the headline: it is the name of the work."""
    assert hashlib.sha256(article.read_bytes()).hexdigest() == ARTICLE_SHA256
    seeds = [" ".join(path.read_text().split()) for path in settings.SEEDS_DIR.iterdir()]
    _headline, *paragraphs = article.read_text().splitlines()
    for paragraph in paragraphs:
        speech = paragraph.partition('"')[2].rpartition('"')[0]
        words = paragraph.split()
        for first in range(len(words) - 7):
            run = " ".join(words[first : first + 8])
            if run.strip('",.') not in speech:
                assert not any(run in seed for seed in seeds), run


@pytest.fixture
def refuting_review() -> Review:
    """The review of the second case that refutes a claim."""
    review: Review = Review.objects.get(versions__evidence__stance=Stance.REFUTES)
    return review


def test_the_second_case_has_a_published_review_with_a_verdict(refuting_review: Review) -> None:
    version = refuting_review.versions.get(state=VersionState.PUBLISHED)
    assert version.rating is not None
    assert version.rating.verdict not in {Verdict.UNMAPPED, Verdict.NOT_CHECKABLE}
    assert version.editor not in {None, version.author}
    assert version.summary
    assert refuting_review in Review.objects.public()
    assert refuting_review.claim in Claim.objects.public()


def test_the_passages_of_the_second_case_quote_its_own_snapshots(refuting_review: Review) -> None:
    passages = [
        *Evidence.objects.exclude(start=None),
        *Statement.objects.exclude(start=None).exclude(snapshot__sha256=ARTICLE_SHA256),
    ]
    assert {type(passage) for passage in passages} == {Evidence, Statement}
    for passage in passages:
        assert passage.snapshot is not None
        assert passage.snapshot.text is not None
        assert passage.exact == passage.snapshot.text[passage.start : passage.end] != ""
        assert passage.prefix or passage.suffix


def test_the_second_case_has_a_claim_that_is_not_public() -> None:
    hidden = Claim.objects.exclude(pk__in=Claim.objects.public())
    assert hidden.exists()
    assert not hidden.filter(listed_at__isnull=False).exists()


def test_a_copy_of_a_shipped_case_with_another_file_name_is_rejected(tmp_path: Path) -> None:
    copy, err = shutil.copy(FIRST, tmp_path / "copy.yaml"), io.StringIO()
    with pytest.raises(CommandError):
        call_command("seed", copy, stderr=err)
    assert err.getvalue().startswith("copy.yaml:1: case: ")
