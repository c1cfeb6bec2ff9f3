"""Transitions of review versions: submission, publication, return and retraction."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from claims import workflow
from claims.models import Claim, Review, ReviewVersion
from claims.workflow import Transition, available_transitions
from claimsapi.core.errors import NotAllowed, NotReady, Stale
from claimsapi.core.ledger.audit_context import audit_context
from tests.claims.workflow.records import (
    NOTE,
    assert_refused,
    attempt,
    create_user,
    draft_version,
    publish_correction,
    submitted_correction,
)
from tests.factories import (
    EvidenceFactory,
    ReviewFactory,
    ReviewVersionFactory,
    UserFactory,
    move,
    published_version,
    retracted_version,
    submitted_version,
)

pytestmark = pytest.mark.django_db


def test_the_author_cannot_publish_in_any_role() -> None:
    version = submitted_version(author=UserFactory(role="editor"))
    refusal = assert_refused(NotAllowed, version, workflow.PUBLISH, version.author)
    assert "must publish it" in str(refusal)
    assert workflow.PUBLISH not in available_transitions(record=version, user=version.author)


def test_a_superuser_cannot_publish_their_own_version() -> None:
    version = submitted_version(author=UserFactory(is_superuser=True))
    assert_refused(NotAllowed, version, workflow.PUBLISH, version.author)


def test_a_publication_records_editor_and_time() -> None:
    version, editor = submitted_version(), create_user("editor")
    attempt(version, workflow.PUBLISH, editor)
    version.refresh_from_db()
    assert version.editor == editor
    assert version.submitted_at is not None
    assert version.published_at is not None
    assert version.published_at >= version.submitted_at
    assert version.closed_at is None


INCOMPLETE_DRAFTS = {
    "rating": ({"rating": None}, "Choose a rating."),
    "summary": ({"summary": ""}, "Write a summary."),
    "summary of spaces": ({"summary": " \n\t"}, "Write a summary."),
    "kind of correction": (
        {"number": 2, "correction_note": NOTE},
        "Choose the kind of correction.",
    ),
    "note of the correction": (
        {"number": 2, "correction_kind": "update"},
        "Write the public note of the correction.",
    ),
    "note of spaces": (
        {"number": 2, "correction_kind": "update", "correction_note": "  "},
        "Write the public note of the correction.",
    ),
}


@pytest.mark.parametrize("case", INCOMPLETE_DRAFTS)
def test_an_incomplete_draft_cannot_be_submitted(case: str) -> None:
    values, sentence = INCOMPLETE_DRAFTS[case]
    version = draft_version(**values)
    refusal = assert_refused(NotReady, version, workflow.SUBMIT, version.author)
    assert refusal.missing == (sentence,)


def test_a_draft_without_evidence_cannot_be_submitted() -> None:
    version = ReviewVersionFactory()
    refusal = assert_refused(NotReady, version, workflow.SUBMIT, version.author)
    assert refusal.missing == ("Add at least one piece of evidence.",)


def test_the_error_lists_all_missing_parts() -> None:
    version = ReviewVersionFactory(number=2, rating=None, summary="")
    refusal = assert_refused(NotReady, version, workflow.SUBMIT, version.author)
    assert len(refusal.missing) == 5
    assert all(sentence in str(refusal) for sentence in refusal.missing)


def submit_without_checks(**values: Any) -> ReviewVersion:
    """A version that was submitted around the table of transitions."""
    version = ReviewVersionFactory(**values)
    # update() bypasses the engine, and the database has no rule about completeness here.
    ReviewVersion.objects.filter(pk=version.pk).update(
        state="submitted", submitted_at=version.created_at
    )
    return version


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"rating": None}, "Choose a rating."),
        ({"summary": ""}, "Write a summary."),
        ({}, "Add at least one piece of evidence."),
    ],
)
def test_an_incomplete_submission_cannot_be_published(
    values: dict[str, Any], sentence: str
) -> None:
    refusal = assert_refused(
        NotReady, submit_without_checks(**values), workflow.PUBLISH, create_user("editor")
    )
    assert sentence in refusal.missing


@pytest.mark.parametrize(
    ("make", "transition"),
    [(draft_version, workflow.SUBMIT), (submitted_version, workflow.PUBLISH)],
)
def test_reviews_of_rejected_claims_cannot_be_submitted_or_published(
    make: Any, transition: Transition
) -> None:
    version = make()
    attempt(version.review.claim, workflow.REJECT, create_user("editor"))
    refusal = assert_refused(NotReady, version, transition, create_user("editor"))
    assert refusal.missing == ("Reopen the rejected claim.",)


def test_a_publication_supersedes_the_published_version() -> None:
    first = published_version()
    second = publish_correction(first)
    first.refresh_from_db()
    assert (first.state, second.state) == ("superseded", "published")
    assert first.closed_at == second.published_at


def test_the_public_sees_version_1_until_version_2_is_published() -> None:
    first = published_version()
    second = submitted_correction(first)
    public = ReviewVersion.objects.filter(review=first.review).visible_to(AnonymousUser())
    assert list(public) == [first]
    attempt(second, workflow.RETURN, create_user("editor"))
    assert list(public.all()) == [first]
    attempt(second, workflow.SUBMIT, second.author)
    attempt(second, workflow.PUBLISH, create_user("editor"))
    assert list(public.filter(state="published")) == [second]
    assert set(public.all()) == {first, second}


def test_a_refused_publication_of_version_2_leaves_version_1_published() -> None:
    first = published_version()
    second = submitted_correction(first)
    assert_refused(NotAllowed, second, workflow.PUBLISH, second.author)
    assert_refused(Stale, second, workflow.PUBLISH, create_user("editor"), revision=0)
    first.refresh_from_db()
    assert first.state == "published"


def test_a_publication_supersedes_no_version_of_another_review() -> None:
    other = published_version()
    publish_correction(published_version())
    publish_correction(published_version(review=ReviewFactory(claim=other.review.claim)))
    other.refresh_from_db()
    assert other.state == "published"


def test_a_returned_version_has_its_reason_until_it_is_submitted_again() -> None:
    version = submitted_version()
    attempt(version, workflow.RETURN, create_user("editor"), text="  Which ferry?\n")
    version.refresh_from_db()
    assert (version.state, version.return_reason) == ("draft", "Which ferry?")
    attempt(version, workflow.SUBMIT, version.author)
    version.refresh_from_db()
    assert version.return_reason == ""


def test_a_retraction_records_its_note_and_time() -> None:
    version = published_version()
    attempt(version, workflow.RETRACT, create_user("editor"), text="Zu\u0308rich has no ferry.")
    version.refresh_from_db()
    assert version.retraction_note == "Z\u00fcrich has no ferry."
    assert version.closed_at is not None
    assert version.published_at is not None
    assert version.closed_at >= version.published_at


def test_a_retracted_version_and_its_claim_stay_public() -> None:
    version = retracted_version()
    assert version in ReviewVersion.objects.visible_to(AnonymousUser())
    assert version.review.claim in Claim.objects.visible_to(AnonymousUser())


def test_a_retracted_review_can_have_a_next_version() -> None:
    first = retracted_version()
    second = publish_correction(first)
    first.refresh_from_db()
    assert (first.state, second.state) == ("retracted", "published")


def test_a_publication_changes_the_revision_of_its_review_only() -> None:
    version, other = submitted_version(), published_version()
    before = Review.objects.get(pk=version.review_id).revision
    untouched = Review.objects.get(pk=other.review_id).revision
    attempt(version, workflow.PUBLISH, create_user("editor"))
    assert Review.objects.get(pk=version.review_id).revision > before
    assert Review.objects.get(pk=other.review_id).revision == untouched


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["version", "evidence"])
def test_an_editor_who_changed_a_version_or_its_evidence_cannot_publish_it(what: str) -> None:
    version = ReviewVersionFactory()
    editor, another = (UserFactory(role="editor") for _ in range(2))
    with audit_context(actor=f"@{editor.handle}"):
        if what == "version":
            version.summary = "Another finding altogether."
            version.save()
        EvidenceFactory(version=version) if what == "evidence" else None
    EvidenceFactory(version=version)
    move(version, workflow.SUBMIT, version.author)
    with pytest.raises(NotAllowed, match="You edited this version"):
        move(version, workflow.PUBLISH, editor)
    move(version, workflow.RETURN, editor, "Read it again.")
    move(version, workflow.SUBMIT, version.author)
    move(version, workflow.PUBLISH, another)
