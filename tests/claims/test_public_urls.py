"""URLs of review pages are recognized in all their spellings."""

import pytest
from django.conf import LazySettings

from claims.exchange.claimreview.extractor import Item
from claims.exchange.importing.importer import ReviewImporter
from claims.exchange.importing.rows import read_rows
from claims.exchange.importing.service import get_import_author
from claims.models import Review
from claims.public_urls import parse_review_slug, review_url
from tests import factories as make
from tests.claims.exchange.claimreview.corpus import plain

SPELLINGS = [
    "https://desk.example.org/reviews/late-1/",
    "https://desk.example.org/reviews/late-1",
    "http://desk.example.org/reviews/late-1/",
    "https://www.desk.example.org/reviews/late-1/",
    "https://DESK.example.org./reviews/late-1/",
    "https://desk.example.org:8443/reviews/late-1/",
    "https://reader@desk.example.org/reviews/late-1/",
    "https://desk.example.org//reviews//late-1/",
    "https://desk.example.org/./reviews/late-1/",
    "https://desk.example.org/topics/../reviews/late-1/",
    "https://desk.example.org/%72eviews/late%2D1/",
    "https://desk.example.org/reviews%2Flate-1",
    "https://desk.example.org/reviews\\late-1",
    "https://desk.example.org/Reviews/Late-1/",
    "https://desk.example.org/reviews/late-1/?utm_source=x&page=2#findings",
    "https://desk.example.org/reviews/late-1/card/",
]


@pytest.fixture(autouse=True)
def _site(settings: LazySettings) -> None:
    settings.SITE_URL = "https://desk.example.org"


@pytest.mark.parametrize("url", SPELLINGS)
def test_every_spelling_of_a_review_url_gives_its_slug(url: str, settings: LazySettings) -> None:
    assert parse_review_slug(url) == "late-1"
    settings.SITE_URL = "http://www.desk.example.org:8000"
    assert parse_review_slug(url) == "late-1"


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://desk.example.org/reviews/", ""),
        ("https://desk.example.org/reviews", ""),
        ("https://desk.example.org/reviews/../reviews?before=x", ""),
        ("https://desk.example.org/reviews.atom", None),
        ("https://desk.example.org/reviewsx/late-1/", None),
        ("https://desk.example.org/news/reviews/late-1/", None),
        ("https://desk.example.org/reviews/../news/", None),
        ("https://desk.example.org/%2572eviews/late-1/", None),
        ("https://desk.example.org/", None),
        ("https://other.example.org/reviews/late-1/", None),
        ("https://desk.example.org.evil.example/reviews/late-1/", None),
        ("ftp://desk.example.org/reviews/late-1/", None),
        ("https://[/reviews/late-1/", None),
        ("late-1", None),
        ("", None),
    ],
)
def test_other_urls_give_no_slug_of_a_review(url: str, slug: str | None) -> None:
    assert parse_review_slug(url) == slug


@pytest.mark.django_db
def test_an_import_leaves_own_reviews_unchanged_in_any_spelling_of_their_url(
    settings: LazySettings,
) -> None:
    review = make.published_version().review
    review.refresh_from_db()
    importing = ReviewImporter(author=get_import_author(), archive=True)
    origin, path = "https://desk.example.org", review_url(review).removeprefix(settings.SITE_URL)
    for url in (
        f"{origin}{path}",
        f"http://www.desk.example.org{path}",
        f"{origin}:8443/{path}",
        f"{origin}{path.upper()}",
        f"{origin}{path.replace('r', '%72', 1).rstrip('/')}",
    ):
        markup = plain(url=url, author={"@type": "Organization", "name": "Desk"})
        [row] = importing.run(read_rows(iter([Item(markup)])))
        assert (row.outcome, row.review) == ("same", str(review.public_id)), url
    assert Review.objects.count() == 1
