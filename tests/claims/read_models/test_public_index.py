"""The public index and the tally always agree with the records."""

from collections import Counter
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from claims import workflow
from claims.choices import Verdict, VersionState
from claims.models import (
    Claim,
    Evidence,
    PublicClaim,
    PublicTally,
    Review,
    ReviewVersion,
    Statement,
)
from claims.read_models import public_index
from claims.search.public_index import IdLookup, PublicIndexKeySource, has_overflowing_claims
from claimsapi.core.database import triggers
from tests import factories as make
from tests.claims.random_desk import RandomDesk
from tests.concurrency import Together

Row = tuple[Any, ...]


def expected_rows() -> tuple[set[Row], Counter[tuple[str, str]]]:
    """Compute the index and the tally in Python, from the public querysets."""
    rows: set[Row] = set()
    tally: Counter[tuple[str, str]] = Counter()
    codes = {verdict: code for code, verdict in enumerate(Verdict.values, 1)}
    for claim in Claim.objects.public():
        speakers = {s.speaker_id for s in claim.statements.all() if s.speaker_id}
        topics = {topic.pk for topic in claim.topics.all()}
        versions = list(
            ReviewVersion.objects.filter(
                review__claim=claim, state=VersionState.PUBLISHED
            ).select_related("review", "rating")
        )
        pairs = {(codes[v.rating.verdict], v.review.publisher_id) for v in versions}
        reviews = {(a * v, b * p) for (v, p) in pairs for a in (0, 1) for b in (0, 1)} | {(0, 0)}
        newest = max((v.published_at for v in versions), default=None)
        year = newest.year if newest else 0
        for speaker, (verdict, publisher), topic in product(speakers | {0}, reviews, topics | {0}):
            key = (speaker, verdict, publisher, topic)
            claim_values = (claim.language, year) if not any(key) else ("", 0)
            rows.add((claim.pk, *key, claim.created_at, claim.public_id, *claim_values))
        tally["all", ""] += 1
        tally.update(("speaker", str(speaker)) for speaker in speakers)
        tally.update(("topic", str(topic)) for topic in topics)
        tally.update({("verdict", v.rating.verdict) for v in versions})
        tally.update({("publisher", str(v.review.publisher_id)) for v in versions})
        tally.update([("language", claim.language)] if claim.language else [])
        tally.update([("year", str(year))] if year else [])
    return rows, tally


def stored_rows() -> tuple[set[Row], Counter[tuple[str, str]]]:
    """Read the index and the tally, and check that neither repeats or undercounts."""
    rows = list(
        PublicClaim.objects.values_list(
            "claim_id",
            *("speaker", "verdict", "publisher", "topic"),
            *("created_at", "public_id", "language", "year"),
        )
    )
    assert len(rows) == len(set(rows))
    tally: Counter[tuple[str, str]] = Counter()
    for facet, value, n in PublicTally.objects.values_list("facet", "value", "n"):
        tally[facet, value] += n
    assert min(tally.values(), default=0) >= 0
    return set(rows), +tally


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(5))
def test_index_and_tally_agree_with_the_records_after_every_write(seed: int) -> None:
    desk = RandomDesk(seed)
    for _ in range(30):
        desk.act()
        assert stored_rows() == expected_rows()
    assert PublicClaim.objects.exists()


@pytest.mark.django_db
def test_a_rebuilt_index_equals_the_one_that_triggers_maintained() -> None:
    RandomDesk(9).act(25)
    PublicClaim.objects.all().delete()
    PublicTally.objects.all().delete()
    triggers.drop(connection)
    triggers.install(connection)
    assert stored_rows() == expected_rows()


