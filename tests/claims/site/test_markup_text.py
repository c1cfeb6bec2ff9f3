"""Every text of a page's markup is also in the visible text of the page."""

import html
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.test import Client
from lxml import html as lxml

from claims import workflow
from claims.exchange.claimreview import dates
from claims.exchange.claimreview.normalizer import load_markup
from claims.models import Evidence, Review
from claims.site.imported_review import build_imported_review, select_additional_evidence
from claimsapi.core.templatetags.desk import day, partial_date
from sources.models import Document
from tests import factories as make
from tests.claims.exchange.claimreview.reviews import publish_review
from tests.claims.site.pages import import_review, page_path, read_markup, visible_text

pytestmark = pytest.mark.django_db

# Members of the markup that are not text of the page, and the reason.
HIDDEN_MEMBERS: Final = {
    "@context": "terms of the vocabulary",
    "@type": "terms of the vocabulary",
    "url": "a URL: the page has a link",
    "sameAs": "URLs, which are on the speaker's page",
    "image": "a URL: pages load nothing from other hosts",
    "license": "a URL for the markup itself",
    "identifier": "an internal number of the publisher",
    "inLanguage": "the language of the texts, in their lang attributes",
    "sdPublisher": "the author of the markup, not of the review",
}
DATES: Final = {"datePublished", "dateModified"}


