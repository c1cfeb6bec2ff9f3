"""Pages of ClaimReview markup: numbers of queries."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from claims.models import Review, ReviewVersion
from claimsapi.core.ledger.sequencer import sequence_entries
from tests.claims.exchange.factcheck.accounts import SITE, Caller, build_markup, publish

pytestmark = pytest.mark.django_db


def make_page(editor: Caller, number: int, state: str) -> dict[str, Any]:
    """Create a page with this number of markups, and read it."""
    url = f"https://{SITE}/{number}"
    page = editor.create_page(
        *(build_markup(claimReviewed=f"Ferry {n} of {number}") for n in range(number)), pageUrl=url
    )
    if state == "published":
        for review in Review.objects.filter(identifier=url):
            publish(review)
    sequence_entries()  # otherwise the next request would do it
    return editor.get_page(page["name"])


@pytest.mark.parametrize("state", ["draft", "published"])
@pytest.mark.parametrize("number", [1, 8])
def test_an_unchanged_page_needs_the_same_queries_for_few_and_many_markups(
    number: int, state: str, editor: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    page = make_page(editor, number, state)
    with django_assert_num_queries(7):
        assert editor.get_page(page["name"]) == page
    with django_assert_num_queries(17):
        response = editor.put_page(page["name"], page)
    assert response.json() == page
    assert ReviewVersion.objects.count() == number


@pytest.mark.parametrize(("state", "changed", "deleted"), [("draft", 15, 7), ("published", 11, 23)])
def test_each_further_markup_needs_a_few_queries_to_change_and_to_withdraw(
    state: str, changed: int, deleted: int, editor: Caller
) -> None:
    few, many = (make_page(editor, number, state) for number in (2, 7))

    def change(page: dict[str, Any]) -> Any:
        for one in page["claimReviewMarkups"]:
            one["claimDate"] = "2020-01-01"
        return editor.put_page(page["name"], page)

    def delete(page: dict[str, Any]) -> Any:
        return editor.send("delete", f"/v1alpha1/{page['name']}")

    for act, each in ((change, changed), (delete, deleted)):
        costs = [count_queries(act, page) for page in (few, many)]
        assert costs[1] - costs[0] == 5 * each, act


def count_queries(act: Callable[[Any], Any], page: Any) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert act(page).status_code == 200
    sequence_entries()
    return len(queries)