@pytest.mark.django_db
def test_rows_are_indexed_in_any_order_of_insertion(tmp_path: Any) -> None:
    # Foreign keys are checked at the end of the transaction, so a row may come before its target.
    version = make.published_version()
    make.StatementFactory(claim=version.review.claim)
    version.review.claim.topics.add(make.TopicFactory())
    path = tmp_path / "backwards.json"
    kinds = ("reviewversion", "review", "rating", "ratingscale", "statement", "claim", "topic")
    names = [f"claims.{kind}" for kind in kinds]
    call_command("dumpdata", *names, natural_primary=True, natural_foreign=True, output=str(path))
    before = {row[1:] for row in stored_rows()[0]}
    with triggers.without_triggers(connection):
        Evidence.objects.all().delete()
        ReviewVersion.objects.all().delete()
        Review.objects.all().delete()
        Statement.objects.all().delete()
        Claim.objects.all().delete()
    assert stored_rows() == (set(), Counter())
    call_command("loaddata", str(path), verbosity=0)
    assert stored_rows() == expected_rows()
    assert {row[1:] for row in stored_rows()[0]} == before


@pytest.mark.django_db
def test_a_claim_with_too_many_combinations_keeps_its_rows_of_one_dimension(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(public_index, "MAX_ROWS_PER_CLAIM", 20)
    triggers.install(connection)
    assert not has_overflowing_claims()
    claim = make.ClaimFactory(listed=True)
    topics = [make.TopicFactory() for _ in range(4)]
    claim.topics.set(topics)
    for _ in range(4):
        make.StatementFactory(claim=claim)
    assert has_overflowing_claims()
    of_topic = PublicIndexKeySource({"topic": IdLookup(topics[0].pk)})
    [(pk, _at, _id)] = of_topic.fetch_rows("created_at", descending=True, after=None, limit=2)
    assert pk == claim.pk
    claim.topics.set(topics[:1])
    assert not has_overflowing_claims()
    assert stored_rows() == expected_rows()


@pytest.mark.django_db
def test_work_on_hidden_claims_leaves_the_index_alone() -> None:
    version = make.submitted_version()
    make.StatementFactory(claim=version.review.claim)
    version.review.claim.topics.add(make.TopicFactory())
    assert stored_rows() == (set(), Counter())


@pytest.mark.django_db
def test_a_dump_contains_neither_the_index_nor_the_tally(
    capsys: pytest.CaptureFixture[str],
) -> None:
    make.ClaimFactory(listed=True)
    call_command("dumpdata")
    dump = capsys.readouterr().out
    assert "claims.claim" in dump
    assert "claims.site" not in dump
    assert "claims.public" not in dump


@pytest.mark.django_db(transaction=True)
def test_concurrent_writes_to_one_claim_are_all_indexed(together: Together) -> None:
    for _ in range(4):
        version: Any = make.submitted_version()
        claim = version.review.claim
        speakers = [make.SpeakerFactory() for _ in range(3)]
        topic, editor = make.TopicFactory(), make.UserFactory(role="editor")
        document = make.DocumentFactory()

        def add_statement(
            speaker: Any, claim: Any = claim, document: Any = document
        ) -> Callable[[], Any]:
            def act() -> None:
                with transaction.atomic():
                    make.StatementFactory(claim=claim, speaker=speaker, document=document)

            return act

        results = together(
            *(add_statement(speaker) for speaker in speakers),
            lambda claim=claim, topic=topic: claim.topics.add(topic),
            lambda version=version, editor=editor: make.move(version, workflow.PUBLISH, editor),
        )
        assert [result for result in results if isinstance(result, Exception)] == []
        assert stored_rows() == expected_rows()


@pytest.mark.django_db(transaction=True)
def test_concurrent_counts_of_one_value_add_up_and_leave_few_rows(together: Together) -> None:
    topic, speaker = make.TopicFactory(), make.SpeakerFactory()
    document = make.DocumentFactory()

    def write_claims() -> None:
        for _ in range(5):
            with transaction.atomic():
                claim = make.ClaimFactory(listed=True)
                claim.topics.add(topic)
                make.StatementFactory(claim=claim, speaker=speaker, document=document)

    results = together(*[write_claims] * 4)
    assert results == [None] * 4
    assert stored_rows() == expected_rows()
    make.ClaimFactory(listed=True)
    assert PublicTally.objects.filter(facet="all").count() == 1
    assert stored_rows() == expected_rows()
