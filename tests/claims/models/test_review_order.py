"""Lists of reviews, and lookups by the URL of their page, use an index."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.exchange.factcheck.pages import Page, find_page_reviews
from claims.models import Review
from claimsapi.core.api.keyset import QuerysetKeySource
from tests import factories as make

pytestmark = pytest.mark.django_db


def explain(read: Callable[[], Any], *, avoid_sort: bool = False) -> str:
    """Return the plan of the first query that ``read`` executes.

    With ``avoid_sort``, PostgreSQL sorts only if no index has the order. With statistics that other
    tests left behind, it could otherwise prefer to sort a few rows.
    """
    with connection.cursor() as cursor:
        with CaptureQueriesContext(connection) as queries:
            read()
        if connection.vendor == "postgresql":  # PostgreSQL prefers an index only for many rows
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
            cursor.execute(f"SET LOCAL enable_sort = {'off' if avoid_sort else 'on'}")
        command = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        cursor.execute(f"{command} {queries[0]['sql']}")
        return "\n".join(str(row) for row in cursor.fetchall())


@pytest.mark.parametrize("role", [None, "editor"])
@pytest.mark.parametrize("order", ["newest first", "oldest first"])
@pytest.mark.parametrize("after", [None, (timezone.now(), UUID(int=7))])
@pytest.mark.parametrize(
    ("column", "index"),
    [("created_at", "claims_review_created"), ("updated_at", "claims_review_updated")],
)
def test_a_list_of_reviews_uses_the_index_of_its_order(
    column: str, index: str, after: Any, order: str, role: str | None
) -> None:
    user = make.UserFactory(role=role) if role else AnonymousUser()
    keys, descending = QuerysetKeySource(Review.objects.visible_to(user)), order == "newest first"
    plan = explain(
        lambda: keys.fetch_rows(column, descending=descending, after=after, limit=51),
        avoid_sort=True,
    )
    assert index in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize("role", [None, "editor"])
def test_a_lookup_by_the_url_of_a_page_uses_an_index(
    role: str | None, settings: LazySettings
) -> None:
    settings.FACTCHECK_SITES = ["checker.example"]
    user = make.UserFactory(role=role)
    assert user.has_perm("claims.view_review") == bool(role)
    of: Any = {
        "claim": make.ClaimFactory(),
        "publisher": make.PublisherFactory(site="checker.example"),
        "origin": "imported",
    }
    urls = (f"https://checker.example/{number}#a" for number in range(300))
    Review.objects.bulk_create(Review(**of, identifier=url) for url in urls)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE claims_review")
    plan = explain(lambda: Page.load("https://checker.example/1", user))
    assert "claims_review_page" in plan


def test_the_page_of_a_review_is_its_url_without_fragment(settings: LazySettings) -> None:
    settings.FACTCHECK_SITES = ["checker.example"]
    page, user = "https://checker.example/é?a=1", make.UserFactory(role="editor")
    publisher = make.PublisherFactory(site="checker.example")
    for end in ("", "#", "#two", "#two#three"):
        make.ReviewFactory(publisher=publisher, origin="imported", identifier=page + end)
    assert {review.page_url for review in find_page_reviews(user)} == {page}
