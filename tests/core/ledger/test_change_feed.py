"""Whoever follows the feed of changes holds what the lists hold, whoever writes meanwhile."""

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.db import Error, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from claims import workflow
from claims.models import (
    Assignment,
    Claim,
    ClaimRelation,
    Evidence,
    Review,
    ReviewVersion,
    Statement,
)
from claims.services.reviews import prepare_next_version
from claimsapi.core.database.ledger_triggers import recorded_models
from claimsapi.core.errors import DomainError
from claimsapi.core.ledger.sequencer import sequence_entries
from claimsapi.core.models import Entry, Leaf, Pending
from sources.models import Document, Speaker
from tests import factories as make
from tests.claims.admin.test_lists import MAKERS
from tests.concurrency import Together

LISTS = (
    "affiliations",
    "assignments",
    "claim-relations",
    "claims",
    "documents",
    "evidence",
    "identifiers",
    "publishers",
    "rating-scales",
    "ratings",
    "reviews",
    "speakers",
    "statements",
    "topics",
)


RECORDS: dict[Any, Callable[[], Any]] = {
    **MAKERS,
    Assignment: make.AssignmentFactory,
    Evidence: make.EvidenceFactory,
}


class Follower:
    """A client that keeps up with the feed."""

    def __init__(self, client: APIClient) -> None:
        self.client = client
        self.next = "/api/v1/changes/?page_size=7"
        self.held: dict[str, set[str]] = {kind: set() for kind in LISTS}

    def follow(self) -> None:
        more = True
        while more:
            response = self.client.get(self.next)
            assert response.status_code == 200, response.content
            body = response.json()
            named = [(change["kind"], change["id"]) for change in body["results"]]
            assert len(named) == len(set(named))
            for change in body["results"]:
                held = self.held[change["kind"]]
                (held.discard if change["gone"] else held.add)(change["id"])
                assert (change["url"] is None) == change["gone"]
            self.next, more = body["next"], body["more"]

    def lists(self) -> dict[str, set[str]]:
        return {kind: set(self._all(f"/api/v1/{kind}/?page_size=200")) for kind in LISTS}

    def _all(self, url: str | None) -> Iterator[str]:
        while url:
            body = self.client.get(url).json()
            yield from (row["id"] for row in body["results"])
            url = body["next"]


