"""The public pages say what the markup says, and nothing of what is not published."""

import io
import json
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from lxml import html
from pytest_django import DjangoAssertNumQueries

from claims import workflow
from claims.exchange.claimreview.extractor import Item, extract_from_html
from claims.exchange.importing.importer import ReviewImporter
from claims.exchange.importing.rows import read_rows
from claims.exchange.importing.service import get_import_author
from claims.models import Claim, Review, ReviewVersion
from tests import factories as make
from tests.claims.exchange.claimreview.corpus import plain
from tests.claims.exchange.claimreview.reviews import LINKED_DATA, publish_review

pytestmark = pytest.mark.django_db

HOSTILE = "</script><script>alert(1)</script><!-- \u2028 &amp; \u05d0"
SITE = "http://localhost:8000"


def path(review: Any) -> str:
    review.refresh_from_db()
    return f"/reviews/{review.slug}/"


def markup_in(content: bytes) -> Any:
    [item] = list(extract_from_html(content))
    return item.value


def imported(**members: Any) -> Review:
    [row] = ReviewImporter(author=get_import_author()).run(
        read_rows(iter([Item(plain(**members))]))
    )
    return Review.objects.get(public_id=row.review)


def test_the_page_says_what_the_markup_says_and_the_api_gives_the_same(client: Client) -> None:
    review = publish_review(
        headline=HOSTILE, review__claim__text=f"Claim {HOSTILE}".replace("\u2028", "")
    )
    response = client.get(path(review))
    markup = markup_in(response.content)
    assert markup == client.get(f"/api/v1/reviews/{review.public_id}/", **LINKED_DATA).json()
    shown = re.sub(r"<script.*?</script>", "", response.content.decode(), flags=re.DOTALL)
    assert "alert(1)" in shown
    assert "<script" not in shown
    text = html_text(response.content)
    rating = markup["reviewRating"]
    for said in (
        review.claim.text,
        rating["alternateName"],
        *(agent["name"] for agent in markup["itemReviewed"]["author"]),
        *(work["headline"] for work in [markup["citation"]]),
        *markup["keywords"],
    ):
        assert " ".join(said.split()) in text, said


def test_the_numbers_of_a_rating_stand_on_the_page_as_in_the_markup(client: Client) -> None:
    scale = make.RatingScaleFactory()
    make.RatingFactory(scale=scale, label="True", position=1, value=7)
    low = make.RatingFactory(scale=scale, label="False", position=2, value=3)
    numberless = make.RatingFactory(scale=scale, label="Unproven", position=3, value=None)
    rated = {"alternateName": "No", "ratingValue": 2, "bestRating": 9, "worstRating": 1}
    for review, numbers in (
        (publish_review(rating=low), "3 on a scale from 3 to 7"),
        (imported(reviewRating=rated), "2 on a scale from 1 to 9"),
        (publish_review(rating=numberless), ""),
    ):
        content = client.get(path(review)).content
        given = markup_in(content)["reviewRating"]
        keys = ("ratingValue", "worstRating", "bestRating")
        assert [str(given[k]) for k in keys if k in given] == re.findall(r"\d", numbers)
        text = html_text(content)
        assert numbers in text if numbers else "on a scale" not in text


def html_text(content: bytes) -> str:
    tree = html.document_fromstring(content)
    for script in tree.xpath("//script"):
        script.getparent().remove(script)
    return " ".join(tree.text_content().split())


def test_a_corrected_review_shows_its_corrections_and_versions(client: Client) -> None:
    version = make.corrected_version()
    text = html_text(client.get(path(version.review)).content)
    assert version.correction_note in text
    assert "Superseded" in text


