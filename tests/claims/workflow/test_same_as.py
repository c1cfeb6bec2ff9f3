"""Marking a claim as the same as another: what the other receives, and what remains."""

from typing import Any

import pytest

from claims import workflow
from claims.models import Claim, ClaimRelation, Statement
from claims.workflow import apply_transition
from claimsapi.core.errors import Conflict, Invalid
from claimsapi.core.ledger.models import Entry
from tests import factories as make

pytestmark = pytest.mark.django_db


def same(claim: Claim, other: Claim | None, **given: Any) -> Claim:
    claim.refresh_from_db()
    return apply_transition(
        record=claim,
        transition=workflow.SAME_AS,
        user=given.pop("user", None) or make.UserFactory(role="editor"),
        other=other,
        revision=claim.revision,
        **given,
    )


def relations() -> set[tuple[str, int, int, str]]:
    return {(r.kind, r.from_claim_id, r.to_claim_id, r.state) for r in ClaimRelation.objects.all()}


def test_its_statements_move_and_a_confirmed_relation_remains() -> None:
    claim, other, editor = make.ClaimFactory(), make.ClaimFactory(), make.UserFactory(role="editor")
    statement = make.StatementFactory(claim=claim)
    before = statement.revision
    moved = same(claim, other, user=editor, text="Two wordings of one.")
    statement.refresh_from_db()
    assert (statement.claim, statement.revision) == (other, before + 1)
    assert moved.status == "rejected"
    assert moved.status_reason == f"The same as: {other.text}\nTwo wordings of one."
    assert relations() == {("same_as", claim.pk, other.pk, "confirmed")}
    assert ClaimRelation.objects.get().decided_by == editor


def test_a_statement_at_a_passage_that_the_other_has_stays_behind() -> None:
    claim, other = make.ClaimFactory(), make.ClaimFactory()
    snapshot = make.SnapshotFactory()
    place = {"snapshot": snapshot, "document": snapshot.document, "start": 0, "end": 10}
    kept = make.StatementFactory(claim=other, exact=snapshot.text[:10], **place)
    doubled = make.StatementFactory(claim=claim, exact=snapshot.text[:10], **place)
    same(claim, other)
    assert Statement.objects.get(pk=kept.pk).claim == other
    assert Statement.objects.get(pk=doubled.pk).claim == claim


def test_its_relations_go_to_the_other_but_for_those_that_it_has() -> None:
    claim, other, third = (make.ClaimFactory() for _ in range(3))
    confirmed = {"state": "confirmed"}
    make.ClaimRelationFactory(from_claim=third, to_claim=claim, kind="repeats", **confirmed)
    make.ClaimRelationFactory(from_claim=claim, to_claim=third, kind="contradicts", **confirmed)
    make.ClaimRelationFactory(from_claim=third, to_claim=other, kind="contradicts", **confirmed)
    make.ClaimRelationFactory(from_claim=claim, to_claim=other, kind="narrower_than", **confirmed)
    same(claim, other)
    assert relations() == {
        ("repeats", third.pk, other.pk, "confirmed"),
        ("contradicts", claim.pk, third.pk, "confirmed"),
        ("contradicts", third.pk, other.pk, "confirmed"),
        ("narrower_than", claim.pk, other.pk, "confirmed"),
        ("same_as", claim.pk, other.pk, "confirmed"),
    }


def test_a_suggested_relation_is_confirmed_by_it() -> None:
    claim, other = make.ClaimFactory(), make.ClaimFactory()
    make.ClaimRelationFactory(from_claim=claim, to_claim=other, kind="same_as", state="suggested")
    same(claim, other)
    assert relations() == {("same_as", claim.pk, other.pk, "confirmed")}


def test_the_other_is_listed_if_the_claim_was() -> None:
    claim, other = make.ClaimFactory(listed=True), make.ClaimFactory()
    same(claim, other)
    claim.refresh_from_db()
    other.refresh_from_db()
    assert claim.listed_at is None
    assert other.listed_at is not None


def test_every_change_of_it_is_recorded_as_this_move() -> None:
    claim, other = make.ClaimFactory(listed=True), make.ClaimFactory()
    make.StatementFactory(claim=claim)
    last = Entry.objects.latest("id").pk
    editor = make.UserFactory(role="editor")
    same(claim, other, user=editor)
    entries = Entry.objects.filter(pk__gt=last).exclude(kind="core.user")
    told = {(entry.kind, entry.action) for entry in entries}
    assert told == {
        ("claims.claim", "same_as"),
        ("claims.statement", "same_as"),
        ("claims.claimrelation", "same_as"),
    }
    assert {entry.actor for entry in entries} == {f"@{editor.handle}"}


def test_what_cannot_be_the_same_is_refused_with_a_sentence() -> None:
    claim, rejected = make.ClaimFactory(), make.ClaimFactory(status="rejected", status_reason="No.")
    contrary = make.ClaimFactory()
    make.ClaimRelationFactory(
        from_claim=contrary, to_claim=claim, kind="contradicts", state="confirmed"
    )
    for other, said in (
        (None, "choose the claim that stays"),
        (claim, "cannot be the same as itself"),
        (rejected, "was rejected"),
        (contrary, "contradict"),
    ):
        with pytest.raises(Invalid, match=said) as refusal:
            same(claim, other)
        assert refusal.value.field == "claim"
    assert Claim.objects.get(pk=claim.pk).status == "unreviewed"


def test_a_claim_with_a_review_stays() -> None:
    version = make.ReviewVersionFactory()
    with pytest.raises(Conflict, match="has a review"):
        same(version.review.claim, make.ClaimFactory())


def test_another_that_was_deleted_meanwhile_is_no_other() -> None:
    claim, other = make.ClaimFactory(), make.ClaimFactory()
    stale = Claim.objects.get(pk=other.pk)
    other.delete()
    with pytest.raises(Conflict, match="deleted the record"):
        same(claim, stale)


def test_a_relation_the_other_way_is_turned_to_where_the_claim_went() -> None:
    claim, other = make.ClaimFactory(), make.ClaimFactory()
    make.ClaimRelationFactory(from_claim=other, to_claim=claim, kind="same_as", state="suggested")
    same(claim, other)
    assert relations() == {("same_as", claim.pk, other.pk, "confirmed")}


def test_that_it_is_the_same_as_a_third_stays_its_own() -> None:
    claim, other, third = (make.ClaimFactory() for _ in range(3))
    make.ClaimRelationFactory(from_claim=claim, to_claim=third, kind="same_as", state="suggested")
    same(claim, other)
    assert relations() == {
        ("same_as", claim.pk, third.pk, "suggested"),
        ("same_as", claim.pk, other.pk, "confirmed"),
    }


def test_a_claim_that_is_reopened_stands_alone_and_may_be_set_aside_again() -> None:
    claim, other, editor = make.ClaimFactory(), make.ClaimFactory(), make.UserFactory(role="editor")
    same(claim, other)
    claim.refresh_from_db()
    make.move(claim, workflow.REOPEN, editor)
    assert relations() == {("same_as", claim.pk, other.pk, "rejected")}
    assert Entry.objects.filter(kind="claims.claimrelation").latest("pk").actor == (
        f"@{editor.handle}"
    )
    same(claim, other)
    assert relations() == {("same_as", claim.pk, other.pk, "confirmed")}
