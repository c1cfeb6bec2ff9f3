"""Matching of rows with existing reviews: by URL, claim and modification date."""

import pytest

from claims.choices import ClaimStatus
from claims.exchange.importing.rows import Outcome
from claims.models import (
    Claim,
    ClaimRelation,
    Review,
    ReviewVersion,
)
from tests import factories as make
from tests.claims.exchange.claimreview.corpus import plain
from tests.claims.exchange.importing.imports import FULL_REVIEW, get_outcomes, import_objects

pytestmark = pytest.mark.django_db


def test_repeated_rows_of_one_review_create_one_review() -> None:
    assert get_outcomes(FULL_REVIEW, FULL_REVIEW, plain(url=FULL_REVIEW["url"])) == [
        "created",
        "same",
        "rejected",
    ]
    assert Review.objects.count() == 1


def test_another_wording_creates_a_claim_to_which_the_old_one_redirects() -> None:
    import_objects(plain())
    before = Claim.objects.get()
    [row] = import_objects(plain(claimReviewed="All ferries are late"))
    assert row.outcome == Outcome.UPDATED
    review = Review.objects.get()
    before.refresh_from_db()
    assert review.claim.text == "All ferries are late"
    assert (before.status, before.text) == (ClaimStatus.REJECTED, "Ferries are late")
    relation = ClaimRelation.objects.get()
    assert (relation.from_claim, relation.to_claim) == (before, review.claim)
    assert Claim.objects.find_same_as_target(before.public_id, make.UserFactory()) == review.claim


def test_other_punctuation_creates_a_claim_too() -> None:
    import_objects(plain())
    assert get_outcomes(plain(claimReviewed="Ferries are late!")) == ["updated"]
    assert Review.objects.get().claim.text == "Ferries are late!"


def test_a_review_keeps_the_claim_that_the_desk_chose() -> None:
    other = plain(claimReviewed="Ferries are dear")
    import_objects(plain(), other)
    claim = make.ClaimFactory(text="The ferries of May were late.")
    review = Review.objects.order_by("pk").first()
    assert review is not None
    review.claim = claim
    review.save()
    assert get_outcomes(plain(), other) == ["same", "same"]
    assert get_outcomes(plain(reviewBody="New."), other) == ["updated", "same"]
    review.refresh_from_db()
    assert review.claim == claim


def test_two_claims_with_one_url_are_two_reviews() -> None:
    other = plain(claimReviewed="Ferries are dear")
    assert get_outcomes(plain(), other) == ["created", "created"]
    assert get_outcomes(other, plain()) == ["same", "same"]
    assert get_outcomes(plain(), other, plain(claimReviewed="Ferries are slow")) == [
        "same",
        "same",
        "created",
    ]


def test_only_the_first_of_two_different_rows_is_imported() -> None:
    other = {**FULL_REVIEW, "reviewRating": {"alternateName": "False"}}
    for outcome in ("created", "same"):
        first, second = import_objects(FULL_REVIEW, other)
        assert (first.outcome, second.outcome) == (outcome, Outcome.REJECTED)
        assert second.reason == "An earlier row has different content for the same review."
    assert ReviewVersion.objects.count() == 1


def test_the_row_with_the_later_modification_date_wins() -> None:
    before = {**FULL_REVIEW, "dateModified": "2024-06-01"}
    after = {**FULL_REVIEW, "dateModified": "2024-06-02", "reviewBody": "Another."}
    assert get_outcomes(after, before) == ["created", "same"]
    assert get_outcomes(before, after) == ["same", "same"]
    assert get_outcomes({**after, "dateModified": "2024-06-03"}) == ["updated"]
    [row] = import_objects(before)
    assert row.notes[-1] == "Skipped: a version that was modified later, on 2024-06-03, exists."


def test_two_claims_with_one_url_in_two_files_are_two_reviews() -> None:
    other = plain(claimReviewed="Buses cost more than ever before")
    assert [*get_outcomes(plain()), *get_outcomes(other), *get_outcomes(plain())] == [
        "created",
        "created",
        "same",
    ]
    assert Review.objects.count() == 2


def test_another_sign_is_another_claim() -> None:
    reviews = [plain(claimReviewed=f"Output changed by {by}%") for by in ("5", "-5")]
    assert get_outcomes(*reviews) == ["created", "created"]
    assert get_outcomes(*reviews) == ["same", "same"]


def test_spellings_of_one_url_are_one_review() -> None:
    reviews = [plain(url=url) for url in ("http://www.checker.example/1/", "checker.example/1")]
    assert get_outcomes(reviews[0]) == ["created"]
    assert get_outcomes(reviews[1]) == ["same"]
    assert Review.objects.count() == ReviewVersion.objects.count() == 1