def test_a_retracted_review_says_so_and_has_no_markup(client: Client) -> None:
    version = make.retracted_version(summary="It was so.", body="The log has it.")
    response = client.get(path(version.review))
    text = html_text(response.content)
    said = ("Retracted", version.retraction_note, "What it said until it was retracted")
    kept = (version.rating.label, "It was so.", "The log has it.")
    places = [text.index(words) for words in (*said, *kept, version.evidence.get().document.title)]
    assert places == sorted(places)
    assert b"ld+json" not in response.content
    assert b"noindex" in response.content
    assert str(version.review.slug) not in client.get("/reviews/").content.decode()
    assert "Retracted" in client.get(path(version.review) + "card/").content.decode()


def test_an_imported_review_leads_to_its_original(client: Client) -> None:
    review = imported(license="https://cc.example/by")
    response = client.get(path(review))
    assert b'<link rel="canonical" href="https://checker.example/1">' in response.content
    markup = markup_in(response.content)
    assert markup["url"] == "https://checker.example/1"
    assert markup["license"] == "https://cc.example/by"
    assert markup["author"]["name"] == "Checker"
    assert path(review) not in client.get("/sitemap-1.xml").content.decode()


def test_nothing_that_is_not_published_has_a_page_or_stands_on_one(client: Client) -> None:
    secret = "Nobody may know of this"
    draft = make.submitted_version(headline=secret, review__claim__text=secret)
    draft.review.slug = "secret"
    draft.review.save()
    hidden = make.StatementFactory(claim=draft.review.claim, speaker__name=secret)
    topic = make.TopicFactory(name=secret)
    draft.review.claim.topics.add(topic)
    shown = publish_review()
    make.EvidenceFactory(
        version=make.ReviewVersionFactory(review=shown, number=2, headline=secret), note=secret
    )
    topic_of = shown.claim.topics.get()
    pages = [
        *("/reviews/", f"/reviews/?q={secret}", "/reviews.atom", "/sitemap.xml", "/sitemap-1.xml"),
        *(path(shown), path(shown) + "card/", f"/topics/{topic_of.slug}/", "/sitemap-2.xml"),
        *(f"/speakers/{s.speaker.slug}/" for s in shown.claim.statements.all()),
        f"/oembed/?url={SITE}{path(shown)}",
    ]
    for page in pages:
        response = client.get(page)
        assert response.status_code == 200, page
        content = response.content.decode().replace(f'value="{secret}"', "")
        assert secret not in content, page
        assert hidden.speaker.slug not in content, page
    for page in ("/reviews/secret/", "/reviews/secret/card/", f"/topics/{topic.slug}/"):
        assert client.get(page).status_code == 404, page
    assert client.get(f"/speakers/{hidden.speaker.slug}/").status_code == 404
    assert client.get(f"/oembed/?url={SITE}/reviews/secret/").status_code == 404


def test_the_pages_are_the_same_for_who_is_signed_in(client: Client) -> None:
    review = publish_review()
    make.ReviewVersionFactory(review=review, number=2, headline="Unfinished")
    before = [client.get(page).content for page in ("/reviews/", path(review))]
    client.force_login(make.UserFactory(role="administrator"))
    assert [client.get(page).content for page in ("/reviews/", path(review))] == before


def listed(client: Client, page: str) -> Iterator[str]:
    """The slugs of a list, page after page."""
    following: str | None = page
    while following:
        content = client.get(following).content.decode()
        yield from re.findall(r'<h2><a href="/reviews/([^/]+)/"', content)
        found = re.search(r'rel="next" href="([^"]+)"', content)
        following = page.partition("?")[0] + found[1].replace("&amp;", "&") if found else None


def test_the_lists_show_every_review_once_the_newest_first(client: Client) -> None:
    made = [make.published_version().review for _ in range(45)]
    topic = make.TopicFactory()
    for review in made[:25]:
        review.claim.topics.add(topic)
    slugs = list(Review.objects.order_by("-public_id").values_list("slug", flat=True))
    assert list(listed(client, "/reviews/")) == slugs
    assert list(listed(client, f"/topics/{topic.slug}/")) == slugs[20:]


