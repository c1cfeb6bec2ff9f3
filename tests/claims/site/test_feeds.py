"""Resources for programs: Atom feed, sitemap, robots.txt and oEmbed."""

import re
from xml.etree import ElementTree

import pytest
from django.test import Client

from tests import factories as make
from tests.claims.exchange.claimreview.reviews import publish_review
from tests.claims.site.pages import HOSTILE, SITE_URL, page_path, visible_text

pytestmark = pytest.mark.django_db


def parse_xml(content: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(content)  # noqa: S314  our own


def test_robots_txt_excludes_the_desk_and_links_the_sitemap(client: Client) -> None:
    lines = client.get("/robots.txt").content.decode().splitlines()
    assert "Disallow: /desk/" in lines
    assert lines.index("Disallow: /api/") > 0
    allowed = [line.removeprefix("Allow: ") for line in lines if line.startswith("Allow: ")]
    assert allowed == ["/api/v1/reviews/", "/api/v1/corrections.atom"]
    for url in allowed:
        assert client.get(url).status_code == 200
    assert f"Sitemap: {SITE_URL}/sitemap.xml" in lines


def test_the_sitemap_contains_each_page_once(client: Client) -> None:
    review = publish_review()
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    index = parse_xml(client.get("/sitemap.xml").content)
    parts = [str(place.text).removeprefix(SITE_URL) for place in index.iter(f"{space}loc")]
    pages = [
        str(place.text)
        for part in parts
        for place in parse_xml(client.get(part).content).iter(f"{space}loc")
    ]
    assert len(pages) == len(set(pages))
    assert SITE_URL + page_path(review) in pages
    for page in pages:
        assert client.get(page.removeprefix(SITE_URL)).status_code == 200, page


def test_the_sitemap_has_the_date_of_change_for_reviews_only(client: Client) -> None:
    """A new review changes the page of a speaker, and not the speaker's record."""
    publish_review()
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    for number, dated in ((1, True), (2, False), (3, False)):
        places = list(parse_xml(client.get(f"/sitemap-{number}.xml").content).iter(f"{space}url"))
        assert places
        assert [place.find(f"{space}lastmod") is not None for place in places] == [dated] * len(
            places
        )


def test_the_feed_has_the_newest_reviews(client: Client) -> None:
    reviews = [publish_review() for _ in range(2)]
    feed = parse_xml(client.get("/reviews.atom").content)
    atom = "{http://www.w3.org/2005/Atom}"
    links = [
        str(link.get("href")) for e in feed.iter(f"{atom}entry") for link in e.iter(f"{atom}link")
    ]
    assert links == [SITE_URL + page_path(review) for review in reversed(reviews)]


def test_another_site_can_embed_a_card_in_a_frame(client: Client) -> None:
    review = publish_review(review__claim__text=f'A "claim" {HOSTILE}'.replace("\u2028", ""))
    response = client.get("/oembed/", {"url": SITE_URL + page_path(review), "maxwidth": "400"})
    assert response["Access-Control-Allow-Origin"] == "*"
    card = response.json()
    assert (card["version"], card["type"], card["width"]) == ("1.0", "rich", 400)
    assert card["title"] == review.claim.text
    assert "<script" not in card["html"]
    source = re.search(r'src="([^"]+)"', card["html"])
    assert source is not None
    framed = client.get(source[1].removeprefix(SITE_URL))
    assert "frame-ancestors *" in framed["Content-Security-Policy"]
    assert "default-src 'self'" in framed["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed
    assert (
        client.get("/oembed/", {"url": SITE_URL + page_path(review), "format": "xml"}).status_code
        == 501
    )
    page = client.get(page_path(review))
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("limits", "size"),
    [
        ({"maxwidth": "80", "maxheight": "60"}, (80, 60)),
        ({"maxwidth": "9999", "maxheight": "9999"}, (600, 320)),
        ({"maxwidth": "wide", "maxheight": "-5"}, (600, 320)),
    ],
)
def test_a_card_is_never_larger_than_requested(
    client: Client, limits: dict[str, str], size: tuple[int, int]
) -> None:
    card = client.get("/oembed/", {"url": SITE_URL + page_path(publish_review()), **limits}).json()
    assert (card["width"], card["height"]) == size
    assert f'width="{size[0]}" height="{size[1]}"' in card["html"]


def test_the_card_of_a_retracted_review_shows_the_retraction(client: Client) -> None:
    version = make.retracted_version(summary="It was so.")
    response = client.get("/oembed/", {"url": SITE_URL + page_path(version.review)})
    assert response.status_code == 200
    source = re.search(r'src="([^"]+)"', response.json()["html"])
    assert source is not None
    text = visible_text(client.get(source[1].removeprefix(SITE_URL)).content)
    assert "Retracted" in text
    assert version.retraction_note in text
    assert "It was so." not in text
