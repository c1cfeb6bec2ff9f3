"""Reviews are read by an index: in the orders of their lists, and by the address of their page."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.exchange.factcheck.pages import Page, reviews_of_pages
from claims.models import Review
from claimsapi.core.api.keyset import QueryKeys
from tests import factories as make

pytestmark = pytest.mark.django_db


def plan(read: Callable[[], Any]) -> str:
    """How the database does the first query that ``read`` asks."""
    with connection.cursor() as cursor:
        with CaptureQueriesContext(connection) as asked:
            read()
        if connection.vendor == "postgresql":  # which prefers an index only where there are many
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        cursor.execute(f"{explain} {asked[0]['sql']}")
        return "\n".join(str(row) for row in cursor.fetchall())


@pytest.mark.parametrize("role", [None, "editor"])
@pytest.mark.parametrize("order", ["newest first", "oldest first"])
@pytest.mark.parametrize("after", [None, (timezone.now(), UUID(int=7))])
@pytest.mark.parametrize(
    ("column", "index"),
    [("created_at", "claims_review_created"), ("updated_at", "claims_review_updated")],
)
def test_a_list_of_reviews_is_read_in_its_order(
    column: str, index: str, after: Any, order: str, role: str | None
) -> None:
    user = make.UserFactory(role=role) if role else AnonymousUser()
    keys, descending = QueryKeys(Review.objects.visible_to(user)), order == "newest first"
    found = plan(lambda: keys.rows(column, descending=descending, after=after, limit=51))
    assert index in found
    assert "Sort" not in found
    assert "TEMP B-TREE" not in found


@pytest.mark.parametrize("role", [None, "editor"])
def test_a_page_of_markup_is_found_by_its_address(role: str | None, settings: LazySettings) -> None:
    settings.FACTCHECK_SITES = ["checker.example"]
    user = make.UserFactory(role=role)
    assert user.has_perm("claims.view_review") == bool(role)
    of: Any = {
        "claim": make.ClaimFactory(),
        "publisher": make.PublisherFactory(site="checker.example"),
        "origin": "imported",
    }
    addresses = (f"https://checker.example/{number}#a" for number in range(300))
    Review.objects.bulk_create(Review(**of, identifier=address) for address in addresses)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE claims_review")
    found = plan(lambda: Page.at("https://checker.example/1", user))
    assert "claims_review_page" in found


def test_a_review_stands_on_the_page_before_the_anchor(settings: LazySettings) -> None:
    settings.FACTCHECK_SITES = ["checker.example"]
    page, user = "https://checker.example/é?a=1", make.UserFactory(role="editor")
    publisher = make.PublisherFactory(site="checker.example")
    for end in ("", "#", "#two", "#two#three"):
        make.ReviewFactory(publisher=publisher, origin="imported", identifier=page + end)
    assert {review.page for review in reviews_of_pages(user)} == {page}
