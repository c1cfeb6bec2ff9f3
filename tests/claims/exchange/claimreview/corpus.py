"""Corpus of malformed and hostile files, with the expected outcome of each object.

A case has a name, the content of a file, and for each object in it either values of the parsed
review or a part of the reason for its rejection. ``BROKEN`` means that the whole file is rejected.
"""

import io
import json
from dataclasses import dataclass
from typing import Any, Final

from claims.exchange.claimreview.extractor import extract_items
from claims.exchange.importing.rows import Row, read_rows

BROKEN: Final = "the file is rejected"

PLAIN: Final[dict[str, Any]] = {
    "@context": "https://schema.org",
    "@type": "ClaimReview",
    "url": "https://checker.example/1",
    "claimReviewed": "Ferries are late",
    "datePublished": "2024-05-03",
    "author": {"@type": "Organization", "name": "Checker", "url": "https://checker.example/"},
    "reviewRating": {
        "@type": "Rating",
        "ratingValue": 1,
        "bestRating": 5,
        "worstRating": 1,
        "alternateName": "False",
    },
    "itemReviewed": {"@type": "Claim", "author": {"@type": "Person", "name": "Ada Quill"}},
}


def plain(**changes: Any) -> dict[str, Any]:
    """Return the plain review with other properties; ``None`` removes one."""
    changed = {name.replace("AT_", "@"): value for name, value in changes.items()}
    return {k: v for k, v in {**PLAIN, **changed}.items() if v is not None}


def rated(**members: Any) -> dict[str, Any]:
    return plain(reviewRating={"@type": "Rating", "alternateName": "False", **members})


def item(**members: Any) -> dict[str, Any]:
    return plain(itemReviewed={"@type": "Claim", **members})


def page(*scripts: str, head: str = "") -> str:
    """Return a saved page with JSON-LD scripts."""
    body = "".join(f'<script type="application/ld+json">{script}</script>' for script in scripts)
    return f"<!doctype html><html><head>{head}</head><body>{body}<p>Text</p></body></html>"


def read_file(content: bytes) -> list[Row]:
    """Return the rows of a file."""
    return list(read_rows(extract_items(io.BytesIO(content))))


@dataclass(frozen=True)
class Case:
    name: str
    content: Any
    outcomes: Any

    @property
    def file(self) -> bytes:
        if isinstance(self.content, bytes):
            return self.content
        text = self.content if isinstance(self.content, str) else json.dumps(self.content)
        return text.encode()


GOOD: Final[dict[str, Any]] = {"claim": "Ferries are late", "label": "False"}
RLO: Final = "\u202e"

