"""Public pages show the content of their markup, and no private record."""

import io
import json
import re
from contextlib import redirect_stdout

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from claims.models import Claim
from tests import factories as make
from tests.claims.exchange.claimreview.reviews import LINKED_DATA, publish_review
from tests.claims.site.pages import (
    HOSTILE,
    SITE_URL,
    import_review,
    page_path,
    read_markup,
    visible_text,
)

pytestmark = pytest.mark.django_db


def test_a_page_shows_the_content_of_its_markup_which_equals_the_apis(client: Client) -> None:
    review = publish_review(
        headline=HOSTILE, review__claim__text=f"Claim {HOSTILE}".replace("\u2028", "")
    )
    response = client.get(page_path(review))
    markup = read_markup(response.content)
    assert markup == client.get(f"/api/v1/reviews/{review.public_id}/", **LINKED_DATA).json()
    visible = re.sub(r"<script.*?</script>", "", response.content.decode(), flags=re.DOTALL)
    assert "alert(1)" in visible
    assert "<script" not in visible
    text = visible_text(response.content)
    rating = markup["reviewRating"]
    for value in (
        review.claim.text,
        rating["alternateName"],
        *(agent["name"] for agent in markup["itemReviewed"]["author"]),
        *(work["headline"] for work in [markup["citation"]]),
        *markup["keywords"],
    ):
        assert " ".join(value.split()) in text, value


def test_a_page_shows_the_numbers_of_a_rating_as_in_the_markup(client: Client) -> None:
    scale = make.RatingScaleFactory()
    make.RatingFactory(scale=scale, label="True", position=1, value=7)
    low = make.RatingFactory(scale=scale, label="False", position=2, value=3)
    numberless = make.RatingFactory(scale=scale, label="Unproven", position=3, value=None)
    rating = {"alternateName": "No", "ratingValue": 2, "bestRating": 9, "worstRating": 1}
    for review, numbers in (
        (publish_review(rating=low), "3 on a scale from 3 to 7"),
        (import_review(reviewRating=rating), "2 on a scale from 1 to 9"),
        (publish_review(rating=numberless), ""),
    ):
        content = client.get(page_path(review)).content
        markup = read_markup(content)["reviewRating"]
        keys = ("ratingValue", "worstRating", "bestRating")
        assert [str(markup[k]) for k in keys if k in markup] == re.findall(r"\d", numbers)
        text = visible_text(content)
        assert numbers in text if numbers else "on a scale" not in text


def test_a_corrected_review_shows_its_corrections_and_versions(client: Client) -> None:
    version = make.corrected_version()
    text = visible_text(client.get(page_path(version.review)).content)
    assert version.correction_note in text
    assert "Superseded" in text


def test_a_retracted_review_shows_its_retraction_and_has_no_markup(client: Client) -> None:
    version = make.retracted_version(summary="It was so.", body="The log has it.")
    response = client.get(page_path(version.review))
    text = visible_text(response.content)
    notice = ("Retracted", version.retraction_note, "Verdict until the retraction")
    content = (version.rating.label, "It was so.", "The log has it.")
    positions = [
        text.index(words) for words in (*notice, *content, version.evidence.get().document.title)
    ]
    assert positions == sorted(positions)
    assert b"ld+json" not in response.content
    assert b"noindex" in response.content
    assert str(version.review.slug) not in client.get("/reviews/").content.decode()
    assert "Retracted" in client.get(page_path(version.review) + "card/").content.decode()


def test_the_canonical_page_of_an_imported_review_is_its_original(client: Client) -> None:
    review = import_review(license="https://cc.example/by")
    response = client.get(page_path(review))
    assert b'<link rel="canonical" href="https://checker.example/1">' in response.content
    markup = read_markup(response.content)
    assert markup["url"] == "https://checker.example/1"
    assert markup["license"] == "https://cc.example/by"
    assert markup["author"]["name"] == "Checker"
    assert page_path(review) not in client.get("/sitemap-1.xml").content.decode()


