"""Pages and texts say what they are; what they say wrongly is left out and named."""

import datetime
import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimsapi.core.partial_date import PartialDate
from sources.ingest.decoding import Unreadable
from sources.ingest.extraction import extract_html, extract_plain_text

BODY = "<article><h1>Ferries late</h1><p>The harbour ferries were late on nine days.</p></article>"


def page(head: str = "", body: str = BODY, attributes: str = 'lang="en"') -> bytes:
    return (
        f"<!doctype html><html {attributes}><head>{head}</head><body>{body}</body></html>".encode()
    )


def linked(block: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(block)}</script>'


def test_a_page_is_read_with_what_it_states() -> None:
    extract = extract_html(
        page(
            '<title>Ferries late | Post</title><link rel="canonical" '
            'href="HTTPS://WWW.Post.example:443/ferries?utm_source=x&amp;id=7#top">'
            '<meta property="og:title" content="Ferries late">'
            '<meta property="og:site_name" content="Harbour Post">'
            '<meta property="article:published_time" content="2026-10-03T08:30:00+02:00">'
            '<meta name="author" content="Jane Roe">',
            attributes='lang="pt_BR"',
        )
    )
    assert "The harbour ferries were late on nine days." in extract.text
    assert extract.title == "Ferries late"
    assert extract.byline == "Jane Roe"
    assert extract.publisher_name == "Harbour Post"
    assert extract.site == "post.example"
    assert extract.url == "https://www.post.example/ferries?id=7"
    assert extract.language == "pt-BR"
    assert extract.published == PartialDate(datetime.date(2026, 10, 3), "day")
    assert extract.media_type == "text/html"
    assert extract.warnings == ()


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda article: article,
        lambda article: [{"@type": "BreadcrumbList"}, article],
        lambda article: {"@context": "https://schema.org", "@graph": [article]},
        lambda article: {**article, "@type": ["Thing", "http://schema.org/ReportageNewsArticle"]},
        lambda article: {**article, "@type": ["ReportageNewsArticle", "Thing"]},
        lambda article: [{"@type": "WebPage", "author": "Webmaster"}, article],
    ],
)
def test_linked_data_is_found_in_whatever_it_is_wrapped(wrapped: object) -> None:
    article = {
        "@type": "NewsArticle",
        "headline": "Ferries late",
        "datePublished": "2026-10",
        "author": [{"@type": "Person", "name": "Jane Roe"}, "Joe Doe"],
        "publisher": {"name": "Harbour Post"},
    }
    extract = extract_html(page(linked(wrapped(article))))  # type: ignore[operator]
    assert extract.byline == "Jane Roe, Joe Doe"
    assert extract.publisher_name == "Harbour Post"
    assert str(extract.published) == "2026-10"


def test_what_other_articles_on_the_page_state_is_not_the_pages_own() -> None:
    own = {"@type": "NewsArticle", "headline": "Ferries late"}
    other = {"@type": "NewsArticle", "author": "Joe Doe", "datePublished": "2019-01-01"}
    extract = extract_html(page(linked([own, other])))
    assert extract.title == "Ferries late"
    assert (extract.byline, extract.published) == ("", PartialDate.UNKNOWN)


def test_text_that_only_linked_data_holds_is_not_the_pages_text() -> None:
    unseen = {"@type": "NewsArticle", "articleBody": "Nobody can see this on the page. " * 20}
    assert "Nobody can see" not in extract_html(page(linked(unseen))).text


@pytest.mark.parametrize(
    "head",
    [
        '<link rel="Canonical nofollow" href="https://post.example/ferries">',
        '<link rel="canonical" href=""><meta name="OG:URL" content="https://post.example/ferries">',
        linked({"@type": "NewsArticle", "url": "https://post.example/ferries"}),
    ],
)
def test_a_canonical_url_is_read_wherever_it_is_stated(head: str) -> None:
    extract = extract_html(page(head))
    assert (extract.url, extract.warnings) == ("https://post.example/ferries", ())


@pytest.mark.parametrize(
    ("head", "body", "stated"),
    [
        ('<meta name="DC.Date" content="2024-05">', "", "2024-05"),
        ('<meta itemprop="datePublished" content="2024">', "", "2024"),
        ("", '<time itemprop="datePublished" datetime="2024-05-06">May</time>', "2024-05-06"),
        ("", '<time datetime="2024-05-06">the day of the storm</time>', ""),
        ('<meta name="date" content="">', "", ""),
        ('<meta name="date" content="2024-05-06T23:30:00-05:00">', "", "2024-05-06"),
    ],
)
def test_a_date_is_as_precise_as_it_is_stated(head: str, body: str, stated: str) -> None:
    extract = extract_html(page(head, BODY + body))
    assert (str(extract.published), extract.warnings) == (stated, ())


