"""The index over the public set and its tally always say what the records themselves say."""

import random
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
    Rating,
    Review,
    ReviewVersion,
    Statement,
)
from claims.read_models import public_index
from claims.search.public_index import IdLookup, IndexKeys, has_overflowing_claims
from claimsapi.core.database import triggers
from tests import factories as make
from tests.concurrency import Together

Row = tuple[Any, ...]


def defined() -> tuple[set[Row], Counter[tuple[str, str]]]:
    """Index and tally by their definition, in Python from the public querysets."""
    rows: set[Row] = set()
    tally: Counter[tuple[str, str]] = Counter()
    codes = {word: code for code, word in enumerate(Verdict.values, 1)}
    for claim in Claim.objects.public():
        speakers = {s.speaker_id for s in claim.statements.all() if s.speaker_id}
        topics = {topic.pk for topic in claim.topics.all()}
        standing = list(
            ReviewVersion.objects.filter(
                review__claim=claim, state=VersionState.PUBLISHED
            ).select_related("review", "rating")
        )
        found = {(codes[v.rating.verdict], v.review.publisher_id) for v in standing}
        reviewed = {(a * v, b * p) for (v, p) in found for a in (0, 1) for b in (0, 1)} | {(0, 0)}
        newest = max((v.published_at for v in standing), default=None)
        year = newest.year if newest else 0
        for speaker, (verdict, publisher), topic in product(speakers | {0}, reviewed, topics | {0}):
            key = (speaker, verdict, publisher, topic)
            own = (claim.language, year) if not any(key) else ("", 0)
            rows.add((claim.pk, *key, claim.created_at, claim.public_id, *own))
        tally["all", ""] += 1
        tally.update(("speaker", str(speaker)) for speaker in speakers)
        tally.update(("topic", str(topic)) for topic in topics)
        tally.update({("verdict", v.rating.verdict) for v in standing})
        tally.update({("publisher", str(v.review.publisher_id)) for v in standing})
        tally.update([("language", claim.language)] if claim.language else [])
        tally.update([("year", str(year))] if year else [])
    return rows, tally


def kept() -> tuple[set[Row], Counter[tuple[str, str]]]:
    """Index and tally as the database keeps them."""
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


