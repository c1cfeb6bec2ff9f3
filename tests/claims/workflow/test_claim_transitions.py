"""Transitions of claims, and their statuses after transitions of reviews."""

import pytest
from django.contrib.auth.models import AnonymousUser

from claims import workflow
from claims.models import Claim
from claims.workflow import available_transitions
from claimsapi.core.errors import Conflict
from tests.claims.workflow.records import (
    assert_refused,
    attempt,
    create_claim,
    create_user,
    draft_version,
    publish_correction,
)
from tests.factories import (
    ClaimFactory,
    ReviewFactory,
    published_version,
    retracted_version,
    submitted_version,
)

pytestmark = pytest.mark.django_db


def test_a_publication_makes_the_claim_reviewed() -> None:
    version = submitted_version()
    claim = version.review.claim
    assert claim.status == "unreviewed"
    attempt(version, workflow.PUBLISH, create_user("editor"))
    claim.refresh_from_db()
    assert (claim.status, claim.revision) == ("reviewed", 2)


def test_a_publication_makes_a_claim_that_is_not_checkable_reviewed() -> None:
    version = submitted_version()
    claim = version.review.claim
    attempt(claim, workflow.MARK_NOT_CHECKABLE, create_user("editor"))
    attempt(version, workflow.PUBLISH, create_user("editor"))
    claim.refresh_from_db()
    assert (claim.status, claim.status_reason) == ("reviewed", "")


def test_the_retraction_of_its_only_review_returns_a_claim_to_review() -> None:
    claim = retracted_version().review.claim
    claim.refresh_from_db()
    assert claim.status == "in_review"


def test_a_claim_with_another_published_review_stays_reviewed() -> None:
    first = published_version()
    claim = first.review.claim
    retracted_version(review=ReviewFactory(claim=claim))
    claim.refresh_from_db()
    assert claim.status == "reviewed"
    attempt(first, workflow.RETRACT, create_user("editor"))
    claim.refresh_from_db()
    assert claim.status == "in_review"


def test_a_claim_stays_reviewed_while_its_review_is_corrected() -> None:
    second = publish_correction(published_version())
    claim = Claim.objects.get(pk=second.review.claim_id)
    assert claim.status == "reviewed"


def test_a_claim_with_a_public_review_cannot_be_rejected() -> None:
    claim = retracted_version().review.claim
    editor = create_user("editor")
    refusal = assert_refused(Conflict, claim, workflow.REJECT, editor)
    assert "a published or retracted review" in str(refusal)
    assert workflow.REJECT not in available_transitions(record=claim, user=editor)


def test_a_rejection_unlists_the_claim() -> None:
    claim = ClaimFactory(listed=True)
    attempt(claim, workflow.REJECT, create_user("editor"), text="A wish.")
    claim.refresh_from_db()
    assert (claim.listed_at, claim.status_reason) == (None, "A wish.")
    assert claim not in Claim.objects.visible_to(AnonymousUser())


def test_reopening_removes_the_reason() -> None:
    claim = create_claim("rejected")
    attempt(claim, workflow.REOPEN, create_user("editor"))
    claim.refresh_from_db()
    assert claim.status_reason == ""


def test_a_reopened_claim_with_a_draft_is_in_review() -> None:
    version, editor = draft_version(), create_user("editor")
    claim = version.review.claim
    attempt(claim, workflow.MARK_NOT_CHECKABLE, editor)
    attempt(claim, workflow.REOPEN, editor)
    claim.refresh_from_db()
    assert (claim.status, claim.status_reason) == ("in_review", "")


def test_a_claim_can_be_listed_once_and_unlisted_once() -> None:
    claim, editor = ClaimFactory(), create_user("editor")
    attempt(claim, workflow.LIST, editor)
    assert claim in Claim.objects.visible_to(AnonymousUser())
    assert_refused(Conflict, claim, workflow.LIST, editor)
    attempt(claim, workflow.UNLIST, editor)
    assert claim not in Claim.objects.visible_to(AnonymousUser())
    assert_refused(Conflict, claim, workflow.UNLIST, editor)
