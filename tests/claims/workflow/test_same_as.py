"""A claim can be merged into another one, which receives its statements and relations."""

from typing import Any

import pytest

from claims import workflow
from claims.models import Claim, ClaimRelation, Statement
from claims.workflow import apply_transition
from claimsapi.core.errors import Conflict, Invalid
from claimsapi.core.ledger.models import Entry
from tests import factories as make

pytestmark = pytest.mark.django_db


def mark_as_same(claim: Claim, other: Claim | None, **values: Any) -> Claim:
    claim.refresh_from_db()
    return apply_transition(
        record=claim,
        transition=workflow.SAME_AS,
        user=values.pop("user", None) or make.UserFactory(role="editor"),
        other=other,
        revision=claim.revision,
        **values,
    )


def relations() -> set[tuple[str, int, int, str]]:
    return {(r.kind, r.from_claim_id, r.to_claim_id, r.state) for r in ClaimRelation.objects.all()}


def test_statements_move_to_the_other_claim_and_a_confirmed_relation_remains() -> None:
    claim, other, editor = make.ClaimFactory(), make.ClaimFactory(), make.UserFactory(role="editor")
    statement = make.StatementFactory(claim=claim)
    before = statement.revision
    rejected = mark_as_same(claim, other, user=editor, text="Two wordings of one.")
    statement.refresh_from_db()
    assert (statement.claim, statement.revision) == (other, before + 1)
    assert rejected.status == "rejected"
    assert rejected.status_reason == f"The same as: {other.text}\nTwo wordings of one."
    assert relations() == {("same_as", claim.pk, other.pk, "confirmed")}
    assert ClaimRelation.objects.get().decided_by == editor


def test_a_statement_at_a_passage_of_the_other_claim_does_not_move() -> None:
    claim, other = make.ClaimFactory(), make.ClaimFactory()
    snapshot = make.SnapshotFactory()
    passage = {"snapshot": snapshot, "document": snapshot.document, "start": 0, "end": 10}
    existing = make.StatementFactory(claim=other, exact=snapshot.text[:10], **passage)
    duplicate = make.StatementFactory(claim=claim, exact=snapshot.text[:10], **passage)
    mark_as_same(claim, other)
    assert Statement.objects.get(pk=existing.pk).claim == other
    assert Statement.objects.get(pk=duplicate.pk).claim == claim


def test_relations_move_unless_the_other_claim_has_the_same() -> None:
    claim, other, third = (make.ClaimFactory() for _ in range(3))
    confirmed = {"state": "confirmed"}
    make.ClaimRelationFactory(from_claim=third, to_claim=claim, kind="repeats", **confirmed)
    make.ClaimRelationFactory(from_claim=claim, to_claim=third, kind="contradicts", **confirmed)
    make.ClaimRelationFactory(from_claim=third, to_claim=other, kind="contradicts", **confirmed)
    make.ClaimRelationFactory(from_claim=claim, to_claim=other, kind="narrower_than", **confirmed)
    mark_as_same(claim, other)
    assert relations() == {
        ("repeats", third.pk, other.pk, "confirmed"),
        ("contradicts", claim.pk, third.pk, "confirmed"),
        ("contradicts", third.pk, other.pk, "confirmed"),
        ("narrower_than", claim.pk, other.pk, "confirmed"),
        ("same_as", claim.pk, other.pk, "confirmed"),
    }


def test_a_suggested_relation_becomes_confirmed() -> None:
    claim, other = make.ClaimFactory(), make.ClaimFactory()
    make.ClaimRelationFactory(from_claim=claim, to_claim=other, kind="same_as", state="suggested")
    mark_as_same(claim, other)
    assert relations() == {("same_as", claim.pk, other.pk, "confirmed")}


def test_the_other_claim_is_listed_if_the_first_was_listed() -> None:
    claim, other = make.ClaimFactory(listed=True), make.ClaimFactory()
    mark_as_same(claim, other)
    claim.refresh_from_db()
    other.refresh_from_db()
    assert claim.listed_at is None
    assert other.listed_at is not None


def test_all_changes_have_ledger_entries_with_this_action() -> None:
    claim, other = make.ClaimFactory(listed=True), make.ClaimFactory()
    make.StatementFactory(claim=claim)
    last = Entry.objects.latest("id").pk
    editor = make.UserFactory(role="editor")
    mark_as_same(claim, other, user=editor)
    entries = Entry.objects.filter(pk__gt=last).exclude(kind="core.user")
    actions = {(entry.kind, entry.action) for entry in entries}
    assert actions == {
        ("claims.claim", "same_as"),
        ("claims.statement", "same_as"),
        ("claims.claimrelation", "same_as"),
    }
    assert {entry.actor for entry in entries} == {f"@{editor.handle}"}


def test_an_unfit_other_claim_is_refused() -> None:
    claim, rejected = make.ClaimFactory(), make.ClaimFactory(status="rejected", status_reason="No.")
    contradicting = make.ClaimFactory()
    make.ClaimRelationFactory(
        from_claim=contradicting, to_claim=claim, kind="contradicts", state="confirmed"
    )
    for other, message in (
        (None, "choose the claim that stays"),
        (claim, "cannot be the same as itself"),
        (rejected, "The other claim is rejected"),
        (contradicting, "contradict"),
    ):
        with pytest.raises(Invalid, match=message) as refusal:
            mark_as_same(claim, other)
        assert refusal.value.field == "claim"
    assert Claim.objects.get(pk=claim.pk).status == "unreviewed"


def test_a_claim_with_a_review_cannot_be_merged() -> None:
    version = make.ReviewVersionFactory()
    with pytest.raises(Conflict, match="has a review"):
        mark_as_same(version.review.claim, make.ClaimFactory())


def test_a_deleted_other_claim_is_a_conflict() -> None:
    claim, other = make.ClaimFactory(), make.ClaimFactory()
    stale = Claim.objects.get(pk=other.pk)
    other.delete()
    with pytest.raises(Conflict, match="deleted the record"):
        mark_as_same(claim, stale)


def test_a_relation_in_the_other_direction_is_reversed() -> None:
    claim, other = make.ClaimFactory(), make.ClaimFactory()
    make.ClaimRelationFactory(from_claim=other, to_claim=claim, kind="same_as", state="suggested")
    mark_as_same(claim, other)
    assert relations() == {("same_as", claim.pk, other.pk, "confirmed")}


def test_a_suggestion_about_a_third_claim_does_not_move() -> None:
    claim, other, third = (make.ClaimFactory() for _ in range(3))
    make.ClaimRelationFactory(from_claim=claim, to_claim=third, kind="same_as", state="suggested")
    mark_as_same(claim, other)
    assert relations() == {
        ("same_as", claim.pk, third.pk, "suggested"),
        ("same_as", claim.pk, other.pk, "confirmed"),
    }


def test_reopening_rejects_the_relation_and_a_second_merge_confirms_it() -> None:
    claim, other, editor = make.ClaimFactory(), make.ClaimFactory(), make.UserFactory(role="editor")
    mark_as_same(claim, other)
    claim.refresh_from_db()
    make.move(claim, workflow.REOPEN, editor)
    assert relations() == {("same_as", claim.pk, other.pk, "rejected")}
    assert Entry.objects.filter(kind="claims.claimrelation").latest("pk").actor == (
        f"@{editor.handle}"
    )
    mark_as_same(claim, other)
    assert relations() == {("same_as", claim.pk, other.pk, "confirmed")}
