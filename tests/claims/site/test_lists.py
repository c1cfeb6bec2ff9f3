"""Lists of public reviews: order, keyset pages and search."""

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client

from claims import workflow
from claims.exchange.claimreview.extractor import Item
from claims.exchange.importing.importer import ReviewImporter
from claims.exchange.importing.rows import read_rows
from claims.exchange.importing.service import get_import_author
from claims.models import Review, ReviewVersion
from tests import factories as make
from tests.claims.exchange.claimreview.corpus import plain
from tests.claims.exchange.claimreview.reviews import publish_review

pytestmark = pytest.mark.django_db


def iterate_slugs(client: Client, page: str) -> Iterator[str]:
    """Yield the slugs of a list, page by page."""
    next_url: str | None = page
    while next_url:
        content = client.get(next_url).content.decode()
        yield from re.findall(r'<h2>\s*<a href="/reviews/([^/]+)/"', content)
        match = re.search(r'rel="next" href="([^"]+)"', content)
        next_url = page.partition("?")[0] + match[1].replace("&amp;", "&") if match else None


def test_lists_contain_every_review_once_the_newest_first(client: Client) -> None:
    reviews = [make.published_version().review for _ in range(45)]
    topic = make.TopicFactory()
    for review in reviews[:25]:
        review.claim.topics.add(topic)
    slugs = list(Review.objects.order_by("-public_id").values_list("slug", flat=True))
    assert list(iterate_slugs(client, "/reviews/")) == slugs
    assert list(iterate_slugs(client, f"/topics/{topic.slug}/")) == slugs[20:]


def test_reviews_with_the_same_publication_time_are_listed_once_each(client: Client) -> None:
    items = [Item(plain(url=f"https://checker.example/{n}")) for n in range(45)]
    list(ReviewImporter(author=get_import_author()).run(read_rows(iter(items))))
    assert ReviewVersion.objects.values("published_at").distinct().count() < 3
    slugs = list(iterate_slugs(client, "/reviews/"))
    assert len(slugs) == len(set(slugs)) == 45


def test_an_index_serves_lists_of_any_length() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # few rows: it would prefer a scan
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
    plan = Review.objects.newest_first().for_lists()[:20].explain()
    assert "claims_version_standing" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def test_a_search_finds_words_of_the_claim(client: Client) -> None:
    whales, _ferries = (
        make.published_version(review__claim__text=text).review
        for text in ("Whales sing", "Ferries are late")
    )
    whales.refresh_from_db()
    assert list(iterate_slugs(client, "/reviews/?q=whale")) == [whales.slug]
    assert b"No fact check contains these words" in client.get("/reviews/?q=zebra").content


@pytest.mark.parametrize("query", ["a " * 100, "\u202ex", "x" * 301])
def test_an_invalid_search_shows_its_error(client: Client, query: str) -> None:
    response = client.get("/reviews/", {"q": query})
    assert response.status_code == 200
    assert b'role="alert"' in response.content


def test_lists_are_in_the_order_of_publication_not_of_creation(client: Client) -> None:
    older = make.submitted_version()
    first, second = publish_review(), publish_review()
    make.move(older, workflow.PUBLISH, make.UserFactory(role="editor"))
    make.corrected_version(first.versions.get())
    older.review.refresh_from_db()
    slugs = [first.slug, older.review.slug, second.slug]
    assert list(iterate_slugs(client, "/reviews/")) == slugs
    feed = client.get("/reviews.atom").content.decode()
    assert sorted(slugs, key=feed.index) == slugs
