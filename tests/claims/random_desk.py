"""A desk that changes public claims at random, by every way of writing."""

import random
from typing import Any

from claims import workflow
from claims.models import Claim, Rating, Review, ReviewVersion, Statement
from tests import factories as make


class RandomDesk:
    """Performs random actions on a few claims. The same seed gives the same actions."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  reproducible, no secret
        self.claims: list[Any] = [make.ClaimFactory(listed=n % 2 == 0) for n in range(4)]
        self.speakers: list[Any] = [make.SpeakerFactory() for _ in range(3)]
        self.topics = [make.TopicFactory() for _ in range(3)]
        self.publishers = [make.PublisherFactory() for _ in range(3)]
        self.ratings = [make.RatingFactory(verdict=v) for v in ("true", "false", "unmapped")]
        self.document: Any = make.DocumentFactory()
        self.author = make.UserFactory(role="researcher")
        self.editor = make.UserFactory(role="editor")

    def act(self, times: int = 1) -> None:
        """Perform some random actions."""
        # The result of a seed depends on this order: tests rely on the records of their seeds.
        actions = [
            self.list_or_unlist,
            self.add_statements,
            self.move_statement,
            self.delete_statements,
            self.set_topics,
            self.publish,
            self.publish,
            self.correct,
            self.retract,
            self.map_ratings,
            self.change_language,
            self.delete_claim,
            self.move_review,
        ]
        for _ in range(times):
            self.random.choice(actions)()

    def any_claim(self) -> Any:
        return self.random.choice(self.claims)

    def list_or_unlist(self) -> None:
        claim = self.any_claim()
        listed_at = self.random.choice([None, claim.created_at])
        Claim.objects.filter(pk=claim.pk).update(listed_at=listed_at)

    def add_statements(self) -> None:
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
        queryset = Statement.objects.filter(claim__in=self.claims, speaker__isnull=False)
        if statements := list(queryset.order_by("pk")):
            Statement.objects.filter(pk=self.random.choice(statements).pk).update(
                claim=self.any_claim(), speaker=self.random.choice(self.speakers)
            )

    def delete_statements(self) -> None:
        Statement.objects.filter(claim=self.any_claim()).delete()

    def set_topics(self) -> None:
        topics = self.random.sample(self.topics, self.random.randrange(len(self.topics) + 1))
        self.any_claim().topics.set(topics)

    def publish(self) -> None:
        make.published_version(
            review__claim=self.any_claim(),
            review__publisher=self.random.choice(self.publishers),
            review__origin="imported",
            rating=self.random.choice(self.ratings),
            author=self.author,
            editor=self.editor,
        )

    def correct(self) -> None:
        if version := self._published_version():
            make.corrected_version(version, rating=self.random.choice(self.ratings))

    def retract(self) -> None:
        if version := self._published_version():
            make.move(version, workflow.RETRACT, self.editor, "It was another ferry.")

    def map_ratings(self) -> None:
        Rating.objects.filter(verdict="unmapped").update(verdict="mixed")

    def change_language(self) -> None:
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

    def _published_version(self) -> Any:
        versions = ReviewVersion.objects.filter(state="published", review__claim__in=self.claims)
        return self.random.choice([*versions.order_by("pk")] or [None])