class Desk:
    """Somebody who does at random whatever changes what the public sees, by any way of writing."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  chooses what to do, guards nothing
        self.claims: list[Any] = [make.ClaimFactory(listed=n % 2 == 0) for n in range(4)]
        self.speakers: list[Any] = [make.SpeakerFactory() for _ in range(3)]
        self.topics = [make.TopicFactory() for _ in range(3)]
        self.publishers = [make.PublisherFactory() for _ in range(3)]
        self.ratings = [make.RatingFactory(verdict=v) for v in ("true", "false", "unmapped")]
        self.document: Any = make.DocumentFactory()
        self.author = make.UserFactory(role="researcher")
        self.editor = make.UserFactory(role="editor")

    def act(self) -> None:
        self.random.choice(
            [
                self.list_or_unlist,
                self.speak,
                self.move_statement,
                self.unsay,
                self.tag,
                self.publish,
                self.publish,
                self.correct,
                self.retract,
                self.decide_label,
                self.translate,
                self.delete_claim,
                self.move_review,
            ]
        )()

    def any_claim(self) -> Any:
        return self.random.choice(self.claims)

    def list_or_unlist(self) -> None:
        claim = self.any_claim()
        now = self.random.choice([None, claim.created_at])
        Claim.objects.filter(pk=claim.pk).update(listed_at=now)

    def speak(self) -> None:
        speaker = self.random.choice([None, *self.speakers])
        rows = [
            Statement(
                claim=self.any_claim(),
                document=self.document,
                speaker=speaker,
                quotation="indirect" if speaker else "authorial",
            )
            for _ in range(self.random.randrange(1, 3))
        ]
        Statement.objects.bulk_create(rows)

    def move_statement(self) -> None:
        said = Statement.objects.filter(claim__in=self.claims, speaker__isnull=False)
        if found := list(said.order_by("pk")):
            Statement.objects.filter(pk=self.random.choice(found).pk).update(
                claim=self.any_claim(), speaker=self.random.choice(self.speakers)
            )

    def unsay(self) -> None:
        Statement.objects.filter(claim=self.any_claim()).delete()

    def tag(self) -> None:
        some = self.random.sample(self.topics, self.random.randrange(len(self.topics) + 1))
        self.any_claim().topics.set(some)

    def publish(self) -> None:
        make.published_version(
            review__claim=self.any_claim(),
            review__publisher=self.random.choice(self.publishers),
            review__origin="imported",
            rating=self.random.choice(self.ratings),
            author=self.author,
            editor=self.editor,
        )

    def _published(self) -> Any:
        standing = ReviewVersion.objects.filter(state="published", review__claim__in=self.claims)
        return self.random.choice([*standing.order_by("pk")] or [None])

    def correct(self) -> None:
        if first := self._published():
            make.corrected_version(first, rating=self.random.choice(self.ratings))

    def retract(self) -> None:
        if version := self._published():
            make.move(version, workflow.RETRACT, self.editor, "It was another ferry.")

    def decide_label(self) -> None:
        Rating.objects.filter(verdict="unmapped").update(verdict="mixed")

    def translate(self) -> None:
        Claim.objects.filter(pk=self.any_claim().pk).update(
            language=self.random.choice(["", "en", "de"])
        )

    def delete_claim(self) -> None:
        claim = make.ClaimFactory(listed=True)
        claim.topics.set(self.topics)
        make.StatementFactory(claim=claim, speaker=self.speakers[0], document=self.document)
        claim.statements.all().delete()
        claim.delete()

    def move_review(self) -> None:
        review = make.ReviewFactory(claim=self.any_claim())
        make.ReviewVersionFactory(review=review, author=self.author)
        Review.objects.filter(pk=review.pk).update(claim=self.any_claim())


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(5))
def test_whatever_is_written_the_index_and_the_tally_say_what_the_records_say(seed: int) -> None:
    desk = Desk(seed)
    for _ in range(30):
        desk.act()
        assert kept() == defined()
    assert PublicClaim.objects.exists()


@pytest.mark.django_db
def test_an_index_made_anew_equals_the_one_that_was_kept() -> None:
    desk = Desk(9)
    for _ in range(25):
        desk.act()
    PublicClaim.objects.all().delete()
    PublicTally.objects.all().delete()
    triggers.drop(connection)
    triggers.install(connection)
    assert kept() == defined()


@pytest.mark.django_db
def test_rows_in_any_order_are_indexed_since_references_are_checked_last(tmp_path: Any) -> None:
    version = make.published_version()
    make.StatementFactory(claim=version.review.claim)
    version.review.claim.topics.add(make.TopicFactory())
    path = tmp_path / "backwards.json"
    kinds = ("reviewversion", "review", "rating", "ratingscale", "statement", "claim", "topic")
    names = [f"claims.{kind}" for kind in kinds]
    call_command("dumpdata", *names, natural_primary=True, natural_foreign=True, output=str(path))
    before = {row[1:] for row in kept()[0]}
    with triggers.without_triggers(connection):
        Evidence.objects.all().delete()
        ReviewVersion.objects.all().delete()
        Review.objects.all().delete()
        Statement.objects.all().delete()
        Claim.objects.all().delete()
    assert kept() == (set(), Counter())
    call_command("loaddata", str(path), verbosity=0)
    assert kept() == defined()
    assert {row[1:] for row in kept()[0]} == before


@pytest.mark.django_db
def test_a_claim_of_too_many_combinations_loses_none_of_its_single_facts(
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
    of_the_topic = IndexKeys({"topic": IdLookup(topics[0].pk)})
    [(pk, _at, _id)] = of_the_topic.rows("created_at", descending=True, after=None, limit=2)
    assert pk == claim.pk
    claim.topics.set(topics[:1])
    assert not has_overflowing_claims()
    assert kept() == defined()


@pytest.mark.django_db
def test_work_on_what_nobody_sees_leaves_the_index_alone() -> None:
    version = make.submitted_version()
    make.StatementFactory(claim=version.review.claim)
    version.review.claim.topics.add(make.TopicFactory())
    assert kept() == (set(), Counter())


@pytest.mark.django_db
def test_neither_the_index_nor_the_tally_is_in_a_dump(capsys: pytest.CaptureFixture[str]) -> None:
    make.ClaimFactory(listed=True)
    call_command("dumpdata")
    dumped = capsys.readouterr().out
    assert "claims.claim" in dumped
    assert "claims.site" not in dumped


@pytest.mark.django_db(transaction=True)
def test_of_people_who_write_at_once_about_one_claim_none_is_left_out(together: Together) -> None:
    for _ in range(4):
        version: Any = make.submitted_version()
        claim = version.review.claim
        speakers = [make.SpeakerFactory() for _ in range(3)]
        topic, editor = make.TopicFactory(), make.UserFactory(role="editor")
        document = make.DocumentFactory()

        def say(speaker: Any, claim: Any = claim, document: Any = document) -> Callable[[], Any]:
            def act() -> None:
                with transaction.atomic():
                    make.StatementFactory(claim=claim, speaker=speaker, document=document)

            return act

        results = together(
            *(say(speaker) for speaker in speakers),
            lambda claim=claim, topic=topic: claim.topics.add(topic),
            lambda version=version, editor=editor: make.move(version, workflow.PUBLISH, editor),
        )
        assert [result for result in results if isinstance(result, Exception)] == []
        assert kept() == defined()


@pytest.mark.django_db(transaction=True)
def test_people_who_count_the_same_at_once_count_right_and_few_rows_remain(
    together: Together,
) -> None:
    topic, speaker = make.TopicFactory(), make.SpeakerFactory()
    document = make.DocumentFactory()

    def writing() -> None:
        for _ in range(5):
            with transaction.atomic():
                claim = make.ClaimFactory(listed=True)
                claim.topics.add(topic)
                make.StatementFactory(claim=claim, speaker=speaker, document=document)

    results = together(*[writing] * 4)
    assert results == [None] * 4
    assert kept() == defined()
    make.ClaimFactory(listed=True)
    assert PublicTally.objects.filter(facet="all").count() == 1
    assert kept() == defined()
