"""Pages of ClaimReview markup: what it costs to read, to send, to change and to delete them."""

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


def page_of(editor: Caller, number: int, state: str) -> dict[str, Any]:
    """A page with so many markups, as it is read."""
    url = f"https://{SITE}/{number}"
    page = editor.create_page(
        *(build_markup(claimReviewed=f"Ferry {n} of {number}") for n in range(number)), pageUrl=url
    )
    if state == "published":
        for review in Review.objects.filter(identifier=url):
            publish(review)
    sequence_entries()  # that the ledger is behind is no cost of what comes next
    return editor.get_page(page["name"])


@pytest.mark.parametrize("state", ["draft", "published"])
@pytest.mark.parametrize("number", [1, 8])
def test_an_unchanged_page_needs_the_same_queries_for_few_and_many_markups(
    number: int, state: str, editor: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    read = page_of(editor, number, state)
    with django_assert_num_queries(7):
        assert editor.get_page(read["name"]) == read
    with django_assert_num_queries(17):
        answer = editor.put_page(read["name"], read)
    assert answer.json() == read
    assert ReviewVersion.objects.count() == number


@pytest.mark.parametrize(("state", "changed", "deleted"), [("draft", 15, 7), ("published", 11, 23)])
def test_each_further_markup_needs_a_few_queries_to_change_and_to_withdraw(
    state: str, changed: int, deleted: int, editor: Caller
) -> None:
    few, many = (page_of(editor, number, state) for number in (2, 7))

    def change(read: dict[str, Any]) -> Any:
        for one in read["claimReviewMarkups"]:
            one["claimDate"] = "2020-01-01"
        return editor.put_page(read["name"], read)

    def delete(read: dict[str, Any]) -> Any:
        return editor.send("delete", f"/v1alpha1/{read['name']}")

    for act, each in ((change, changed), (delete, deleted)):
        costs = [queries(act, read) for read in (few, many)]
        assert costs[1] - costs[0] == 5 * each, act


def queries(act: Callable[[Any], Any], read: Any) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert act(read).status_code == 200
    sequence_entries()
    return len(asked)
