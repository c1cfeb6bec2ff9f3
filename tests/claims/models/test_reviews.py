"""Rules of reviews that the database enforces."""

from typing import Any

import pytest

from tests.claims.models.cases import MAKERS
from tests.database_rules import (
    Case,
    Make,
    assert_refused,
    insert,
    overwrite,
    proves,
    refused,
    replace,
    rules_in,
)
from tests.factories import ClaimFactory, PublisherFactory, ReviewFactory, published_version

pytestmark = pytest.mark.django_db

# The rules, a function that makes a row, values that break a rule, and valid values.
ROWS: list[Case] = [
    ("claims_review_origin_valid", ReviewFactory, {"origin": "stolen"}, {"origin": "imported"}),
    (
        "claims_review_own_has_no_identifier",
        ReviewFactory,
        {"identifier": "x"},
        {"identifier": "x", "origin": "imported"},
    ),
]


@pytest.mark.parametrize(("rules", "make", "bad", "good"), ROWS)
def test_a_row_that_breaks_a_rule_is_refused_and_a_valid_row_is_not(
    rules: str, make: Make, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    assert_refused(rules, make, bad, good)


proves(*rules_in(ROWS))


@proves("claims_review_one_own_review")
def test_a_publisher_has_one_own_review_of_a_claim() -> None:
    review = ReviewFactory()
    with refused("claims_review_one_own_review"):
        insert(review)
    insert(review, origin="imported")
    insert(review, origin="imported")
    insert(review, publisher=PublisherFactory())


@pytest.mark.parametrize("column", ["claim", "publisher"])
@pytest.mark.parametrize("state", MAKERS)
@proves("claims_review_identity_update")
def test_a_submitted_review_keeps_its_claim_and_publisher(state: str, column: str) -> None:
    review = MAKERS[state]().review
    other = {"claim": ClaimFactory(), "publisher": PublisherFactory()}[column]
    if state == "draft":
        overwrite(review, **{column: other})
    else:
        with refused("claims_review_identity_update"):
            overwrite(review, **{column: other})


@proves("claims_review_same_slug_update", "claims_review_slug_unique")
def test_the_url_of_a_published_review_never_changes() -> None:
    review, other = published_version().review, ReviewFactory()
    review.refresh_from_db()
    for another in ("other", None):
        with refused("claims_review_same_slug_update"):
            overwrite(review, slug=another)
    with refused("claims_review_slug_unique"):
        overwrite(other, slug=review.slug)
    overwrite(other, slug="other")


def test_an_imported_review_can_move_to_another_claim() -> None:
    review = published_version(review__origin="imported").review
    overwrite(review, claim=ClaimFactory())
    with refused("claims_review_identity_update"):
        overwrite(review, origin="own")


@proves("claims_review_not_replaced_insert")
def test_an_insert_cannot_replace_a_review() -> None:
    review = published_version().review
    with refused("claims_review_not_replaced_insert"):
        replace(review, claim_id=ClaimFactory().pk)
