"""Public pages are in the reader's language; feeds and markup are the same in every language."""

import re
from typing import Any

import polib
import pytest
from django.conf import LazySettings
from django.conf import settings as configured
from django.test import Client
from lxml import html

from tests import factories as make
from tests.claims.exchange.claimreview.reviews import LINKED_DATA, publish_review
from tests.claims.site.pages import import_review, page_path, read_markup, visible_text

pytestmark = pytest.mark.django_db

GERMAN: Any = {"HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.9,en;q=0.5"}
ENGLISH: Any = {"HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.9,de;q=0.5"}


def page_language(client: Client, page: str, **headers: Any) -> str:
    """Return the language that a page declares, the same in its header and its content."""
    response = client.get(page, **headers)
    root = html.document_fromstring(response.content)
    assert response["Content-Language"] == root.get("lang")
    assert root.get("dir") == "ltr"
    return str(root.get("lang"))


def page_paths() -> list[str]:
    review = publish_review(
        headline="Ferries",
        summary="They were late.",
        review__claim__language="en",
        review__claim__text="The ferry is late",
    )
    make.corrected_version(review.versions.get(), summary="They were not late.")
    retracted = make.retracted_version()
    speaker = review.claim.statements.first().speaker
    return [
        *("/reviews/", "/reviews/?q=zebra", f"/reviews/?q={'x' * 301}", "/topics/ports/"),
        *(page_path(review), page_path(review) + "card/", page_path(import_review())),
        *(
            page_path(retracted.review),
            page_path(retracted.review) + "card/",
            f"/speakers/{speaker.slug}/",
        ),
    ]


def test_pages_are_in_the_language_of_the_browser(client: Client) -> None:
    for page in page_paths():
        assert page_language(client, page) == "en", page
        assert page_language(client, page, **GERMAN) == "de", page
        assert page_language(client, page, **ENGLISH) == "en", page
    assert page_language(client, "/reviews/", HTTP_ACCEPT_LANGUAGE="fr, it;q=0.5") == "en"
    assert page_language(client, "/reviews/", HTTP_ACCEPT_LANGUAGE="*, de;q=0.5") == "en"
    assert page_language(client, "/reviews/", HTTP_ACCEPT_LANGUAGE=";;q=x,\u00e4") == "en"


def test_german_pages_have_no_english_labels(client: Client) -> None:
    catalogue = polib.pofile(
        str(configured.BASE_DIR / "claimsapi" / "locale" / "de" / "LC_MESSAGES" / "django.po")
    )
    english = {e.msgid.rstrip(":") for e in catalogue if e.msgstr not in {e.msgid, ""}}
    # Short words, such as "in", also occur in German texts.
    english = {words for words in english if len(words) > 5}
    for page in page_paths():
        root = html.document_fromstring(client.get(page, **GERMAN).content)
        texts = {" ".join(text.split()).rstrip(":") for text in root.itertext()}
        assert texts & english == set(), page


def test_a_review_page_has_german_labels_and_dates(client: Client) -> None:
    version = make.corrected_version()
    text = visible_text(client.get(page_path(version.review), **GERMAN).content)
    for label in ("Urteil", "Belege", "Korrekturen", "Fassungen", "Ersetzt:"):
        assert label in text
    assert re.search(r"\d\. (November|Dezember|\w+) \d{4}", text)


def test_texts_of_people_are_marked_with_their_own_language(client: Client) -> None:
    review = publish_review(
        headline="Une tête", summary="Le bac est à l'heure.", review__claim__language="fr"
    )
    for headers, own in ((GERMAN, "de"), (ENGLISH, "en")):
        for page in (page_path(review), page_path(review) + "card/", "/reviews/"):
            root = html.document_fromstring(client.get(page, **headers).content)
            [claim] = [e for e in root.iter("h1", "bdi") if review.claim.text in e.text_content()]
            assert claim.get("lang") == "fr", page
            [rating] = root.xpath("//*[contains(@class, 'rating')]/bdi")
            assert rating.get("lang") == "fr", page
        root = html.document_fromstring(client.get(page_path(review), **headers).content)
        assert [label.get("lang") for label in root.xpath("//h1/span")] == [own]
        [summary] = root.xpath("//div[contains(., 'Le bac')]")
        assert summary.get("lang") == "fr"


def test_a_text_of_unknown_language_is_not_marked_with_the_readers(
    client: Client,
) -> None:
    review = publish_review(review__claim__language="")
    root = html.document_fromstring(client.get(page_path(review), **GERMAN).content)
    [claim] = root.iter("h1")
    assert claim.get("lang") == ""


@pytest.mark.parametrize("headers", [GERMAN, ENGLISH, {}])
def test_responses_vary_by_language_and_must_be_revalidated(
    client: Client, settings: LazySettings, headers: Any
) -> None:
    settings.API_CACHE_CONTROL = "public, max-age=0, must-revalidate, s-maxage=60"
    review = publish_review()
    for page in ("/reviews/", page_path(review), page_path(review) + "card/"):
        response = client.get(page, **headers)
        assert "Accept-Language" in response["Vary"], page
        assert response["Cache-Control"] == "public, no-cache", page


def test_a_cached_german_page_is_not_confirmed_to_an_english_reader(client: Client) -> None:
    """The request of a cache that ignores ``Vary`` and stores one response for all."""
    page = page_path(publish_review())
    german = client.get(page, **GERMAN)
    again = client.get(page, **GERMAN, HTTP_IF_NONE_MATCH=german["ETag"])
    assert again.status_code == 304
    assert "Accept-Language" in again["Vary"]
    other = client.get(page, **ENGLISH, HTTP_IF_NONE_MATCH=german["ETag"])
    assert other.status_code == 200
    assert b'<html lang="en"' in other.content


def test_a_cookie_does_not_choose_the_language(client: Client) -> None:
    """Responses depend only on headers that ``Vary`` names."""
    client.cookies[configured.LANGUAGE_COOKIE_NAME] = "de"
    assert page_language(client, "/reviews/", **ENGLISH) == "en"


def test_feeds_and_markup_are_the_same_in_every_language(
    client: Client, settings: LazySettings
) -> None:
    settings.API_CACHE_CONTROL = "public, max-age=0, must-revalidate, s-maxage=60"
    review = publish_review()
    page = page_path(review)
    for url in (
        *("/reviews.atom", "/robots.txt", "/sitemap.xml", "/sitemap-1.xml"),
        f"/oembed/?url={settings.SITE_URL}{page}",
    ):
        plain = client.get(url)
        german = client.get(url, **GERMAN)
        assert german.content == plain.content, url
        assert "Accept-Language" not in german.get("Vary", ""), url
        assert german["Cache-Control"] == settings.API_CACHE_CONTROL, url
    markup = client.get(f"/api/v1/reviews/{review.public_id}/", **LINKED_DATA).json()
    assert read_markup(client.get(page, **GERMAN).content) == markup
    assert read_markup(client.get(page, **ENGLISH).content) == markup


def test_a_german_page_does_not_change_the_language_of_later_responses(client: Client) -> None:
    client.get("/reviews/", **GERMAN)
    assert b"Fact checks" in client.get("/reviews.atom").content
    assert client.get("/reviews/none/", **GERMAN).status_code == 404
    assert client.get("/api/v1/claims/?nonsense=1").content.count(b"nonsense")