def test_private_records_have_no_page_and_appear_on_none(client: Client) -> None:
    secret = "Nobody may know of this"
    draft = make.submitted_version(headline=secret, review__claim__text=secret)
    draft.review.slug = "secret"
    draft.review.save()
    hidden = make.StatementFactory(claim=draft.review.claim, speaker__name=secret)
    topic = make.TopicFactory(name=secret)
    draft.review.claim.topics.add(topic)
    public = publish_review()
    make.EvidenceFactory(
        version=make.ReviewVersionFactory(review=public, number=2, headline=secret), note=secret
    )
    public_topic = public.claim.topics.get()
    pages = [
        *("/reviews/", f"/reviews/?q={secret}", "/reviews.atom", "/sitemap.xml", "/sitemap-1.xml"),
        *(
            page_path(public),
            page_path(public) + "card/",
            f"/topics/{public_topic.slug}/",
            "/sitemap-2.xml",
        ),
        *(f"/speakers/{s.speaker.slug}/" for s in public.claim.statements.all()),
        f"/oembed/?url={SITE_URL}{page_path(public)}",
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
    assert client.get(f"/oembed/?url={SITE_URL}/reviews/secret/").status_code == 404


def test_signed_in_people_see_the_same_pages(client: Client) -> None:
    review = publish_review()
    make.ReviewVersionFactory(review=review, number=2, headline="Unfinished")
    before = [client.get(page).content for page in ("/reviews/", page_path(review))]
    client.force_login(make.UserFactory(role="administrator"))
    assert [client.get(page).content for page in ("/reviews/", page_path(review))] == before


@pytest.mark.parametrize(
    "page",
    [
        *("/reviews/?before=x", "/reviews/?before=-1", f"/reviews/?before={'9' * 30}"),
        *("/reviews/none/", "/speakers/none/", "/topics/none/", "/sitemap-0.xml", "/sitemap-9.xml"),
        *("/oembed/", "/oembed/?url=x", "/oembed/?url=https://elsewhere.example/reviews/x/"),
        f"/oembed/?url={SITE_URL}/desk/",
        f"/oembed/?url={SITE_URL}/%00",
        "/oembed/?url=http://[",
        f"/oembed/?url=https://localhost:8000\\@{SITE_URL}/",
    ],
)
def test_a_missing_resource_is_a_404(client: Client, page: str) -> None:
    assert client.get(page).status_code == 404


@pytest.mark.parametrize(("number", "page"), [(n, p) for n in (1, 18) for p in ("list", "review")])
def test_the_number_of_queries_of_a_page_is_constant(
    number: int, page: str, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    reviews = [publish_review() for _ in range(number)]
    for _ in range(number):
        make.StatementFactory(claim=reviews[0].claim)
        reviews[0].claim.topics.add(make.TopicFactory())
    url = "/reviews/" if page == "list" else page_path(reviews[0])
    with django_assert_num_queries(2 if page == "list" else 7):
        client.get(url)


@pytest.mark.parametrize(
    ("published", "expected"),
    [("2020", ">2020</time>"), (None, "without a date"), ("2020-05", "May 2020")],
)
def test_an_imported_page_has_the_date_of_its_publisher(
    client: Client, published: str | None, expected: str
) -> None:
    correction = {"@type": "CorrectionComment", "text": "It was June & not July."}
    review = import_review(datePublished=published, correction=[correction])
    content = client.get(page_path(review)).content.decode()
    assert expected in content
    assert "1 January 2020" not in content
    assert "It was June &amp; not July." in content


def test_an_unchanged_page_is_not_sent_again(client: Client) -> None:
    review = publish_review()
    first = client.get(page_path(review))
    assert "public" in first["Cache-Control"]
    tag = {"HTTP_IF_NONE_MATCH": first["ETag"]}
    assert client.get(page_path(review), **tag).status_code == 304  # type: ignore[arg-type]
    make.StatementFactory(claim=review.claim)
    assert client.get(page_path(review), **tag).status_code == 200  # type: ignore[arg-type]


def test_pages_refuse_post(client: Client) -> None:
    assert client.post("/reviews/").status_code == 405


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
def test_the_number_of_queries_of_each_url_is_constant(
    page: str, number: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    speaker = make.IdentifierFactory(speaker=make.AffiliationFactory().speaker).speaker
    reviews = [publish_review() for _ in range(number)]
    for at, review in enumerate(reviews):
        make.StatementFactory(claim=review.claim, speaker=speaker)
        make.corrected_version(review.versions.get())
        import_review(url=f"https://checker.example/{at}", claimReviewed=f"Ferry {at} is late")
    urls = {
        "speaker": f"/speakers/{speaker.slug}/",
        "topic": "/topics/ports/",
        "card": page_path(reviews[0]) + "card/",
        "oembed": f"/oembed/?url={SITE_URL}{page_path(reviews[0])}",
    }
    # Each process asks PostgreSQL once for the stems of a word.
    client.get("/reviews/?q=ferry")
    with django_assert_num_queries(QUERIES[page]):
        assert client.get(urls.get(page, page)).status_code == 200


def test_links_do_not_contain_the_host_of_the_request(client: Client) -> None:
    review = publish_review()
    content = client.get(page_path(review), HTTP_HOST="testserver").content.decode()
    assert "testserver" not in content
    assert SITE_URL in content


def test_a_listed_claim_without_a_review_has_no_review_page(client: Client) -> None:
    claim = Claim.objects.create(text="Looked into", kind="event", listed_at=timezone.now())
    make.StatementFactory(claim=claim, speaker__slug="looked-at")
    response = client.get("/speakers/looked-at/")
    assert response.status_code == 200
    assert b"No fact checks yet" in response.content
    assert (
        json.loads(client.get("/api/v1/reviews/", **LINKED_DATA).content)["dataFeedElement"] == []
    )


def test_a_huge_character_reference_breaks_neither_page_nor_export(
    client: Client,
) -> None:
    version = make.published_version(body=f"Before &#{'1' * 5000}; after.", summary="&#0;")
    assert "Before" in client.get(page_path(version.review)).content.decode()
    out = io.StringIO()
    with redirect_stdout(out):
        call_command("export_claimreview", "-", stderr=io.StringIO())
    [item] = json.loads(out.getvalue())["dataFeedElement"]
    assert item["item"][0]["reviewBody"].startswith("Before ")


def test_only_versions_without_a_publishers_date_have_the_date_of_import(client: Client) -> None:
    dated = page_path(import_review(reviewBody="One."))
    import_review(reviewBody="Two.", dateModified="2024-06-02")
    content = client.get(dated).content.decode()
    assert "2 June 2024" in content
    assert "imported on" not in content
    undated = {"url": "https://checker.example/2", "datePublished": None}
    other = page_path(import_review(**undated, reviewBody="One."))
    import_review(**undated, reviewBody="Two.")
    assert client.get(other).content.decode().count("imported on") == 2
