"""A follower of the change feed has the same records as the lists, whatever others write."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import Error, connection, transaction
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
from claimsapi.core.models import Entry, Leaf, Pending, User
from sources.models import Document, Speaker
from tests import factories as make
from tests.claims.admin.test_lists import MAKERS

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
        self.records: dict[str, set[str]] = {kind: set() for kind in LISTS}

    def follow(self) -> None:
        more = True
        while more:
            response = self.client.get(self.next)
            assert response.status_code == 200, response.content
            body = response.json()
            named = [(change["kind"], change["id"]) for change in body["results"]]
            assert len(named) == len(set(named))
            for change in body["results"]:
                records = self.records[change["kind"]]
                (records.discard if change["gone"] else records.add)(change["id"])
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
    """Does random work at a desk, of the possible ``acts``. Refusals are part of the work."""

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
        rows = list(model.objects.filter(**filters).order_by("pk"))
        if not rows:
            raise Error("nothing there")
        return self.random.choice(rows)

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
            make.move(version, move, who, "Because." if move.text_name else "")

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
def test_a_follower_has_the_same_records_as_the_lists(
    client_of: Callable[..., APIClient], seed: int, steps: list[int]
) -> None:
    desk = Desk(seed)
    make.StatementFactory(claim__listed_at=timezone.now())
    followers = [Follower(client_of()), Follower(client_of("auditor"))]
    for times in steps:
        desk.work(times)
        for follower in followers:
            follower.follow()
            assert follower.records == follower.lists()


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, "researcher", "editor", "auditor", "administrator"])
def test_changes_of_every_kind_are_followed(
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
    assert follower.records == follower.lists()
    assert follower.records["reviews"]


class HesitantDesk(Desk):
    """A desk that mostly lists and unlists its few claims: records appear and disappear often."""

    acts = (Desk.show_or_hide,) * 4 + (
        Desk.hide_all,
        Desk.move_statement,
        Desk.other_speaker,
        Desk.new_statement,
        Desk.retag,
        Desk.read,
    )


class Interleaving:
    """Lets a desk work between the queries of a request, as other processes do.

    It is an execute wrapper of the connection. The desk works only where another process could
    commit something that the request sees: outside the transactions of the request.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.remaining = 0  # acts

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001  Django's
        if self.remaining and not _in_transaction() and self.desk.random.random() < 0.5:
            # The queries of the desk's own work come through here too.
            remaining, self.remaining = self.remaining - 1, 0
            self.desk.work()
            self.remaining = remaining
        return execute(sql, params, many, context)


def claim_reader() -> User:
    """Make an account that reads every claim, and of other kinds the public records."""
    user = make.UserFactory()
    user.user_permissions.add(Permission.objects.get(codename="view_claim"))
    return user


def _in_transaction() -> bool:
    # A read snapshot on SQLite begins its transaction beside Django.
    begun = connection.vendor == "sqlite" and connection.connection.in_transaction
    return bool(connection.in_atomic_block or begun)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_change_is_skipped_while_others_write(
    client_of: Callable[..., APIClient], seed: int
) -> None:
    make.StatementFactory(claim__listed_at=timezone.now())
    followers = [Follower(client_of(who)) for who in (None, "auditor", claim_reader())]
    others = Interleaving(HesitantDesk(seed))
    for _ in range(6):
        with connection.execute_wrapper(others):
            others.remaining = 5
            while others.remaining:
                for follower in followers:
                    follower.follow()
        for follower in followers:
            follower.follow()
            assert follower.records == follower.lists()
    numbers = list(Leaf.objects.values_list("sequence", flat=True))
    assert numbers == list(range(Entry.objects.count()))
    assert not Pending.objects.exists()


@pytest.mark.django_db
def test_a_follower_from_an_empty_feed_gets_later_changes(public: APIClient) -> None:
    follower = Follower(public)
    follower.follow()
    follower.follow()
    make.StatementFactory(claim__listed_at=timezone.now())
    follower.follow()
    assert follower.records == follower.lists()
    assert follower.records["claims"]


@pytest.mark.django_db
@pytest.mark.parametrize("after", ["x", "1", "1.0", "-1.0.00000000", "9" * 40 + ".0.00000000"])
def test_an_invalid_cursor_is_refused(public: APIClient, after: str) -> None:
    response = public.get("/api/v1/changes/", {"after": after})
    assert (response.status_code, response.json()["errors"][0]["parameter"]) == (400, "after")


@pytest.mark.django_db
def test_a_cursor_is_refused_for_a_caller_with_other_permissions(
    public: APIClient, client_of: Callable[..., APIClient]
) -> None:
    make.ClaimFactory(listed=True)
    following = public.get("/api/v1/changes/").json()["next"]
    assert public.get(following).status_code == 200
    assert client_of("auditor").get(following).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("listed", [True, False])
def test_a_change_undone_before_sequencing_does_not_mislead_followers(
    public: APIClient,
    listed: bool,  # noqa: FBT001  a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    follower = Follower(public)
    claim = make.StatementFactory(claim__listed_at=timezone.now()).claim
    follower.follow()

    dates = {True: timezone.now(), False: None}
    claims = Claim.objects.filter(pk=claim.pk)
    for value in (not listed, listed):
        claims.update(listed_at=dates[value])
        sequence_entries()
    with monkeypatch.context() as patch:
        # As when another process is sequencing: the request does not wait for it.
        patch.setattr("claimsapi.core.api.ledger_views.sequence_entries", lambda: 0)
        claims.update(listed_at=dates[not listed])
        follower.follow()
    claims.update(listed_at=dates[listed])
    follower.follow()
    assert follower.records == follower.lists()


@pytest.mark.django_db(transaction=True)
def test_a_batch_sequenced_between_the_queries_of_a_request_is_not_skipped(
    client_of: Callable[..., APIClient],
) -> None:
    follower = Follower(client_of(claim_reader()))
    follower.follow()

    def write_before_appearances(execute: Any, sql: str, *rest: Any) -> Any:
        if 'FROM "core_appearance"' in sql and not Claim.objects.exists() and not _in_transaction():
            make.StatementFactory(claim__listed_at=timezone.now())
            sequence_entries()
        return execute(sql, *rest)

    with connection.execute_wrapper(write_before_appearances):
        follower.follow()
    make.StatementFactory(claim__listed_at=timezone.now())
    follower.follow()
    assert follower.records == follower.lists()
    assert follower.records["claims"]