def test_what_was_published_at_one_moment_is_listed_once_each(client: Client) -> None:
    found = [Item(plain(url=f"https://checker.example/{n}")) for n in range(45)]
    list(ReviewImporter(author=get_import_author()).run(read_rows(iter(found))))
    assert ReviewVersion.objects.values("published_at").distinct().count() < 3
    listed_are = list(listed(client, "/reviews/"))
    assert len(listed_are) == len(set(listed_are)) == 45


def test_a_list_is_read_by_an_index_however_long_it_is() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # which it prefers only where there are many rows
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
    plan = Review.objects.newest_first().for_lists()[:20].explain()
    assert "claims_version_standing" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def test_a_search_finds_words_of_the_claim(client: Client) -> None:
    found, _other = (
        make.published_version(review__claim__text=text).review
        for text in ("Whales sing", "Ferries are late")
    )
    found.refresh_from_db()
    assert list(listed(client, "/reviews/?q=whale")) == [found.slug]
    assert b"No fact check has these words" in client.get("/reviews/?q=zebra").content


@pytest.mark.parametrize("asked", ["a " * 100, "\u202ex", "x" * 301])
def test_a_search_that_cannot_be_is_told_why(client: Client, asked: str) -> None:
    response = client.get("/reviews/", {"q": asked})
    assert response.status_code == 200
    assert b'role="alert"' in response.content


@pytest.mark.parametrize(
    "page",
    [
        *("/reviews/?before=x", "/reviews/?before=-1", f"/reviews/?before={'9' * 30}"),
        *("/reviews/none/", "/speakers/none/", "/topics/none/", "/sitemap-0.xml", "/sitemap-9.xml"),
        *("/oembed/", "/oembed/?url=x", "/oembed/?url=https://elsewhere.example/reviews/x/"),
        f"/oembed/?url={SITE}/desk/",
        f"/oembed/?url={SITE}/%00",
        "/oembed/?url=http://[",
        f"/oembed/?url=https://localhost:8000\\@{SITE}/",
    ],
)
def test_what_there_is_not_is_a_404(client: Client, page: str) -> None:
    assert client.get(page).status_code == 404


