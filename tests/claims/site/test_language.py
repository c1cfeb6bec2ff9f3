"""The public pages speak the reader's language; what others read of them is the same for all."""

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
from tests.claims.site.test_pages import html_text, imported, markup_in, path

pytestmark = pytest.mark.django_db

GERMAN: Any = {"HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.9,en;q=0.5"}
ENGLISH: Any = {"HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.9,de;q=0.5"}


def spoken(client: Client, page: str, **headers: Any) -> str:
    """The language that a page says it is in."""
    response = client.get(page, **headers)
    root = html.document_fromstring(response.content)
    assert response["Content-Language"] == root.get("lang")
    assert root.get("dir") == "ltr"
    return str(root.get("lang"))


def pages_of_all_kinds() -> list[str]:
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
        *(path(review), path(review) + "card/", path(imported())),
        *(path(retracted.review), path(retracted.review) + "card/", f"/speakers/{speaker.slug}/"),
    ]


def test_a_page_speaks_the_language_of_the_browser(client: Client) -> None:
    for page in pages_of_all_kinds():
        assert spoken(client, page) == "en", page
        assert spoken(client, page, **GERMAN) == "de", page
        assert spoken(client, page, **ENGLISH) == "en", page
    assert spoken(client, "/reviews/", HTTP_ACCEPT_LANGUAGE="fr, it;q=0.5") == "en"
    assert spoken(client, "/reviews/", HTTP_ACCEPT_LANGUAGE="*, de;q=0.5") == "en"
    assert spoken(client, "/reviews/", HTTP_ACCEPT_LANGUAGE=";;q=x,\u00e4") == "en"


def test_a_page_in_german_has_no_english_of_ours(client: Client) -> None:
    catalogue = polib.pofile(
        str(configured.BASE_DIR / "claimsapi" / "locale" / "de" / "LC_MESSAGES" / "django.po")
    )
    english = {e.msgid.rstrip(":") for e in catalogue if e.msgstr not in {e.msgid, ""}}
    english = {words for words in english if len(words) > 5}
    for page in pages_of_all_kinds():
        root = html.document_fromstring(client.get(page, **GERMAN).content)
        texts = {" ".join(text.split()).rstrip(":") for text in root.itertext()}
        assert texts & english == set(), page


def test_a_review_is_told_in_german(client: Client) -> None:
    version = make.corrected_version()
    text = html_text(client.get(path(version.review), **GERMAN).content)
    for said in ("Was die Prüfung ergab", "Belege", "Korrekturen", "Fassungen", "Abgelöst:"):
        assert said in text
    assert re.search(r"\d\. (November|Dezember|\w+) \d{4}", text)


def test_what_people_wrote_keeps_its_own_language(client: Client) -> None:
    review = publish_review(
        headline="Une tête", summary="Le bac est à l'heure.", review__claim__language="fr"
    )
    for headers, own in ((GERMAN, "de"), (ENGLISH, "en")):
        for page in (path(review), path(review) + "card/", "/reviews/"):
            root = html.document_fromstring(client.get(page, **headers).content)
            [claim] = [e for e in root.iter("h1", "bdi") if review.claim.text in e.text_content()]
            assert claim.get("lang") == "fr", page
            [rating] = root.xpath("//*[contains(@class, 'rating')]/bdi")
            assert rating.get("lang") == "fr", page
        root = html.document_fromstring(client.get(path(review), **headers).content)
        assert [label.get("lang") for label in root.xpath("//h1/span")] == [own]
        [summary] = root.xpath("//div[contains(., 'Le bac')]")
        assert summary.get("lang") == "fr"


def test_a_text_whose_language_is_not_known_is_not_said_to_be_in_the_readers(
    client: Client,
) -> None:
    review = publish_review(review__claim__language="")
    root = html.document_fromstring(client.get(path(review), **GERMAN).content)
    [claim] = root.iter("h1")
    assert claim.get("lang") == ""


@pytest.mark.parametrize("asked", [GERMAN, ENGLISH, {}])
def test_a_cache_is_told_that_languages_differ_and_asks_each_time(
    client: Client, settings: LazySettings, asked: Any
) -> None:
    settings.API_CACHE_CONTROL = "public, max-age=0, must-revalidate, s-maxage=60"
    review = publish_review()
    for page in ("/reviews/", path(review), path(review) + "card/"):
        response = client.get(page, **asked)
        assert "Accept-Language" in response["Vary"], page
        assert response["Cache-Control"] == "public, no-cache", page


def test_a_kept_page_in_german_is_not_confirmed_to_who_reads_english(client: Client) -> None:
    """As a cache would ask that keeps one answer for all and takes no notice of ``Vary``."""
    page = path(publish_review())
    kept = client.get(page, **GERMAN)
    again = client.get(page, **GERMAN, HTTP_IF_NONE_MATCH=kept["ETag"])
    assert again.status_code == 304
    assert "Accept-Language" in again["Vary"]
    other = client.get(page, **ENGLISH, HTTP_IF_NONE_MATCH=kept["ETag"])
    assert other.status_code == 200
    assert b'<html lang="en"' in other.content


def test_a_cookie_does_not_choose_the_language(client: Client) -> None:
    """What ``Vary`` does not name, no answer depends on."""
    client.cookies[configured.LANGUAGE_COOKIE_NAME] = "de"
    assert spoken(client, "/reviews/", **ENGLISH) == "en"


def test_what_programs_read_is_the_same_for_all(client: Client, settings: LazySettings) -> None:
    settings.API_CACHE_CONTROL = "public, max-age=0, must-revalidate, s-maxage=60"
    review = publish_review()
    page = path(review)
    for address in (
        *("/reviews.atom", "/robots.txt", "/sitemap.xml", "/sitemap-1.xml"),
        f"/oembed/?url={settings.SITE_URL}{page}",
    ):
        plain = client.get(address)
        asked = client.get(address, **GERMAN)
        assert asked.content == plain.content, address
        assert "Accept-Language" not in asked.get("Vary", ""), address
        assert asked["Cache-Control"] == settings.API_CACHE_CONTROL, address
    given = client.get(f"/api/v1/reviews/{review.public_id}/", **LINKED_DATA).json()
    assert markup_in(client.get(page, **GERMAN).content) == given
    assert markup_in(client.get(page, **ENGLISH).content) == given


def test_a_page_in_german_leaves_the_next_answer_in_english(client: Client) -> None:
    client.get("/reviews/", **GERMAN)
    assert b"Fact checks" in client.get("/reviews.atom").content
    assert client.get("/reviews/none/", **GERMAN).status_code == 404
    assert client.get("/api/v1/claims/?nonsense=1").content.count(b"nonsense")