@pytest.mark.parametrize(
    ("attributes", "language"),
    [
        ('lang="pt_br"', "pt-BR"),
        ('lang="ZH-hant-tw"', "zh-Hant-TW"),
        ('xml:lang="fr"', "fr"),
        ('lang=""', ""),
    ],
)
def test_a_language_tag_has_its_customary_case(attributes: str, language: str) -> None:
    extract = extract_html(page(attributes=attributes))
    assert (extract.language, extract.warnings) == (language, ())


def test_all_stated_authors_are_in_the_byline_once() -> None:
    head = "".join(f'<meta name="Author" content="{n}">' for n in ("Ann", "Bob", "Ann"))
    assert extract_html(page(head)).byline == "Ann, Bob"


def test_nothing_is_guessed_from_the_text_or_the_address() -> None:
    body = BODY + "<p>© 2019 Harbour Post. Published on 3 October 2026, they say.</p>"
    canonical = '<link rel="canonical" href="https://post.example/2026/10/03/ferries">'
    extract = extract_html(page(canonical, body, attributes=""))
    assert extract.published == PartialDate.UNKNOWN
    assert (extract.byline, extract.publisher_name, extract.language) == ("", "", "")


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ('<meta property="article:published_time" content="2025-02-30">', "2025-02-30"),
        ('<link rel="canonical" href="javascript:alert(1)">', "canonical"),
        ('<meta property="article:published_time" content="2024-W05">', "2024-W05"),
        ('<link rel="canonical" href="/relative">', "canonical"),
        ('<link rel="canonical" href="http://localhost/ferries">', "localhost"),
        ('<script type="application/ld+json">{"a": </script>', "JSON-LD"),
        ('<script type="application/ld+json">' + "[" * 100_000 + "</script>", "JSON-LD"),
        (
            linked({"@type": "Article", "url": "https://post.example/", "x": "x" * 200_000}),
            "more than",
        ),
    ],
)
def test_what_is_stated_wrongly_is_left_out_and_named(head: str, told: str) -> None:
    extract = extract_html(page(head))
    assert extract.url is None
    assert extract.published == PartialDate.UNKNOWN
    assert len(extract.warnings) == 1
    assert told in extract.warnings[0]


def test_a_title_is_one_printable_line_in_normal_form() -> None:
    head = "<title>Fe\u0301rries\n\t&#x202E;late&#x2066; &#xD800;&#7;</title>"
    title = extract_html(page(head, "<p>The harbour ferries were late on nine days.</p>")).title
    assert title.startswith("F\u00e9rries late")
    assert not set(title) & set("\n\t\u202e\u2066\x07\ud800")


def test_bidirectional_controls_leave_no_gap_in_a_word() -> None:
    assert extract_html(page("<title>(\u2066COVID\u2069-19)</title>")).title == "(COVID-19)"


@pytest.mark.parametrize(
    "content",
    [
        page(body=""),
        page(body="<script>var text = 'The harbour ferries were late.';</script>"),
        b"<html>",
        b"<!-- nothing -->",
    ],
)
def test_a_page_without_text_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        extract_html(content)


@pytest.mark.parametrize(
    "content",
    [
        page(body="<div>" * 100_000 + "x"),
        page(body=f'<p title="{"x" * 1_000_000}">The harbour ferries were late.</p>'),
        page(linked({"@type": "Article", "author": [[[{"name": 7}]]], "publisher": None})),
        page(linked([1, None, "x", {"@type": None}, {"@type": 7}])),
    ],
)
def test_a_hostile_page_is_read_or_refused(content: bytes) -> None:
    with suppress(Unreadable):
        assert extract_html(content).text


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_whatever_is_in_a_page_there_is_a_text_or_a_sentence(content: bytes) -> None:
    with suppress(Unreadable):
        extract_html(b"<html><body><p>" + content).text.encode()


def test_plain_text_has_its_first_line_for_a_title() -> None:
    extract = extract_plain_text(b"\n  Ferries late \r\n\r\nThey were.", name="x.txt")
    assert extract.title == "Ferries late"
    assert extract.text == "\n  Ferries late \r\n\r\nThey were."
    assert extract_plain_text(b"word " * 100, name="notes.txt").title == "notes.txt"
