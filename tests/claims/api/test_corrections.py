"""What was corrected of published reviews: their versions, the list of corrections, its feed."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.http import http_date
from rest_framework.test import APIClient

from claims import workflow
from claims.choices import Verdict
from claims.models import Review, ReviewVersion
from claims.services.reviews import prepare_next_version
from tests import factories as make
from tests.api.contract import assert_conforms, document
from tests.database_rules import overwrite

CORRECTIONS = "/api/v1/corrections/"
FEED = "/api/v1/corrections.atom"
ATOM = "{http://www.w3.org/2005/Atom}"


def versions_url(review: Review) -> str:
    return f"/api/v1/reviews/{review.public_id}/versions/"


def results(client: APIClient, url: str, **parameters: Any) -> list[dict[str, Any]]:
    response = client.get(url, parameters)
    assert response.status_code == 200, response.content
    assert_conforms(response)
    rows: list[dict[str, Any]] = response.json()["results"]
    return rows


def every_page(client: APIClient, url: str) -> Iterator[dict[str, Any]]:
    following: str | None = f"{url}?page_size=1"
    while following:
        page = client.get(following).json()
        yield from page["results"]
        following = page["next"]


def retracted(version: ReviewVersion, note: str = "None of it holds.") -> ReviewVersion:
    make.move(version, workflow.RETRACT, version.editor, note)
    return version


def feed_of(client: APIClient) -> ET.Element:
    response = client.get(FEED)
    assert response.status_code == 200
    return ET.fromstring(response.content)  # noqa: S314  our own answer


def text(element: ET.Element, name: str) -> str:
    found = element.findall(f"{ATOM}{name}")
    assert len(found) == 1, name
    assert found[0].text
    return found[0].text


# the versions of a review


@pytest.mark.django_db
def test_every_published_version_of_a_review_is_read_whole_the_newest_first(
    public: APIClient,
) -> None:
    first = make.published_version(body="The log of May.")
    second = make.corrected_version(first, body="The log of June.")
    third = retracted(make.corrected_version(second))
    make.published_version()
    rows = results(public, versions_url(first.review))
    assert [row["id"] for row in rows] == [str(v.public_id) for v in (third, second, first)]
    assert [row["state"] for row in rows] == ["retracted", "superseded", "superseded"]
    assert [row["body"] for row in rows] == ["The log of June."] * 2 + ["The log of May."]
    assert [len(row["evidence"]) for row in rows] == [1, 1, 1]
    assert rows[0]["retraction_note"] == "None of it holds."
    # The version that stands is the same one as with its review.
    whole = public.get(f"/api/v1/reviews/{first.review.public_id}/").json()
    assert whole["current_version"] == rows[0]
    assert list(every_page(public, versions_url(first.review))) == rows
    assert results(public, versions_url(first.review), ordering="number") == rows[::-1]


@pytest.mark.django_db
def test_the_version_in_the_making_is_among_them_for_staff_alone(
    public: APIClient, client_of: Callable[..., APIClient]
) -> None:
    first = make.published_version()
    make.submitted_correction(first)
    url = versions_url(first.review)
    assert [row["number"] for row in results(public, url)] == [1]
    assert [row["number"] for row in results(client_of("auditor"), url)] == [2, 1]


@pytest.mark.django_db
def test_the_versions_of_a_review_that_was_never_published_are_not_found(
    public: APIClient, client_of: Callable[..., APIClient]
) -> None:
    url = versions_url(make.submitted_version().review)
    refused, absent = public.get(url), public.get(f"/api/v1/reviews/{uuid4()}/versions/")
    assert refused.status_code == absent.status_code == 404
    assert refused.content == absent.content
    assert_conforms(refused)
    assert len(results(client_of("auditor"), url)) == 1


@pytest.mark.django_db
def test_confidential_evidence_is_with_its_version_for_staff_alone(
    public: APIClient, client_of: Callable[..., APIClient]
) -> None:
    version = make.ReviewVersionFactory()
    make.EvidenceFactory(version=version)
    make.EvidenceFactory(version=version, is_confidential=True, confidential_reason="At risk.")
    make.move(version, workflow.SUBMIT, version.author)
    make.move(version, workflow.PUBLISH, make.UserFactory(role="editor"))
    url = versions_url(version.review)
    assert [len(row["evidence"]) for row in results(public, url)] == [1]
    assert [len(row["evidence"]) for row in results(client_of("auditor"), url)] == [2]


@pytest.mark.django_db
def test_one_version_takes_as_many_queries_as_five(public: APIClient) -> None:
    version = make.published_version()
    url = versions_url(version.review)
    with CaptureQueriesContext(connection) as one:
        assert len(results(public, url)) == 1
    for _ in range(4):
        version = make.corrected_version(version)
    with CaptureQueriesContext(connection) as five:
        assert len(results(public, url)) == 5
    assert (len(one), len(five)) == (4, 4)


@pytest.mark.django_db
def test_versions_take_the_parameters_of_a_page_and_no_other(public: APIClient) -> None:
    url = versions_url(make.published_version().review)
    for name, value in (("state", "published"), ("ordering", "state"), ("cursor", "x")):
        response = public.get(url, {name: value})
        assert response.status_code == 400
        assert response.json()["errors"][0]["parameter"] == name
    tag = public.get(url)["ETag"]
    assert public.get(url, headers={"If-None-Match": tag}).status_code == 304


# the list of corrections


@pytest.mark.django_db
def test_a_correction_says_what_stood_before_and_what_stands_after(public: APIClient) -> None:
    first = make.published_version(rating__verdict=Verdict.FALSE)
    mixed = make.RatingFactory(verdict=Verdict.MIXED)
    second = make.corrected_version(
        first, kind="clarification", note="Of two.", rating=mixed, headline="Two were late"
    )
    make.published_version()  # a first version corrects nothing
    (row,) = results(public, CORRECTIONS)
    assert row["id"] == str(second.public_id)
    assert (row["kind"], row["note"]) == ("clarification", "Of two.")
    assert datetime.fromisoformat(row["at"]) == second.published_at
    assert row["review"] == {"id": str(first.review.public_id)}
    assert row["claim"]["text"] == first.review.claim.text
    assert row["publisher"]["slug"] == first.review.publisher.slug
    sides = (("before", first, "false"), ("after", second, "mixed"))
    for side, version, verdict in sides:
        shown = row[side]
        assert shown.keys() == {
            *("id", "number", "rating", "verdict", "headline", "summary", "published_at")
        }
        assert shown["id"] == str(version.public_id)
        assert (shown["number"], shown["headline"]) == (version.number, version.headline)
        assert (shown["verdict"], shown["rating"]["label"]) == (verdict, version.rating.label)
    assert public.get(f"{CORRECTIONS}{row['id']}/").json() == row


@pytest.mark.django_db
def test_a_correction_that_was_retracted_is_in_the_list_twice(public: APIClient) -> None:
    first = make.published_version()
    second = retracted(make.corrected_version(first), "About another ferry.")
    withdrawn, corrected = results(public, CORRECTIONS)
    assert corrected["id"] == str(second.public_id)
    assert withdrawn["kind"] == "retraction"
    assert withdrawn["note"] == "About another ferry."
    assert datetime.fromisoformat(withdrawn["at"]) == second.closed_at
    assert withdrawn["before"] == corrected["after"]
    assert withdrawn["after"] is None
    # The same id but for its version, so that both are distinct and stay what they are.
    assert UUID(withdrawn["id"]).version == 8
    assert f"{withdrawn['id'][:14]}7{withdrawn['id'][15:]}" == str(second.public_id)
    assert public.get(f"{CORRECTIONS}{withdrawn['id']}/").json() == withdrawn
    assert results(public, CORRECTIONS, kind="retraction") == [withdrawn]
    assert results(public, CORRECTIONS, kind__in="correction,update") == [corrected]


@pytest.mark.django_db
def test_a_version_after_a_retraction_corrects_what_was_retracted(public: APIClient) -> None:
    first = make.retracted_version()
    make.corrected_version(first, kind="update")
    update, withdrawn = results(public, CORRECTIONS)
    assert (update["kind"], withdrawn["kind"]) == ("update", "retraction")
    assert update["before"] == withdrawn["before"]
    assert update["before"]["id"] == str(first.public_id)


@pytest.mark.django_db
def test_corrections_of_the_same_moment_are_each_on_one_page(
    public: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    firsts = [make.published_version() for _ in range(3)]
    now = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    for first in firsts:
        retracted(make.corrected_version(first))
    paged = list(every_page(public, CORRECTIONS))
    assert {row["at"] for row in paged} == {paged[0]["at"]}
    assert len({row["id"] for row in paged}) == len(paged) == 6
    assert paged == results(public, CORRECTIONS)


@pytest.mark.django_db
def test_what_stands_in_confidence_is_not_in_the_list_for_staff_either(
    client_of: Callable[..., APIClient],
) -> None:
    make.submitted_correction(make.published_version())
    assert results(client_of("administrator"), CORRECTIONS) == []


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, "editor", "administrator"])
def test_nobody_writes_versions_or_corrections(
    role: str | None, client_of: Callable[..., APIClient]
) -> None:
    version = make.corrected_version()
    client = client_of(role)
    detail = f"{CORRECTIONS}{version.public_id}/"
    for url in (CORRECTIONS, detail, FEED, versions_url(version.review)):
        for method in ("post", "put", "patch", "delete"):
            response = getattr(client, method)(url, {"note": "Other."})
            assert response.status_code == 405, (method, url)
            assert response["Content-Type"] == "application/problem+json"
            assert response["Allow"] == "GET, HEAD, OPTIONS"
    for path, operations in document()["paths"].items():
        if "/corrections" in path or path.endswith("/versions/"):
            assert operations.keys() == {"get"}, path


# the feed


@pytest.mark.django_db
def test_the_feed_holds_what_atom_requires(public: APIClient) -> None:
    first = make.published_version(rating__verdict=Verdict.MOSTLY_FALSE)
    second = make.corrected_version(
        first, note="One < two.\n\nAnd more.", rating=make.RatingFactory(verdict=Verdict.TRUE)
    )
    retracted(second, "None of it holds.")
    assert public.get(FEED)["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = feed_of(public)
    assert feed.tag == f"{ATOM}feed"
    assert text(feed, "title") == "Corrections"
    assert text(feed, "id") == f"http://testserver{FEED}"
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == f"http://testserver{FEED}"
    assert links["alternate"] == f"http://testserver{CORRECTIONS}"
    withdrawn, corrected = entries = feed.findall(f"{ATOM}entry")
    rows = results(public, CORRECTIONS)
    for entry, row in zip(entries, rows, strict=True):
        assert text(entry, "id") == f"urn:uuid:{row['id']}"
        moments = [datetime.fromisoformat(text(entry, n)) for n in ("published", "updated")]
        at = datetime.fromisoformat(row["at"])
        assert moments == [at, at]
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
        "<p>None of it holds.</p><p>Verdict: True → withdrawn</p>"
    )


@pytest.mark.django_db
def test_an_empty_feed_is_one_and_stays_as_it_is(public: APIClient) -> None:
    feed = feed_of(public)
    assert datetime.fromisoformat(text(feed, "updated")) == datetime(1970, 1, 1, tzinfo=UTC)
    assert feed.findall(f"{ATOM}entry") == []
    response = public.get(FEED)
    assert "Last-Modified" not in response
    again = public.get(FEED, headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


@pytest.mark.django_db
@pytest.mark.parametrize("character", ["\uffff", "\ufffe", "\x07", "\x0b"])
def test_what_xml_cannot_carry_does_not_break_the_feed(public: APIClient, character: str) -> None:
    first = make.published_version(review__publisher__name=f"Post{character}")
    draft = prepare_next_version(
        review=first.review, author=first.author, kind="update", note="One"
    )
    # Control characters come past the models' own rules only.
    overwrite(draft, correction_note=f"One{character}two", headline=f"Ferries{character}")
    make.move(draft, workflow.SUBMIT, draft.author)
    make.move(draft, workflow.PUBLISH, make.UserFactory(role="editor"))
    (entry,) = feed_of(public).findall(f"{ATOM}entry")
    assert text(entry, "title") == "Update: Ferries\ufffd"
    assert text(entry, "summary").startswith("<p>One\ufffdtwo</p>")
    assert results(public, CORRECTIONS)[0]["note"] == f"One{character}two"


@pytest.mark.django_db
def test_a_review_without_a_headline_goes_by_its_claim(public: APIClient) -> None:
    version = make.corrected_version(headline="")
    (entry,) = feed_of(public).findall(f"{ATOM}entry")
    assert text(entry, "title") == f"Correction: {version.review.claim.text}"


@pytest.mark.django_db
def test_the_feed_ends_after_the_newest_and_takes_the_queries_of_a_list(
    public: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claims.exchange.atom.LENGTH", 2)
    made = [make.corrected_version() for _ in range(3)]
    with CaptureQueriesContext(connection) as queries:
        entries = feed_of(public).findall(f"{ATOM}entry")
    assert [text(e, "id") for e in entries] == [f"urn:uuid:{v.public_id}" for v in made[:0:-1]]
    assert len(queries) == 4


@pytest.mark.django_db
def test_a_reader_that_holds_the_feed_is_not_sent_it_again(public: APIClient) -> None:
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
        # The entity tag is the finer of the two.
        ({"If-None-Match": '"other"', "If-Modified-Since": later}, 200),
        ({"If-None-Match": first["ETag"], "If-Modified-Since": earlier}, 304),
    ):
        again = public.get(FEED, headers=headers)
        assert again.status_code == expected, headers
        assert again["ETag"] == first["ETag"]
        assert again["Last-Modified"] == first["Last-Modified"]
        assert bool(again.content) is (expected == 200)
    retracted(version)
    assert public.get(FEED, headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.django_db
def test_the_feed_is_given_to_any_reader_and_its_faults_are_problems(public: APIClient) -> None:
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
    documented = document()["paths"][FEED]["get"]["responses"]["200"]["content"]
    assert list(documented) == ["application/atom+xml"]
