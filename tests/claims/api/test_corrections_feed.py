"""The Atom feed of corrections."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.http import http_date
from rest_framework.test import APIClient

from claims import workflow
from claims.choices import Verdict
from claims.services.reviews import prepare_next_version
from tests import factories as make
from tests.api.contract import assert_conforms, document
from tests.claims.api.pages import CORRECTIONS, FEED, get_results, retract
from tests.database_rules import overwrite

ATOM = "{http://www.w3.org/2005/Atom}"


def get_feed(client: APIClient) -> ET.Element:
    response = client.get(FEED)
    assert response.status_code == 200
    return ET.fromstring(response.content)  # noqa: S314  our own response


def text(element: ET.Element, name: str) -> str:
    (child,) = element.findall(f"{ATOM}{name}")
    assert child.text
    return child.text


@pytest.mark.django_db
def test_the_feed_has_the_elements_that_atom_requires(public: APIClient) -> None:
    first = make.published_version(rating__verdict=Verdict.MOSTLY_FALSE)
    second = make.corrected_version(
        first, note="One < two.\n\nAnd more.", rating=make.RatingFactory(verdict=Verdict.TRUE)
    )
    retract(second, "None of it holds.")
    assert public.get(FEED)["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = get_feed(public)
    assert feed.tag == f"{ATOM}feed"
    assert text(feed, "title") == "Corrections"
    assert text(feed, "id") == f"http://testserver{FEED}"
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == f"http://testserver{FEED}"
    assert links["alternate"] == f"http://testserver{CORRECTIONS}"
    withdrawn, corrected = entries = feed.findall(f"{ATOM}entry")
    rows = get_results(public, CORRECTIONS)
    for entry, row in zip(entries, rows, strict=True):
        assert text(entry, "id") == f"urn:uuid:{row['id']}"
        dates = [datetime.fromisoformat(text(entry, n)) for n in ("published", "updated")]
        at = datetime.fromisoformat(row["at"])
        assert dates == [at, at]
        (author,) = entry.findall(f"{ATOM}author")
        assert text(author, "name") == first.review.publisher.name
        (link,) = entry.findall(f"{ATOM}link")
        assert link.get("href") == f"http://testserver/api/v1/reviews/{first.review.public_id}/"
        assert public.get(link.get("href")).status_code == 200
        (summary,) = entry.findall(f"{ATOM}summary")
        assert summary.get("type") == "html"
    assert text(feed, "updated") == text(withdrawn, "updated")
    assert text(corrected, "title") == f"Correction: {second.headline}"
    assert text(corrected, "summary") == (
        "<p>One &lt; two.</p>\n\n<p>And more.</p><p>Verdict: Mostly False → True</p>"
    )
    assert text(withdrawn, "title") == f"Retraction: {second.headline}"
    assert text(withdrawn, "summary") == (
        "<p>None of it holds.</p><p>Verdict: True → retracted</p>"
    )


@pytest.mark.django_db
def test_an_empty_feed_is_valid_and_answers_304(public: APIClient) -> None:
    feed = get_feed(public)
    assert datetime.fromisoformat(text(feed, "updated")) == datetime(1970, 1, 1, tzinfo=UTC)
    assert feed.findall(f"{ATOM}entry") == []
    response = public.get(FEED)
    assert "Last-Modified" not in response
    again = public.get(FEED, headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


@pytest.mark.django_db
@pytest.mark.parametrize("character", ["\uffff", "\ufffe", "\x07", "\x0b"])
def test_the_feed_replaces_characters_that_xml_does_not_allow(
    public: APIClient, character: str
) -> None:
    first = make.published_version(review__publisher__name=f"Post{character}")
    draft = prepare_next_version(
        review=first.review, author=first.author, kind="update", note="One"
    )
    # The models' rules refuse control characters, so they are written around them.
    overwrite(draft, correction_note=f"One{character}two", headline=f"Ferries{character}")
    make.move(draft, workflow.SUBMIT, draft.author)
    make.move(draft, workflow.PUBLISH, make.UserFactory(role="editor"))
    (entry,) = get_feed(public).findall(f"{ATOM}entry")
    assert text(entry, "title") == "Update: Ferries\ufffd"
    assert text(entry, "summary").startswith("<p>One\ufffdtwo</p>")
    assert get_results(public, CORRECTIONS)[0]["note"] == f"One{character}two"


@pytest.mark.django_db
def test_an_entry_without_a_headline_has_its_claim_as_title(public: APIClient) -> None:
    version = make.corrected_version(headline="")
    (entry,) = get_feed(public).findall(f"{ATOM}entry")
    assert text(entry, "title") == f"Correction: {version.review.claim.text}"


@pytest.mark.django_db
def test_the_feed_has_a_maximum_length_and_a_constant_number_of_queries(
    public: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claims.exchange.atom.LENGTH", 2)
    versions = [make.corrected_version() for _ in range(3)]
    with CaptureQueriesContext(connection) as queries:
        entries = get_feed(public).findall(f"{ATOM}entry")
    assert [text(e, "id") for e in entries] == [f"urn:uuid:{v.public_id}" for v in versions[:0:-1]]
    assert len(queries) == 4


@pytest.mark.django_db
def test_an_unchanged_feed_answers_304(public: APIClient) -> None:
    version = make.corrected_version()
    assert version.published_at
    first = public.get(FEED)
    assert first["Last-Modified"] == http_date(version.published_at.timestamp())
    later = http_date((version.published_at + timedelta(hours=1)).timestamp())
    earlier = http_date((version.published_at - timedelta(hours=1)).timestamp())
    for headers, expected in (
        ({"If-None-Match": first["ETag"]}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-Modified-Since": first["Last-Modified"]}, 304),
        ({"If-Modified-Since": later}, 304),
        ({"If-Modified-Since": earlier}, 200),
        ({"If-Modified-Since": "nonsense"}, 200),
        # The entity tag is more precise and takes precedence (RFC 9110).
        ({"If-None-Match": '"other"', "If-Modified-Since": later}, 200),
        ({"If-None-Match": first["ETag"], "If-Modified-Since": earlier}, 304),
    ):
        again = public.get(FEED, headers=headers)
        assert again.status_code == expected, headers
        assert again["ETag"] == first["ETag"]
        assert again["Last-Modified"] == first["Last-Modified"]
        assert bool(again.content) is (expected == 200)
    retract(version)
    assert public.get(FEED, headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.django_db
def test_the_feed_ignores_accept_and_its_errors_are_problem_documents(public: APIClient) -> None:
    make.corrected_version()
    whole = public.get(FEED)
    for accepted in ("application/atom+xml", "application/rss+xml, text/xml", "text/html", "*/*"):
        assert public.get(FEED, headers={"Accept": accepted}).content == whole.content
    head = public.head(FEED)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", whole["ETag"])
    response = public.get(FEED, {"page_size": "3"})
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert_conforms(response)
    media_types = document()["paths"][FEED]["get"]["responses"]["200"]["content"]
    assert list(media_types) == ["application/atom+xml"]