def markup_texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text of the markup as a person reads it, with the name of its member."""
    if name in HIDDEN_MEMBERS:
        return
    match value:
        case dict():
            for member, child in value.items():
                yield from markup_texts(child, member)
        case list():
            for child in value:
                yield from markup_texts(child, name)
        case _ if name in DATES:
            date = dates.parse_date(value)
            assert date is not None
            yield name, partial_date(date.date)
        case _:
            yield name, " ".join(html.unescape(str(value)).split())


def missing_texts(content: bytes) -> list[tuple[str, str]]:
    """Return the texts of the markup that the page does not show."""
    page_text = visible_text(content)
    expected = list(markup_texts(read_markup(content)))
    assert len(expected) > 5
    return [(name, text) for name, text in expected if text not in page_text]


def agent(name: str, kind: str = "Person", **members: Any) -> dict[str, Any]:
    return {"@type": kind, "name": name, **members}


def work(name: str, **members: Any) -> dict[str, Any]:
    return {
        "@type": "Article",
        "url": f"https://paper.example/{name}",
        "headline": f"Headline of {name} & more",
        "author": [agent(f"Author of {name}"), agent(f"Second author of {name}")],
        "publisher": agent(f"Publisher of {name}", "Organization", url="https://paper.example/"),
        **members,
    }


RICH: Final[dict[str, Any]] = {
    "name": "The name of the review",
    "headline": "Its headline, which is another",
    "claimReviewed": "No ferry was on time & none is",
    "datePublished": "2024-05-03T08:00:00+02:00",
    "dateModified": "2024-06-07",
    "inLanguage": "en",
    "author": [
        agent("Checker", "Organization", url="https://checker.example/"),
        agent("Jane Roe", jobTitle="Reporter", url="https://checker.example/jane"),
    ],
    "publisher": agent("The Checking Foundation", "Organization"),
    "reviewRating": {
        "@type": "Rating",
        "ratingValue": 0,
        "bestRating": 4,
        "worstRating": 0,
        "alternateName": "Wrong",
        "name": "Wrong on all counts",
        "ratingExplanation": "The log says <otherwise>.",
    },
    "itemReviewed": {
        "@type": "Claim",
        "name": "At a meeting in the harbour",
        "author": [
            agent("Ada Quill", jobTitle="Spokeswoman", sameAs=["https://register.example/a"]),
            agent("The Harbour Authority", "Organization"),
        ],
        "datePublished": "2024-04",
        "firstAppearance": work("first", datePublished="2024-04-01"),
        "appearance": [
            work("second", datePublished="2024-04-02", description="A shorter piece"),
            {"@type": "VideoObject", "name": "A video without address", "text": "Late, they are."},
        ],
    },
    "reviewBody": "First reason.\n\nSecond reason.",
    "keywords": ["Ports", "Ferries"],
    "citation": [
        work("log", datePublished="2023", description="What the log shows", text="Sailed 08:00"),
    ],
    "correction": [
        {"@type": "CorrectionComment", "text": "It was June.", "datePublished": "2024-06-07"},
        {"@type": "CorrectionComment", "datePublished": "2024-06-09"},
    ],
}


def test_an_imported_page_shows_all_texts_of_its_markup(client: Client) -> None:
    review = import_review(**RICH)
    assert missing_texts(client.get(page_path(review)).content) == []


def test_an_imported_page_shows_the_titles_of_the_markup_not_those_of_the_desk(
    client: Client,
) -> None:
    review = import_review(**RICH)
    log = Evidence.objects.get(version__review=review).document
    log.title = "As the desk calls it"
    log.save()
    content = client.get(page_path(review)).content
    assert missing_texts(content) == []
    for text in ("Ada Quill", "Sailed 08:00", "What the log shows"):
        assert visible_text(content).count(text) == 1
    assert log.title not in visible_text(content)


def test_an_imported_page_shows_all_texts_after_its_review_moved_to_another_claim(
    client: Client,
) -> None:
    review = import_review(**RICH)
    ours = make.StatementFactory(claim__text="Ferries are late, says the harbour", exact="")
    review.refresh_from_db()
    review.claim = ours.claim
    review.save()
    content = client.get(page_path(review)).content
    assert missing_texts(content) == []
    text = visible_text(content)
    assert ours.claim.text in text
    assert ours.speaker.name in text
    assert ours.document.title in text


def test_a_page_of_our_own_shows_all_texts_of_its_markup(client: Client) -> None:
    scale = make.RatingScaleFactory()
    make.RatingFactory(scale=scale, value=5)
    review = publish_review(
        rating=make.RatingFactory(scale=scale, value=2, label="Half & half"),
        headline="The headline",
        summary="First.\n\nThen second.",
    )
    for document in Document.objects.all():
        document.byline = f"Author of {document.pk}"
        document.published_on, document.published_precision = (
            f"2020-0{document.pk % 9 + 1}-01",
            "month",
        )
        document.save()
    role = make.AffiliationFactory(speaker=review.claim.statements.first().speaker)
    review.claim.statements.filter(speaker=role.speaker).update(affiliation=role)
    make.corrected_version(review.versions.get(), note="It was the other ferry.")
    content = client.get(page_path(review)).content
    markup = read_markup(content)
    assert {"jobTitle", "name"} <= {name for name, _ in markup_texts(markup)}
    assert markup["citation"]["author"]["name"].startswith("Author of")
    assert missing_texts(content) == []


@pytest.mark.parametrize(
    ("values", "times"),
    [
        ({}, 0),
        ({"exact": "Sailed 08:00", "note": "What the log shows"}, 0),
        ({"note": "Our own note"}, 1),
        ({"exact": "Sailed 09:00"}, 1),
        ({"is_primary": True}, 1),
        ({"locator": "page 3"}, 1),
        ({"stance": "refutes"}, 1),
        ({"document": Document(url="https://paper.example/other", title="Other")}, 1),
    ],
)
def test_evidence_of_the_markup_is_not_shown_twice(values: dict[str, Any], times: int) -> None:
    review = Review.objects.for_markup().get(pk=import_review(**RICH).pk)
    version = review.public_versions[0]
    imported = build_imported_review(load_markup(version.markup)[0], review, version)
    log = Document(url="https://paper.example/log", title="The log")
    item = Evidence(**{"document": log, "stance": "context", **values})
    assert select_additional_evidence([item], imported) == [item] * times


def test_an_imported_page_without_claimants_shows_the_occasion(client: Client) -> None:
    review = import_review(itemReviewed="Jane Roe on TV")
    text = visible_text(client.get(page_path(review)).content)
    assert "Jane Roe on TV" in text
    assert "No speaker is named" not in text


@pytest.mark.parametrize(
    ("rating", "expected"),
    [
        ({"ratingValue": 0, "bestRating": 4, "worstRating": 0}, "0 on a scale from 0 to 4"),
        ({"ratingValue": 2, "bestRating": 4, "worstRating": 0}, "2 on a scale from 0 to 4"),
        ({"ratingValue": 2}, "2 on a scale from 1 to 5"),
    ],
)
def test_an_imported_number_is_shown_with_its_scale(
    client: Client, rating: dict[str, int], expected: str
) -> None:
    review = import_review(reviewRating={"@type": "Rating", "alternateName": "No", **rating})
    assert expected in visible_text(client.get(page_path(review)).content)


def test_a_retracted_page_keeps_its_number_and_its_publishers_text(client: Client) -> None:
    scale = make.RatingScaleFactory()
    make.RatingFactory(scale=scale, value=5)
    ours = make.retracted_version(rating=make.RatingFactory(scale=scale, value=2)).review
    assert "2 on a scale from 2 to 5" in visible_text(client.get(page_path(ours)).content)
    review = import_review(**RICH)
    before = read_markup(client.get(page_path(review)).content)
    editor = make.UserFactory(role="editor")
    make.move(review.versions.get(), workflow.RETRACT, editor, "It was another ferry.")
    content = client.get(page_path(review)).content
    assert b"ld+json" not in content
    text = visible_text(content)
    assert "It was another ferry." in text
    assert [value for _, value in markup_texts(before) if value not in text] == []


def test_the_byline_has_co_authors_and_a_link_to_the_publisher(client: Client) -> None:
    ours = publish_review()
    assert f'href="https://{ours.publisher.site}/"' in client.get(page_path(ours)).content.decode()
    review = import_review(**RICH)
    text = visible_text(client.get(page_path(review)).content)
    assert (
        "By Checker, Jane Roe (Reporter), The Checking Foundation, 3 May 2024, changed 7 June 2024"
        in text
    )


def test_the_byline_has_the_date_of_change_from_the_markup(client: Client) -> None:
    import_review()
    review = import_review(dateModified="2024-07-08", datePublished="2024")
    text = visible_text(client.get(page_path(review)).content)
    assert review.versions.count() == 2
    assert "2024, changed 8 July 2024" in text
    again = import_review(claimReviewed="Ferries are late", dateModified=None, datePublished="2023")
    assert again == review
    assert "2023, changed" not in visible_text(client.get(page_path(review)).content)
    assert "Version 3, Published" in visible_text(client.get(page_path(review)).content)


@pytest.mark.parametrize(
    ("published", "expected"),
    [("2020", "2020"), (None, "without a date"), ("2020-05-06", "6 May 2020")],
)
def test_lists_show_the_publishers_date_of_imported_reviews(
    client: Client, published: str | None, expected: str
) -> None:
    review = import_review(datePublished=published, keywords=["Ports"])
    speaker, topic = review.claim.statements.get().speaker, review.claim.topics.get()
    assert speaker is not None
    for page in ("/reviews/", f"/speakers/{speaker.slug}/", f"/topics/{topic.slug}/"):
        root = lxml.document_fromstring(client.get(page).content)
        [entry] = root.xpath("//ol[@class='reviews']/li")
        text = " ".join(entry.text_content().split())
        assert text == f"Ferries are late False Checker, {expected} Imported from checker.example"
        dates = [date.get("datetime") for date in entry.iter("time")]
        assert dates == ([published] if published else [])
        assert entry.xpath(".//a[@rel='external']/@href") == ["https://checker.example/1"]


def test_lists_link_no_original_without_a_url(client: Client) -> None:
    import_review(url=None, identifier="17")
    root = lxml.document_fromstring(client.get("/reviews/").content)
    [entry] = root.xpath("//ol[@class='reviews']/li")
    assert "Imported from checker.example" in " ".join(entry.text_content().split())
    assert entry.xpath(".//a[@rel='external']") == []


def test_lists_do_not_mark_our_own_reviews_as_imported(client: Client) -> None:
    publish_review()
    assert b"Imported" not in client.get("/reviews/").content


def test_the_atom_feed_has_only_our_own_reviews(client: Client) -> None:
    ours = publish_review()
    import_review()
    feed = client.get("/reviews.atom").content.decode()
    assert feed.count("<entry>") == 1
    assert page_path(ours) in feed
    assert "Checker" not in feed


def test_the_page_shows_number_date_rating_and_text_of_each_version(client: Client) -> None:
    first = publish_review(
        headline="The first headline", summary="The first summary.", body="Log one."
    )
    second = make.corrected_version(
        first.versions.get(), headline="The second headline", summary="The second summary."
    )
    root = lxml.document_fromstring(client.get(page_path(first)).content)
    items = root.xpath("//section[@aria-labelledby='versions']//ol/li")
    assert [item.get("value") for item in items] == ["2", "1"]
    for item, version in zip(items, (second, first.versions.get(number=1)), strict=True):
        [summary] = item.xpath("./details/summary")
        assert summary.text_content() == "Text of this version"
        text = " ".join(item.text_content().split())
        assert text.startswith(f"Version {version.number}, {version.get_state_display()}: ")
        for label in (version.rating.label, day(version.published_at), version.headline):
            assert label in text
        assert version.summary in text
        assert version.body in text