class Desk:
    """Random work of a desk. ``acts`` lists what may be done; a refusal is part of the work."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  reproducible, no secret
        self.author = make.UserFactory(role="researcher")
        self.editor = make.UserFactory(role="editor")

    def work(self, times: int = 1) -> None:
        for _ in range(times):
            act = self.random.choice(self.acts)
            try:
                with transaction.atomic():
                    act(self)
            except (DomainError, Error):
                continue

    def one_of(self, model: Any, **filters: Any) -> Any:
        found = list(model.objects.filter(**filters).order_by("pk"))
        if not found:
            raise Error("nothing there")
        return self.random.choice(found)

    def new_statement(self) -> None:
        make.StatementFactory(claim=self.one_of(Claim))

    def new_claim(self) -> None:
        make.ClaimFactory().topics.add(make.TopicFactory())

    def move_statement(self) -> None:
        statement = self.one_of(Statement)
        statement.claim = self.one_of(Claim)
        statement.save()

    def other_speaker(self) -> None:
        rows = Statement.objects.filter(pk=self.one_of(Statement).pk)
        rows.update(speaker=self.one_of(Speaker), affiliation=None)

    def remove_statement(self) -> None:
        self.one_of(Statement).delete()

    def retag(self) -> None:
        self.one_of(Claim).topics.set([make.TopicFactory()])

    def show_or_hide(self) -> None:
        claim = self.one_of(Claim)
        move = workflow.UNLIST if claim.listed_at else workflow.LIST
        make.move(claim, move, self.editor)

    def hide_all(self) -> None:
        Claim.objects.update(listed_at=None)

    def relate(self) -> None:
        make.ClaimRelationFactory(
            from_claim=self.one_of(Claim),
            to_claim=self.one_of(Claim),
            state=self.random.choice(["confirmed", "suggested"]),
        )

    def decide_relation(self) -> None:
        relation = self.one_of(ClaimRelation)
        relation.state = self.random.choice(["confirmed", "rejected"])
        relation.save()

    def draft(self) -> None:
        version = make.ReviewVersionFactory(review__claim=self.one_of(Claim), author=self.author)
        make.EvidenceFactory(version=version)

    def advance(self) -> None:
        version = self.one_of(ReviewVersion)
        move = {
            "draft": workflow.SUBMIT,
            "submitted": self.random.choice([workflow.PUBLISH, workflow.RETURN]),
            "published": workflow.RETRACT,
        }.get(version.state)
        if move:
            who = self.author if move is workflow.SUBMIT else self.editor
            make.move(version, move, who, "Because." if move.asks else "")

    def prepare(self) -> None:
        prepare_next_version(
            review=self.one_of(Review), author=self.author, kind="update", note="New figures."
        )

    def retitle(self) -> None:
        Document.objects.filter(pk=self.one_of(Document).pk).update(title="Another title")

    def rename(self) -> None:
        Speaker.objects.filter(pk=self.one_of(Speaker).pk).update(name="Somebody Else")

    def read(self) -> None:
        sequence_entries()

    acts = (
        new_statement,
        new_claim,
        move_statement,
        other_speaker,
        remove_statement,
        retag,
        show_or_hide,
        show_or_hide,
        hide_all,
        relate,
        decide_relation,
        draft,
        advance,
        advance,
        advance,
        prepare,
        retitle,
        rename,
        read,
    )


@pytest.mark.django_db
@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32), steps=st.lists(st.integers(1, 12), min_size=1, max_size=4))
def test_a_follower_holds_what_the_lists_hold(
    client_of: Callable[..., APIClient], seed: int, steps: list[int]
) -> None:
    desk = Desk(seed)
    make.StatementFactory(claim__listed_at=timezone.now())
    followers = [Follower(client_of()), Follower(client_of("auditor"))]
    for times in steps:
        desk.work(times)
        for follower in followers:
            follower.follow()
            assert follower.held == follower.lists()


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, "researcher", "editor", "auditor", "administrator"])
def test_a_change_of_whatever_kind_is_followed(
    client_of: Callable[..., APIClient], role: str | None
) -> None:
    follower = Follower(client_of(role) if role else client_of())
    follower.follow()
    for model in recorded_models():
        RECORDS[model]()
    recorded = set(Entry.objects.values_list("kind", flat=True))
    assert recorded >= {model._meta.label_lower for model in recorded_models()}
    make.published_version()
    follower.follow()
    assert follower.held == follower.lists()
    assert follower.held["reviews"]


@pytest.mark.django_db(transaction=True)
def test_no_change_is_skipped_while_others_write(
    client_of: Callable[..., APIClient], together: Together
) -> None:
    make.StatementFactory(claim__listed_at=timezone.now())
    desks = [Desk(seed) for seed in (1, 2, 3)]
    followers = [Follower(client_of()), Follower(client_of("auditor"))]
    at_work = list(desks)

    def write(desk: Desk) -> None:
        try:
            desk.work(25)
        finally:
            at_work.remove(desk)

    def follow() -> int:
        rounds = 0
        while at_work:
            for follower in followers:
                follower.follow()
            rounds += 1
        return rounds

    *_, rounds = together(*(partial(write, desk) for desk in desks), follow)
    sequence_entries(wait=True)
    for follower in followers:
        follower.follow()
        assert follower.held == follower.lists()
    assert rounds > 0
    numbers = list(Leaf.objects.values_list("sequence", flat=True))
    assert numbers == list(range(Entry.objects.count()))
    assert not Pending.objects.exists()


@pytest.mark.django_db
def test_who_follows_from_an_empty_feed_gets_all_that_comes(public: APIClient) -> None:
    follower = Follower(public)
    follower.follow()
    follower.follow()
    make.StatementFactory(claim__listed_at=timezone.now())
    follower.follow()
    assert follower.held == follower.lists()
    assert follower.held["claims"]


@pytest.mark.django_db
@pytest.mark.parametrize("after", ["x", "1", "1.0", "-1.0.00000000", "9" * 40 + ".0.00000000"])
def test_what_is_no_cursor_is_refused(public: APIClient, after: str) -> None:
    response = public.get("/api/v1/changes/", {"after": after})
    assert (response.status_code, response.json()["errors"][0]["parameter"]) == (400, "after")


@pytest.mark.django_db
def test_a_cursor_does_not_serve_a_caller_with_other_rights(
    public: APIClient, client_of: Callable[..., APIClient]
) -> None:
    make.ClaimFactory(listed=True)
    following = public.get("/api/v1/changes/").json()["next"]
    assert public.get(following).status_code == 200
    assert client_of("auditor").get(following).status_code == 400