CASES: Final = [
    # --- objects in a file
    Case("an object", PLAIN, [GOOD]),
    Case("a list", [PLAIN, plain(url="https://checker.example/2")], [GOOD, GOOD]),
    Case("a list in a list", [[PLAIN]], [GOOD]),
    Case("a graph with other things", {"@graph": [{"@type": "WebPage"}, PLAIN]}, [GOOD]),
    Case("an empty graph", {"@graph": []}, []),
    Case("an empty feed", {"@type": "DataFeed", "dataFeedElement": []}, []),
    Case(
        "a feed",
        {"@type": "DataFeed", "dataFeedElement": [{"@type": "DataFeedItem", "item": [PLAIN]}]},
        [GOOD],
    ),
    Case(
        "an item whose review has no URL",
        {
            "dataFeedElement": [
                {"url": "https://checker.example/9", "item": [plain(url=None)]},
            ]
        },
        [{"identifier": "https://checker.example/9"}],
    ),
    Case(
        "an empty item",
        {"dataFeedElement": [{"@type": "DataFeedItem", "item": None}, {"item": []}]},
        [],
    ),
    Case("something else", {"@type": "NewsArticle", "headline": "x"}, ["type is NewsArticle"]),
    Case("type is missing", {"claimReviewed": "x"}, ["type is missing"]),
    Case("a text", '"ClaimReview"', ["not a JSON object"]),
    Case("a number", "17", ["not a JSON object"]),
    Case("null", "null", ["not a JSON object"]),
    Case("an object on each line", f"{json.dumps(PLAIN)}\n\n{json.dumps(PLAIN)}\n", [GOOD, GOOD]),
    Case("a broken line among lines", f'{json.dumps(PLAIN)}\n{{"a": \n', [GOOD, "Line 2"]),
    Case("nothing", "", BROKEN),
    Case("spaces", " \n\t ", BROKEN),
    Case("no JSON", "claimReviewed: Ferries", BROKEN),
    Case("half an object", json.dumps(PLAIN)[:-20], BROKEN),
    Case("other bytes than UTF-8", json.dumps(PLAIN).encode() + b"\xff\xfe", BROKEN),
    Case("UTF-16 with its mark", json.dumps(PLAIN).encode("utf-16"), [GOOD]),
    Case("UTF-8 with its mark", b"\xef\xbb\xbf" + json.dumps(PLAIN).encode(), [GOOD]),
    Case("NUL bytes", b"\0" * 100, BROKEN),
    Case("nested too deep", "[" * 100_000 + "]" * 100_000, BROKEN),
    Case("nested deep, and closed", [[[[[[[[[[[[[[[PLAIN]]]]]]]]]]]]]]], ["nested too deep"]),
    # --- saved pages
    Case("a page", page(json.dumps(PLAIN)), [GOOD]),
    Case("a page with a comment and a trailing comma", page("/* x */ [1,]"), []),
    Case(
        "a script with comments and a trailing comma",
        page("<!--\n/* a */" + json.dumps(PLAIN)[:-1] + ", }\n-->// end\n"),
        [GOOD],
    ),
    Case("CDATA around it", page("//<![CDATA[\n" + json.dumps(PLAIN) + "\n//]]>"), [GOOD]),
    Case(
        "a line break within a text",
        page(json.dumps(PLAIN).replace("are late", "are\nlate")),
        [GOOD],
    ),
    Case(
        "a broken script beside a good one",
        page('{"@type": "ClaimReview", "url": ', json.dumps(PLAIN)),
        ["not JSON", GOOD],
    ),
    Case("a page without a script", "<html><body>Ferries</body></html>", BROKEN),
    Case("a page with another thing", page('{"@type":"WebPage"}'), []),
    Case(
        "a review with a relative URL",
        page(
            json.dumps(plain(url="/2024/x")),
            head='<link rel="canonical" href="https://checker.example/base">',
        ),
        [{"identifier": "https://checker.example/2024/x"}],
    ),
    Case(
        "a review without URL on a page with one",
        page(
            json.dumps(plain(url=None)),
            head='<link rel="canonical" href="https://checker.example/base">',
        ),
        [{"identifier": "https://checker.example/base"}],
    ),
    # --- types, addresses and names
    Case(
        "http, and a list of types", plain(AT_type=["http://schema.org/ClaimReview", "x"]), [GOOD]
    ),
    Case("a prefixed type", plain(AT_type="schema:ClaimReview"), [GOOD]),
    Case("no URL", plain(url=None), ["url:"]),
    Case("an invalid URL", plain(url="not a url"), ["url:"]),
    Case("a script as URL", plain(url="javascript:alert(1)"), ["url:"]),
    Case("a file as URL", plain(url="file:///etc/passwd"), ["url:"]),
    Case("an endless URL", plain(url="https://checker.example/" + "a" * 5000), ["url:"]),
    Case(
        "a URL with tracking parameters",
        plain(url="https://CHECKER.example:443/1?utm_source=x"),
        [{"identifier": "https://checker.example/1"}],
    ),
    Case(
        "a URL without its scheme",
        plain(url="www.checker.example/1"),
        [{"identifier": "https://www.checker.example/1", "site": "checker.example"}],
    ),
    Case("an author as text", plain(author="Checker"), [{"publisher": "Checker"}]),
    Case("no author", plain(author=None), [{"publisher": "checker.example"}]),
    Case(
        "a journalist and a publisher",
        plain(
            author={"@type": "Person", "name": "Jo Roe"},
            publisher={"@type": "Organization", "name": "House"},
        ),
        [{"publisher": "House"}],
    ),
    Case("authors in a list", plain(author=["House", {"name": "x"}]), [{"publisher": "House"}]),
    Case(
        "a host without a name",
        plain(url="http://localhost/1", author="x"),
        ["the publisher's site is missing"],
    ),
    # --- the claim
    Case("no claim", plain(claimReviewed=None), ["claimReviewed:"]),
    Case("an empty claim", plain(claimReviewed=" \u200b\n "[0]), ["claimReviewed:"]),
    Case("a claim that is a number", plain(claimReviewed=17), [{"claim": "17"}]),
    Case("a claim that is true", plain(claimReviewed=True), ["claimReviewed:"]),
    Case("a claim that is an object", plain(claimReviewed={"a": 1}), ["claimReviewed:"]),
    Case("a claim with its language", plain(claimReviewed={"@value": "Ferries are late"}), [GOOD]),
    Case("a huge claim", plain(claimReviewed="a" * 100_000), ["1,000"]),
    Case(
        "entities",
        plain(claimReviewed="A &amp; B &quot;C&quot; &#8211;"),
        [{"claim": 'A & B "C" –'}],
    ),
    Case(
        "an entity with too many digits",
        plain(
            claimReviewed=f"Ferries &#{'1' * 5000};", license=f"https://a.example/&#{'1' * 5000};"
        ),
        [{"claim": "Ferries \ufffd"}],
    ),
    Case(
        "a URL whose parameters look like entities",
        plain(url="https://checker.example/1?id=5&section=3&region=eu&copy=2"),
        [{"identifier": "https://checker.example/1?id=5&section=3&region=eu&copy=2"}],
    ),
    Case(
        "a URL that was escaped for HTML twice",
        plain(url="https://checker.example/1?id=5&amp;amp;section=3&#038;lt=1"),
        [{"identifier": "https://checker.example/1?id=5&section=3&lt=1"}],
    ),
    Case("another script as URL", plain(url="javascript:alert(1)"), ["not a web address"]),
    Case("a property with an unprintable name", plain(**{"\ud800x": 1}), [GOOD]),
    Case(
        "a label in place of the number",
        plain(reviewRating={"@type": "Rating", "ratingValue": "Half true"}),
        [{"label": "Half true"}],
    ),
    Case(
        "a script escaped for HTML",
        page(json.dumps(PLAIN).replace('"', "&quot;")),
        [GOOD],
    ),
    Case(
        "texts with HTML tags",
        plain(
            claimReviewed="<p>Ferries <b class='x'>are</b> late</p>",
            reviewBody='<div><p>See <a href="https://a.example/?b=1" target=_blank>the log</a>.</p>'
            "<ul><li>One</li><li>Two<br/>lines</li></ul></div>",
        ),
        [{"claim": "Ferries are late", "body": "See the log.\n\nOne\nTwo\nlines"}],
    ),
    Case(
        "angle brackets without tags, and escaped tags",
        plain(claimReviewed="1 < 2 and a <b and c> d; write &lt;b&gt; for bold"),
        [{"claim": "1 < 2 and a <b and c> d; write <b> for bold"}],
    ),
    Case(
        "a text that would end a script",
        plain(claimReviewed="</script><script>alert(1)</script><!--"),
        [{"claim": "</script><script>alert(1)</script><!--"}],
    ),
    Case("bidi controls", plain(claimReviewed=f"Ferries {RLO}are late"), [GOOD]),
    Case("a lone surrogate", json.dumps(plain(claimReviewed="Ferries \ud800are late")), [GOOD]),
    Case("NUL in a text", plain(claimReviewed="Ferries\0 are late"), [GOOD]),
    Case("U+2028", plain(claimReviewed="Ferries\u2028are late"), [GOOD]),
    Case("spaces and lines", plain(claimReviewed="  Ferries \r\n are\tlate "), [GOOD]),
    # --- the rating
    Case("no rating", plain(reviewRating=None), ["the rating is missing"]),
    Case(
        "a rating without label", plain(reviewRating={"bestRating": 5}), ["the rating has no label"]
    ),
    Case(
        "a rating with numbers only", plain(reviewRating={"ratingValue": "2"}), [{"label": "2 / 5"}]
    ),
    Case("a rating as text", plain(reviewRating="Fake"), [{"label": "Fake"}]),
    Case("a rating with a name", plain(reviewRating={"name": "Fake"}), [{"label": "Fake"}]),
    Case("numbers as texts", rated(ratingValue="1", bestRating="5", worstRating="1"), [GOOD]),
    Case("-1 for no number", rated(ratingValue=-1, bestRating=-1, worstRating=-1), [GOOD]),
    Case("a rating out of its range", rated(ratingValue=9, bestRating=5, worstRating=1), [GOOD]),
    Case("a scale upside down", rated(ratingValue=3, bestRating=1, worstRating=5), [GOOD]),
    Case("an invalid number", rated(ratingValue="five"), [GOOD]),
    Case(
        "an infinite number",
        '{"@type":"ClaimReview","url":"https://checker.example/1",'
        '"claimReviewed":"Ferries are late","reviewRating":{"alternateName":"False",'
        '"ratingValue":1e999}}',
        [GOOD],
    ),
    Case("a number of a thousand digits", rated(ratingValue=10**1000), [GOOD]),
    Case("NaN", json.dumps(rated(ratingValue=float("nan"))), [GOOD]),
    Case("a huge label", rated(alternateName="a" * 5000), [{"label": "a" * 199 + "…"}]),
    # --- dates
    Case("a date in English", plain(datePublished="May 3, 2024"), [{"published_at": "2024-05-03"}]),
    Case(
        "a date in the format of emails",
        plain(datePublished="Fri, 03 May 2024 10:00:00 +0200"),
        [{"published_at": "2024-05-03"}],
    ),
    Case(
        "a timestamp with its time zone",
        plain(datePublished="2024-05-03T23:30:00-05:00"),
        [{"published_at": "2024-05-04"}],
    ),
    Case("a date in German", plain(datePublished="3. März 2024"), [{"published_at": "2024-03-03"}]),
    Case("a date in figures", plain(datePublished="31.12.2021"), [{"published_at": "2021-12-31"}]),
    Case("a date without a dash", item(datePublished="20240503"), [{"stated": "2024-05-03"}]),
    Case(
        "the end of a day",
        plain(datePublished="2024-05-03T24:00:00Z"),
        [{"published_at": "2024-05-04"}],
    ),
    Case("an ambiguous date", plain(datePublished="03/05/2024"), [{"published_at": "None"}]),
    Case("an impossible day", plain(datePublished="2024-02-30"), [{"published_at": "None"}]),
    Case("a month alone", item(datePublished="2024-05"), [{"stated": "2024-05"}]),
    Case("a week", item(datePublished="2024-W05"), [{"stated": ""}]),
    Case("the year 0", item(datePublished="0000-00-00"), [{"stated": ""}]),
    Case("seconds since 1970", plain(datePublished=1714730400), [{"published_at": "2024-05-03"}]),
    # --- the reviewed item
    Case(
        "a work whose author made the claim",
        plain(
            itemReviewed={
                "@type": "CreativeWork",
                "author": "Ada Quill",
                "url": "https://news.example/1",
            }
        ),
        [{"claimants": ["Ada Quill"], "appearances": ["https://news.example/1"]}],
    ),
    Case("a reviewed item as text", plain(itemReviewed="Ferries"), [{"claimants": []}]),
    Case(
        "several claimants",
        item(author=["Ada", {"@type": "Organization", "name": "Port"}]),
        [{"claimants": ["Ada", "Port"]}],
    ),
    Case(
        "a claimant without a name",
        item(author={"@type": "Person", "sameAs": "https://x.example/a"}),
        [{"claimants": []}],
    ),
    Case(
        "one URL, and a list of works",
        item(
            author={"name": "Ada", "sameAs": "https://x.example/a"},
            appearance=["https://a.example/1", {"url": "https://b.example/2"}],
        ),
        [{"claimants": ["Ada"], "appearances": ["https://a.example/1", "https://b.example/2"]}],
    ),
    Case(
        "a script as appearance",
        item(appearance="javascript:alert(1)"),
        [{"appearances": ["javascript:alert(1)"]}],
    ),
    Case(
        "properties with invalid names", plain(onclick="x", **{"a b": 1, "": 2, "<b>": 3}), [GOOD]
    ),
]