@pytest.mark.parametrize(("number", "page"), [(n, p) for n in (1, 18) for p in ("list", "review")])
def test_a_page_takes_the_same_queries_for_few_and_for_many(
    number: int, page: str, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    reviews = [publish_review() for _ in range(number)]
    for _ in range(number):
        make.StatementFactory(claim=reviews[0].claim)
        reviews[0].claim.topics.add(make.TopicFactory())
    address = "/reviews/" if page == "list" else path(reviews[0])
    with django_assert_num_queries(2 if page == "list" else 7):
        client.get(address)


def test_lists_begin_with_what_was_published_last_whenever_it_was_begun(client: Client) -> None:
    begun = make.submitted_version()
    first, second = publish_review(), publish_review()
    make.move(begun, workflow.PUBLISH, make.UserFactory(role="editor"))
    make.corrected_version(first.versions.get())
    begun.review.refresh_from_db()
    slugs = [first.slug, begun.review.slug, second.slug]
    assert list(listed(client, "/reviews/")) == slugs
    feed = client.get("/reviews.atom").content.decode()
    assert sorted(slugs, key=feed.index) == slugs


@pytest.mark.parametrize(
    ("said", "shown"), [("2020", ">2020</time>"), (None, "without a date"), ("2020-05", "May 2020")]
)
def test_an_imported_page_says_its_date_as_its_publisher_did(
    client: Client, said: str | None, shown: str
) -> None:
    correction = {"@type": "CorrectionComment", "text": "It was June & not July."}
    review = imported(datePublished=said, correction=[correction])
    content = client.get(path(review)).content.decode()
    assert shown in content
    assert "1 January 2020" not in content
    assert "It was June &amp; not July." in content


def test_a_page_is_asked_for_again_only_if_it_changed(client: Client) -> None:
    review = publish_review()
    first = client.get(path(review))
    assert "public" in first["Cache-Control"]
    tag = {"HTTP_IF_NONE_MATCH": first["ETag"]}
    assert client.get(path(review), **tag).status_code == 304  # type: ignore[arg-type]
    make.StatementFactory(claim=review.claim)
    assert client.get(path(review), **tag).status_code == 200  # type: ignore[arg-type]


def test_a_page_is_only_read(client: Client) -> None:
    assert client.post("/reviews/").status_code == 405


# --- for programs


def parsed(content: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(content)  # noqa: S314  our own


def test_robots_leave_the_desk_alone_and_find_the_map(client: Client) -> None:
    lines = client.get("/robots.txt").content.decode().splitlines()
    assert "Disallow: /desk/" in lines
    assert lines.index("Disallow: /api/") > 0
    allowed = [line.removeprefix("Allow: ") for line in lines if line.startswith("Allow: ")]
    assert allowed == ["/api/v1/reviews/", "/api/v1/corrections.atom"]
    for address in allowed:
        assert client.get(address).status_code == 200
    assert f"Sitemap: {SITE}/sitemap.xml" in lines


def test_the_map_names_each_page_once(client: Client) -> None:
    review = publish_review()
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    index = parsed(client.get("/sitemap.xml").content)
    parts = [str(place.text).removeprefix(SITE) for place in index.iter(f"{space}loc")]
    pages = [
        str(place.text)
        for part in parts
        for place in parsed(client.get(part).content).iter(f"{space}loc")
    ]
    assert len(pages) == len(set(pages))
    assert SITE + path(review) in pages
    for page in pages:
        assert client.get(page.removeprefix(SITE)).status_code == 200, page


def test_the_map_says_of_reviews_alone_when_their_pages_changed(client: Client) -> None:
    """A new review changes the page of a speaker, and not the speaker's record."""
    publish_review()
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    for number, dated in ((1, True), (2, False), (3, False)):
        places = list(parsed(client.get(f"/sitemap-{number}.xml").content).iter(f"{space}url"))
        assert places
        assert [place.find(f"{space}lastmod") is not None for place in places] == [dated] * len(
            places
        )


def test_the_feed_has_the_newest_reviews(client: Client) -> None:
    reviews = [publish_review() for _ in range(2)]
    feed = parsed(client.get("/reviews.atom").content)
    atom = "{http://www.w3.org/2005/Atom}"
    links = [
        str(link.get("href")) for e in feed.iter(f"{atom}entry") for link in e.iter(f"{atom}link")
    ]
    assert links == [SITE + path(review) for review in reversed(reviews)]


def test_another_site_gets_a_card_in_a_frame(client: Client) -> None:
    review = publish_review(review__claim__text=f'A "claim" {HOSTILE}'.replace("\u2028", ""))
    answer = client.get("/oembed/", {"url": SITE + path(review), "maxwidth": "400"})
    assert answer["Access-Control-Allow-Origin"] == "*"
    card = answer.json()
    assert (card["version"], card["type"], card["width"]) == ("1.0", "rich", 400)
    assert card["title"] == review.claim.text
    assert "<script" not in card["html"]
    source = re.search(r'src="([^"]+)"', card["html"])
    assert source is not None
    framed = client.get(source[1].removeprefix(SITE))
    assert "frame-ancestors *" in framed["Content-Security-Policy"]
    assert "default-src 'self'" in framed["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed
    assert client.get("/oembed/", {"url": SITE + path(review), "format": "xml"}).status_code == 501
    whole = client.get(path(review))
    assert "frame-ancestors 'none'" in whole["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({"maxwidth": "80", "maxheight": "60"}, (80, 60)),
        ({"maxwidth": "9999", "maxheight": "9999"}, (600, 320)),
        ({"maxwidth": "wide", "maxheight": "-5"}, (600, 320)),
    ],
)
def test_a_card_is_never_larger_than_was_asked(
    client: Client, asked: dict[str, str], size: tuple[int, int]
) -> None:
    card = client.get("/oembed/", {"url": SITE + path(publish_review()), **asked}).json()
    assert (card["width"], card["height"]) == size
    assert f'width="{size[0]}" height="{size[1]}"' in card["html"]


def test_what_was_retracted_is_embedded_as_a_card_that_says_so(client: Client) -> None:
    version = make.retracted_version(summary="It was so.")
    answer = client.get("/oembed/", {"url": SITE + path(version.review)})
    assert answer.status_code == 200
    source = re.search(r'src="([^"]+)"', answer.json()["html"])
    assert source is not None
    text = html_text(client.get(source[1].removeprefix(SITE)).content)
    assert "Retracted" in text
    assert version.retraction_note in text
    assert "It was so." not in text


QUERIES = {
    "/reviews/": 2,
    "/reviews/?q=ferry": 2,
    "/reviews.atom": 2,
    "/sitemap.xml": 3,
    "/sitemap-1.xml": 2,
    "speaker": 5,
    "topic": 3,
    "card": 2,
    "oembed": 1,
}


@pytest.mark.parametrize("number", [1, 12])
@pytest.mark.parametrize("page", QUERIES)
def test_each_address_takes_the_same_queries_for_few_and_for_many(
    page: str, number: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    speaker = make.IdentifierFactory(speaker=make.AffiliationFactory().speaker).speaker
    reviews = [publish_review() for _ in range(number)]
    for at, review in enumerate(reviews):
        make.StatementFactory(claim=review.claim, speaker=speaker)
        make.corrected_version(review.versions.get())
        imported(url=f"https://checker.example/{at}", claimReviewed=f"Ferry {at} is late")
    addresses = {
        "speaker": f"/speakers/{speaker.slug}/",
        "topic": "/topics/ports/",
        "card": path(reviews[0]) + "card/",
        "oembed": f"/oembed/?url={SITE}{path(reviews[0])}",
    }
    # Each process asks PostgreSQL once for the stems of a word.
    client.get("/reviews/?q=ferry")
    with django_assert_num_queries(QUERIES[page]):
        assert client.get(addresses.get(page, page)).status_code == 200


def test_an_address_given_out_does_not_come_from_the_request(client: Client) -> None:
    review = publish_review()
    content = client.get(path(review), HTTP_HOST="testserver").content.decode()
    assert "testserver" not in content
    assert SITE in content


def test_a_claim_that_is_only_listed_has_no_review_page(client: Client) -> None:
    claim = Claim.objects.create(text="Looked into", kind="event", listed_at=timezone.now())
    make.StatementFactory(claim=claim, speaker__slug="looked-at")
    response = client.get("/speakers/looked-at/")
    assert response.status_code == 200
    assert b"no fact check yet" in response.content
    assert (
        json.loads(client.get("/api/v1/reviews/", **LINKED_DATA).content)["dataFeedElement"] == []
    )


def test_an_entity_of_more_digits_than_a_number_has_harms_no_page_and_no_export(
    client: Client,
) -> None:
    version = make.published_version(body=f"Before &#{'1' * 5000}; after.", summary="&#0;")
    assert "Before" in client.get(path(version.review)).content.decode()
    out = io.StringIO()
    with redirect_stdout(out):
        call_command("export_claimreview", "-", stderr=io.StringIO())
    [item] = json.loads(out.getvalue())["dataFeedElement"]
    assert item["item"][0]["reviewBody"].startswith("Before ")


def test_only_a_version_without_a_date_of_its_own_is_dated_by_its_import(client: Client) -> None:
    dated = path(imported(reviewBody="One."))
    imported(reviewBody="Two.", dateModified="2024-06-02")
    said = client.get(dated).content.decode()
    assert "2 June 2024" in said
    assert "brought in on" not in said
    undated = {"url": "https://checker.example/2", "datePublished": None}
    other = path(imported(**undated, reviewBody="One."))
    imported(**undated, reviewBody="Two.")
    assert client.get(other).content.decode().count("brought in on") == 2
