"""Every text of a page's markup stands on the page, for who reads and not for programs alone."""

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
from tests.claims.site.test_pages import html_text, imported, markup_in, path

pytestmark = pytest.mark.django_db

# What of the markup is no text of the page, and why.
NOT_SHOWN: Final = {
    "@context": "words of the vocabulary, not of the review",
    "@type": "words of the vocabulary, not of the review",
    "url": "an address: what it names is a link there",
    "sameAs": "addresses, which the speaker's page has",
    "image": "an address: a page loads nothing of another host",
    "license": "an address, of the markup itself",
    "identifier": "a number among those of its publisher",
    "inLanguage": "the language of the texts, which they bear as lang",
    "sdPublisher": "who wrote the markup down, not the review",
}
DATES: Final = {"datePublished", "dateModified"}


def texts(found: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Each text of the markup as a person reads it, with the name of its member."""
    if name in NOT_SHOWN:
        return
    match found:
        case dict():
            for member, value in found.items():
                yield from texts(value, member)
        case list():
            for value in found:
                yield from texts(value, name)
        case _ if name in DATES:
            when = dates.parse_date(found)
            assert when is not None
            yield name, partial_date(when.date)
        case _:
            yield name, " ".join(html.unescape(str(found)).split())


def missing(content: bytes) -> list[tuple[str, str]]:
    shown = html_text(content)
    said = list(texts(markup_in(content)))
    assert len(said) > 5
    return [(name, text) for name, text in said if text not in shown]


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


def test_the_page_of_a_rich_imported_review_says_all_of_its_markup(client: Client) -> None:
    review = imported(**RICH)
    assert missing(client.get(path(review)).content) == []


def test_it_says_it_also_where_the_desk_knows_the_works_by_other_names(client: Client) -> None:
    review = imported(**RICH)
    log = Evidence.objects.get(version__review=review).document
    log.title = "As the desk calls it"
    log.save()
    content = client.get(path(review)).content
    assert missing(content) == []
    for once in ("Ada Quill", "Sailed 08:00", "What the log shows"):
        assert html_text(content).count(once) == 1
    assert log.title not in html_text(content)


def test_it_says_it_also_where_an_editor_found_the_claim_to_be_one_of_ours(client: Client) -> None:
    review = imported(**RICH)
    ours = make.StatementFactory(claim__text="Ferries are late, says the harbour", exact="")
    review.refresh_from_db()
    review.claim = ours.claim
    review.save()
    content = client.get(path(review)).content
    assert missing(content) == []
    text = html_text(content)
    assert ours.claim.text in text
    assert ours.speaker.name in text
    assert ours.document.title in text


def test_the_page_of_a_rich_review_of_our_own_says_all_of_its_markup(client: Client) -> None:
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
    content = client.get(path(review)).content
    markup = markup_in(content)
    assert {"jobTitle", "name"} <= {name for name, _ in texts(markup)}
    assert markup["citation"]["author"]["name"].startswith("Author of")
    assert missing(content) == []


@pytest.mark.parametrize(
    ("added", "times"),
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
def test_evidence_that_says_no_more_than_the_markup_is_shown_once(
    added: dict[str, Any], times: int
) -> None:
    review = Review.objects.for_markup().get(pk=imported(**RICH).pk)
    version = review.public_versions[0]
    said = build_imported_review(load_markup(version.markup)[0], review, version)
    log = Document(url="https://paper.example/log", title="The log")
    item = Evidence(**{"document": log, "stance": "context", **added})
    assert select_additional_evidence([item], said) == [item] * times


def test_markup_that_only_says_where_is_shown_so(client: Client) -> None:
    review = imported(itemReviewed="Jane Roe on TV")
    text = html_text(client.get(path(review)).content)
    assert "Jane Roe on TV" in text
    assert "Nobody is named" not in text


@pytest.mark.parametrize(
    ("rated", "shown"),
    [
        ({"ratingValue": 0, "bestRating": 4, "worstRating": 0}, "0 on a scale from 0 to 4"),
        ({"ratingValue": 2, "bestRating": 4, "worstRating": 0}, "2 on a scale from 0 to 4"),
        ({"ratingValue": 2}, "2 on a scale from 1 to 5"),
    ],
)
def test_an_imported_number_is_shown_with_its_scale(
    client: Client, rated: dict[str, int], shown: str
) -> None:
    review = imported(reviewRating={"@type": "Rating", "alternateName": "No", **rated})
    assert shown in html_text(client.get(path(review)).content)


def test_a_retracted_review_keeps_its_number_and_what_its_publisher_said(client: Client) -> None:
    scale = make.RatingScaleFactory()
    make.RatingFactory(scale=scale, value=5)
    ours = make.retracted_version(rating=make.RatingFactory(scale=scale, value=2)).review
    assert "2 on a scale from 2 to 5" in html_text(client.get(path(ours)).content)
    review = imported(**RICH)
    before = markup_in(client.get(path(review)).content)
    editor = make.UserFactory(role="editor")
    make.move(review.versions.get(), workflow.RETRACT, editor, "It was another ferry.")
    content = client.get(path(review)).content
    assert b"ld+json" not in content
    text = html_text(content)
    assert "It was another ferry." in text
    assert [said for _, said in texts(before) if said not in text] == []


def test_a_second_author_and_a_link_to_the_publisher_stand_beside_the_date(client: Client) -> None:
    ours = publish_review()
    assert f'href="https://{ours.publisher.site}/"' in client.get(path(ours)).content.decode()
    review = imported(**RICH)
    text = html_text(client.get(path(review)).content)
    assert (
        "By Checker, Jane Roe (Reporter), The Checking Foundation, 3 May 2024, changed 7 June 2024"
        in text
    )


def test_an_imported_review_that_changed_says_the_day_that_its_markup_says(client: Client) -> None:
    imported()
    review = imported(dateModified="2024-07-08", datePublished="2024")
    text = html_text(client.get(path(review)).content)
    assert review.versions.count() == 2
    assert "2024, changed 8 July 2024" in text
    again = imported(claimReviewed="Ferries are late", dateModified=None, datePublished="2023")
    assert again == review
    assert "2023, changed" not in html_text(client.get(path(review)).content)
    # When it came here is said of the versions.
    assert "Version 3, Published" in html_text(client.get(path(review)).content)


# --- in lists


@pytest.mark.parametrize(
    ("said", "shown"), [("2020", "2020"), (None, "without a date"), ("2020-05-06", "6 May 2020")]
)
def test_a_list_dates_an_imported_review_as_its_publisher_does(
    client: Client, said: str | None, shown: str
) -> None:
    review = imported(datePublished=said, keywords=["Ports"])
    speaker, topic = review.claim.statements.get().speaker, review.claim.topics.get()
    assert speaker is not None
    for page in ("/reviews/", f"/speakers/{speaker.slug}/", f"/topics/{topic.slug}/"):
        root = lxml.document_fromstring(client.get(page).content)
        [entry] = root.xpath("//ol[@class='reviews']/li")
        text = " ".join(entry.text_content().split())
        assert text == f"Ferries are late False Checker, {shown} Brought in from checker.example"
        dates = [date.get("datetime") for date in entry.iter("time")]
        assert dates == ([said] if said else [])
        assert entry.xpath(".//a[@rel='external']/@href") == ["https://checker.example/1"]


def test_a_list_leads_to_no_original_where_there_is_no_address(client: Client) -> None:
    imported(url=None, identifier="17")
    root = lxml.document_fromstring(client.get("/reviews/").content)
    [entry] = root.xpath("//ol[@class='reviews']/li")
    assert "Brought in from checker.example" in " ".join(entry.text_content().split())
    assert entry.xpath(".//a[@rel='external']") == []


def test_what_was_written_here_is_not_marked_as_brought_in(client: Client) -> None:
    publish_review()
    assert b"Brought in" not in client.get("/reviews/").content


def test_the_atom_feed_has_what_was_written_here_alone(client: Client) -> None:
    ours = publish_review()
    imported()
    feed = client.get("/reviews.atom").content.decode()
    assert feed.count("<entry>") == 1
    assert path(ours) in feed
    assert "Checker" not in feed


# --- versions


def test_each_version_says_its_number_day_rating_and_what_it_said(client: Client) -> None:
    first = publish_review(
        headline="The first headline", summary="The first summary.", body="Log one."
    )
    second = make.corrected_version(
        first.versions.get(), headline="The second headline", summary="The second summary."
    )
    root = lxml.document_fromstring(client.get(path(first)).content)
    items = root.xpath("//section[@aria-labelledby='versions']//ol/li")
    assert [item.get("value") for item in items] == ["2", "1"]
    for item, version in zip(items, (second, first.versions.get(number=1)), strict=True):
        [summary] = item.xpath("./details/summary")
        assert summary.text_content() == "What it said"
        text = " ".join(item.text_content().split())
        assert text.startswith(f"Version {version.number}, {version.get_state_display()}: ")
        for said in (version.rating.label, day(version.published_at), version.headline):
            assert said in text
        assert version.summary in text
        assert version.body in text
