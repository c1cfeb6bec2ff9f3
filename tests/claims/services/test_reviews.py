"""Reviews are opened, and their next versions prepared."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from claims import workflow
from claims.models import Claim, ReviewVersion
from claims.services.reviews import open_draft, open_review, prepare_next_version
from claimsapi.core.errors import Conflict
from tests.claims.workflow.records import (
    NOTE,
    VERSION_FACTORIES,
    all_rows,
    attempt,
    create_claim,
    create_user,
    draft_version,
    publish_correction,
)
from tests.factories import (
    ClaimFactory,
    DocumentFactory,
    EvidenceFactory,
    PublisherFactory,
    RatingFactory,
    ReviewFactory,
    ReviewVersionFactory,
    published_version,
    retracted_version,
    submitted_version,
)

pytestmark = pytest.mark.django_db


def test_opening_a_review_creates_a_draft_and_sets_the_claim_in_review() -> None:
    claim, publisher, author = ClaimFactory(), PublisherFactory(), create_user("researcher")
    rating = RatingFactory()
    review = open_review(
        claim=claim, publisher=publisher, author=author, rating=rating, summary="Zu\u0308rich."
    )
    (version,) = review.versions.all()
    assert (version.number, version.state, version.author) == (1, "draft", author)
    assert (version.rating, version.summary) == (rating, "Z\u00fcrich.")
    claim.refresh_from_db()
    assert claim.status == "in_review"


@pytest.mark.parametrize("state", VERSION_FACTORIES)
def test_a_publisher_can_open_one_review_of_a_claim(state: str) -> None:
    review = VERSION_FACTORIES[state]().review
    before = all_rows()
    with pytest.raises(Conflict, match="Prepare its next version"):
        open_review(claim=review.claim, publisher=review.publisher, author=create_user("editor"))
    assert all_rows() == before


def test_a_review_without_versions_gets_a_new_first_draft() -> None:
    version: Any = ReviewVersionFactory()
    review, author = version.review, create_user("researcher")
    version.delete()
    assert open_review(claim=review.claim, publisher=review.publisher, author=author) == review
    (draft,) = review.versions.all()
    assert (draft.number, draft.state, draft.author) == (1, "draft", author)


def test_another_publisher_can_open_its_own_review_of_the_claim() -> None:
    review = published_version().review
    open_review(claim=review.claim, publisher=PublisherFactory(), author=create_user("editor"))
    review.claim.refresh_from_db()
    assert review.claim.status == "reviewed"


def test_an_imported_review_does_not_prevent_our_own() -> None:
    review = ReviewFactory(origin="imported")
    open_review(claim=review.claim, publisher=review.publisher, author=create_user("editor"))
    assert review.claim.reviews.count() == 2


def test_a_rejected_claim_gets_no_review() -> None:
    claim = create_claim("rejected")
    before = all_rows()
    with pytest.raises(Conflict, match="Reopen it"):
        open_review(claim=claim, publisher=PublisherFactory(), author=create_user("editor"))
    assert all_rows() == before


def test_a_claim_rejected_by_another_user_gets_no_review() -> None:
    claim = ClaimFactory()
    attempt(Claim.objects.get(pk=claim.pk), workflow.REJECT, create_user("editor"))
    with pytest.raises(Conflict, match="Reopen it"):
        open_review(claim=claim, publisher=PublisherFactory(), author=create_user("editor"))


@pytest.mark.parametrize("status", ["in_review", "reviewed", "not_checkable"])
def test_opening_a_review_changes_the_status_of_an_unreviewed_claim_only(status: str) -> None:
    claim = create_claim(status)
    open_review(claim=claim, publisher=PublisherFactory(), author=create_user("editor"))
    claim.refresh_from_db()
    assert (claim.status, claim.revision) == (status, 1)


def test_an_invalid_review_leaves_no_rows() -> None:
    claim, author = ClaimFactory(), create_user("editor")
    before = all_rows()
    with pytest.raises(ValidationError):
        open_review(claim=claim, publisher=PublisherFactory(), author=author, summary="A\x00")
    assert all_rows() == before


def test_the_next_version_is_a_copy_with_its_evidence() -> None:
    first = submitted_version(body="The log.")
    attempt(first, workflow.RETURN, create_user("editor"))
    EvidenceFactory(
        version=first, is_confidential=True, confidential_reason="A source.", note="Tides."
    )
    attempt(first, workflow.SUBMIT, first.author)
    attempt(first, workflow.PUBLISH, create_user("editor"))
    author = create_user("researcher")
    second = prepare_next_version(review=first.review, author=author, kind="update", note=NOTE)
    second.refresh_from_db()
    assert (second.number, second.state, second.author) == (2, "draft", author)
    assert (second.correction_kind, second.correction_note) == ("update", NOTE)
    for column in ("rating", "headline", "summary", "body"):
        assert getattr(second, column) == getattr(first, column)
    for column in ("editor", "submitted_at", "published_at", "closed_at"):
        assert getattr(second, column) is None
    assert evidence_content(second) == evidence_content(first)
    assert len(evidence_content(second)) == 2


def evidence_content(version: ReviewVersion) -> list[dict[str, Any]]:
    own = ("id", "public_id", "version_id", "created_at", "updated_at", "revision")
    return [
        {column: value for column, value in row.items() if column not in own}
        for row in version.evidence.order_by("public_id").values()
    ]


def test_copied_evidence_is_independent() -> None:
    first = published_version()
    second = prepare_next_version(review=first.review, author=first.author, kind="update")
    (old,), (new,) = first.evidence.all(), second.evidence.all()
    assert new.public_id > old.public_id
    assert (new.revision, old.revision) == (1, 1)
    new.document = DocumentFactory()
    new.save()
    old.refresh_from_db()
    assert old.document != new.document


def test_the_next_version_follows_the_newest_published_one() -> None:
    second = publish_correction(published_version())
    third = prepare_next_version(review=second.review, author=second.author, kind="update")
    assert third.number == 3


def test_the_next_version_after_a_retraction_copies_the_retracted_one() -> None:
    first = retracted_version(summary="The log shows it.")
    second = prepare_next_version(review=first.review, author=first.author, kind="correction")
    assert (second.number, second.summary, second.retraction_note) == (2, first.summary, "")


@pytest.mark.parametrize("submit", [False, True])
def test_a_review_has_at_most_one_open_version(submit: bool) -> None:  # noqa: FBT001  a parameter of the test
    first = published_version()
    second = prepare_next_version(
        review=first.review, author=first.author, kind="update", note=NOTE
    )
    if submit:
        attempt(second, workflow.SUBMIT, second.author)
    before = all_rows()
    with pytest.raises(Conflict, match="open version"):
        prepare_next_version(review=first.review, author=first.author, kind="update")
    assert all_rows() == before


@pytest.mark.parametrize("make", [draft_version, submitted_version])
def test_a_review_without_a_publication_gets_no_next_version(make: Any) -> None:
    version = make()
    before = all_rows()
    with pytest.raises(Conflict):
        prepare_next_version(review=version.review, author=version.author, kind="update")
    assert all_rows() == before


def test_a_review_without_versions_gets_no_next_version() -> None:
    with pytest.raises(Conflict, match="has no published version yet"):
        prepare_next_version(review=ReviewFactory(), author=create_user("editor"), kind="update")


def test_an_invalid_note_prepares_no_version() -> None:
    first = published_version()
    before = all_rows()
    with pytest.raises(ValidationError):
        prepare_next_version(
            review=first.review, author=first.author, kind="update", note="A\u202e"
        )
    assert all_rows() == before


def test_the_open_draft_is_the_one_beside_the_published_version() -> None:
    first = published_version()
    second = prepare_next_version(review=first.review, author=first.author, kind="update")
    assert open_draft(first.review) == second


@pytest.mark.parametrize(
    ("make", "sentence"),
    [(submitted_version, "was submitted"), (published_version, "no open version")],
)
def test_a_review_without_a_draft_has_no_open_draft(make: Any, sentence: str) -> None:
    with pytest.raises(Conflict, match=sentence):
        open_draft(make().review)
