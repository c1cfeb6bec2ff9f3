"""Extraction reads texts and metadata of files, and reports malformed metadata."""

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


def linked_data(block: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(block)}</script>'


def test_a_page_has_text_and_metadata() -> None:
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
    "wrap",
    [
        lambda article: article,
        lambda article: [{"@type": "BreadcrumbList"}, article],
        lambda article: {"@context": "https://schema.org", "@graph": [article]},
        lambda article: {**article, "@type": ["Thing", "http://schema.org/ReportageNewsArticle"]},
        lambda article: {**article, "@type": ["ReportageNewsArticle", "Thing"]},
        lambda article: [{"@type": "WebPage", "author": "Webmaster"}, article],
    ],
)
def test_an_article_in_linked_data_counts_inside_lists_and_graphs(wrap: object) -> None:
    article = {
        "@type": "NewsArticle",
        "headline": "Ferries late",
        "datePublished": "2026-10",
        "author": [{"@type": "Person", "name": "Jane Roe"}, "Joe Doe"],
        "publisher": {"name": "Harbour Post"},
    }
    extract = extract_html(page(linked_data(wrap(article))))  # type: ignore[operator]
    assert extract.byline == "Jane Roe, Joe Doe"
    assert extract.publisher_name == "Harbour Post"
    assert str(extract.published) == "2026-10"


def test_metadata_of_other_articles_in_the_page_do_not_count() -> None:
    own = {"@type": "NewsArticle", "headline": "Ferries late"}
    other = {"@type": "NewsArticle", "author": "Joe Doe", "datePublished": "2019-01-01"}
    extract = extract_html(page(linked_data([own, other])))
    assert extract.title == "Ferries late"
    assert (extract.byline, extract.published) == ("", PartialDate.UNKNOWN)


def test_text_in_linked_data_is_not_part_of_the_text() -> None:
    article = {"@type": "NewsArticle", "articleBody": "Nobody can see this on the page. " * 20}
    assert "Nobody can see" not in extract_html(page(linked_data(article))).text


@pytest.mark.parametrize(
    "head",
    [
        '<link rel="Canonical nofollow" href="https://post.example/ferries">',
        '<link rel="canonical" href=""><meta name="OG:URL" content="https://post.example/ferries">',
        linked_data({"@type": "NewsArticle", "url": "https://post.example/ferries"}),
    ],
)
def test_the_canonical_url_comes_from_links_metadata_or_linked_data(head: str) -> None:
    extract = extract_html(page(head))
    assert (extract.url, extract.warnings) == ("https://post.example/ferries", ())


@pytest.mark.parametrize(
    ("head", "body", "date"),
    [
        ('<meta name="DC.Date" content="2024-05">', "", "2024-05"),
        ('<meta itemprop="datePublished" content="2024">', "", "2024"),
        ("", '<time itemprop="datePublished" datetime="2024-05-06">May</time>', "2024-05-06"),
        ("", '<time datetime="2024-05-06">the day of the storm</time>', ""),
        ('<meta name="date" content="">', "", ""),
        ('<meta name="date" content="2024-05-06T23:30:00-05:00">', "", "2024-05-06"),
    ],
)
def test_a_date_keeps_its_precision(head: str, body: str, date: str) -> None:
    extract = extract_html(page(head, BODY + body))
    assert (str(extract.published), extract.warnings) == (date, ())


@pytest.mark.parametrize(
    ("attributes", "language"),
    [
        ('lang="pt_br"', "pt-BR"),
        ('lang="ZH-hant-tw"', "zh-Hant-TW"),
        ('xml:lang="fr"', "fr"),
        ('lang=""', ""),
    ],
)
def test_a_language_tag_has_conventional_case(attributes: str, language: str) -> None:
    extract = extract_html(page(attributes=attributes))
    assert (extract.language, extract.warnings) == (language, ())


def test_each_author_is_in_the_byline_once() -> None:
    head = "".join(f'<meta name="Author" content="{n}">' for n in ("Ann", "Bob", "Ann"))
    assert extract_html(page(head)).byline == "Ann, Bob"


def test_no_metadata_are_guessed_from_the_text_or_the_url() -> None:
    body = BODY + "<p>© 2019 Harbour Post. Published on 3 October 2026, they say.</p>"
    canonical = '<link rel="canonical" href="https://post.example/2026/10/03/ferries">'
    extract = extract_html(page(canonical, body, attributes=""))
    assert extract.published == PartialDate.UNKNOWN
    assert (extract.byline, extract.publisher_name, extract.language) == ("", "", "")


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ('<meta property="article:published_time" content="2025-02-30">', "2025-02-30"),
        ('<link rel="canonical" href="javascript:alert(1)">', "canonical"),
        ('<meta property="article:published_time" content="2024-W05">', "2024-W05"),
        ('<link rel="canonical" href="/relative">', "canonical"),
        ('<link rel="canonical" href="http://localhost/ferries">', "localhost"),
        ('<script type="application/ld+json">{"a": </script>', "JSON-LD"),
        ('<script type="application/ld+json">' + "[" * 100_000 + "</script>", "JSON-LD"),
        (
            linked_data({"@type": "Article", "url": "https://post.example/", "x": "x" * 200_000}),
            "more than",
        ),
    ],
)
def test_malformed_metadata_are_omitted_with_a_warning(head: str, message: str) -> None:
    extract = extract_html(page(head))
    assert extract.url is None
    assert extract.published == PartialDate.UNKNOWN
    assert len(extract.warnings) == 1
    assert message in extract.warnings[0]


def test_a_title_is_one_printable_line_in_normalization_form_c() -> None:
    head = "<title>Fe\u0301rries\n\t&#x202E;late&#x2066; &#xD800;&#7;</title>"
    title = extract_html(page(head, "<p>The harbour ferries were late on nine days.</p>")).title
    assert title.startswith("F\u00e9rries late")
    assert not set(title) & set("\n\t\u202e\u2066\x07\ud800")


def test_a_bidirectional_control_leaves_no_gap_in_a_word() -> None:
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
def test_a_page_without_text_is_an_error(content: bytes) -> None:
    with pytest.raises(Unreadable):
        extract_html(content)


@pytest.mark.parametrize(
    "content",
    [
        page(body="<div>" * 100_000 + "x"),
        page(body=f'<p title="{"x" * 1_000_000}">The harbour ferries were late.</p>'),
        page(linked_data({"@type": "Article", "author": [[[{"name": 7}]]], "publisher": None})),
        page(linked_data([1, None, "x", {"@type": None}, {"@type": 7}])),
    ],
)
def test_a_hostile_page_gives_a_text_or_an_error(content: bytes) -> None:
    with suppress(Unreadable):
        assert extract_html(content).text


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_bytes_in_a_page_give_a_text_or_an_error(content: bytes) -> None:
    with suppress(Unreadable):
        extract_html(b"<html><body><p>" + content).text.encode()


def test_the_title_of_plain_text_is_its_first_line() -> None:
    extract = extract_plain_text(b"\n  Ferries late \r\n\r\nThey were.", name="x.txt")
    assert extract.title == "Ferries late"
    assert extract.text == "\n  Ferries late \r\n\r\nThey were."
    assert extract_plain_text(b"word " * 100, name="notes.txt").title == "notes.txt"
