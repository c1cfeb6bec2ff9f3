"""Sparse fieldsets, expansion, streamed lists, page links and 304 responses."""

import csv
import io
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from claims.models import Claim
from tests import factories as make

URL = "/api/v1/claims/"


def claim_url(claim: Claim) -> str:
    return f"{URL}{claim.public_id}/"


def streamed(client: APIClient, url: str, media_type: str, **parameters: Any) -> str:
    response = client.get(url, parameters, headers={"Accept": media_type})
    assert response.status_code == 200, response
    assert response["Content-Type"] == f"{media_type}; charset=utf-8"
    return b"".join(response.streaming_content).decode()


# sparse fieldsets and expansion


def test_fields_selects_fields_and_keeps_their_order(public: APIClient) -> None:
    claim = make.published_version().review.claim
    parameters = {"fields": "text,reviews.current_version.rating.label,id"}
    for body in (
        public.get(claim_url(claim), parameters).json(),
        public.get(URL, parameters).json()["results"][0],
    ):
        assert list(body) == ["id", "text", "reviews"]
        [review] = body["reviews"]
        assert review == {"current_version": {"rating": {"label": review_label(claim)}}}


def review_label(claim: Claim) -> str:
    label: str = claim.reviews.get().versions.get().rating.label
    return label


def test_expand_embeds_the_full_related_record(public: APIClient) -> None:
    version = make.published_version()
    review, claim = version.review, version.review.claim
    whole = public.get(f"/api/v1/reviews/{review.public_id}/").json()
    expanded = public.get(claim_url(claim), {"expand": "reviews"}).json()
    assert expanded["reviews"] == [whole]
    embedding = public.get(f"/api/v1/reviews/{review.public_id}/", {"expand": "claim"}).json()
    assert embedding["claim"] == public.get(claim_url(claim)).json()
    both = {"expand": "claim", "fields": "claim.statements"}
    assert public.get(f"/api/v1/reviews/{review.public_id}/", both).json() == {
        "claim": {"statements": []}
    }


def test_expanded_records_contain_no_hidden_work(
    public: APIClient, client_of: Callable[..., APIClient]
) -> None:
    version = make.published_version()
    secret = make.submitted_version(review__claim=version.review.claim)
    evidence = version.evidence.get()
    expand = {"expand": "reviews"}
    for url in (claim_url(version.review.claim), URL):
        assert str(secret.review.public_id) not in public.get(url, expand).content.decode()
        assert (
            str(secret.review.public_id) in client_of("auditor").get(url, expand).content.decode()
        )
    response = public.get(f"/api/v1/evidence/{evidence.public_id}/", expand | {"expand": "review"})
    assert response.json()["review"]["open_version"] is None


@pytest.mark.parametrize(
    ("parameter", "value", "word"),
    [
        ("fields", "colour", "'colour'"),
        ("fields", "text.length", "'text.length'"),
        ("fields", "reviews.colour", "'reviews.colour'"),
        ("fields", "id,,text", "commas"),
        ("fields", ",".join(["id"] * 101), "100"),
        ("expand", "text", "reviews, statements"),
        ("expand", "topics", "reviews, statements"),
    ],
)
def test_an_unknown_field_name_is_a_400(
    public: APIClient, parameter: str, value: str, word: str
) -> None:
    claim = make.ClaimFactory(listed=True)
    for url in (URL, claim_url(claim)):
        response = public.get(url, {parameter: value})
        assert response.status_code == 400
        [fault] = response.json()["errors"]
        assert fault["parameter"] == parameter
        assert word in fault["detail"]


def test_an_earlier_state_has_sparse_fields_too(public: APIClient) -> None:
    claim = make.ClaimFactory(listed=True)
    assert public.get("/api/v1/changes/").status_code == 200
    at = timezone.now().isoformat()
    then = public.get(claim_url(claim), {"as_of": at, "fields": "text"})
    assert then.json() == {"text": claim.text}
    refused = public.get(claim_url(claim), {"as_of": at, "expand": "reviews"})
    assert refused.status_code == 400


# streamed lists


def test_an_ndjson_list_has_one_line_for_each_row(
    public: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claimsapi.core.api.pagination.STREAM_CHUNK_SIZE", 2)
    for _ in range(5):
        make.ClaimFactory(listed=True)
    make.ClaimFactory()
    lines = streamed(public, URL, "application/x-ndjson").splitlines()
    page = public.get(URL).json()["results"]
    assert [orjson.loads(line) for line in lines] == page
    assert len(page) == 5
    one = streamed(public, URL, "application/x-ndjson", fields="id", kind="statistic")
    assert one == ""


def test_a_csv_list_has_one_column_for_each_plain_field(public: APIClient) -> None:
    statement = make.StatementFactory(
        claim=make.ClaimFactory(listed=True, text="=1+1"), attributed_as='so "they" say,\nagain'
    )
    table = list(csv.reader(io.StringIO(streamed(public, "/api/v1/statements/", "text/csv"))))
    assert all(len(row) == len(table[0]) for row in table)
    row = dict(zip(*table, strict=True))
    assert row["id"] == str(statement.public_id)
    assert row["claim.text"] == "'=1+1"  # escaped, so that spreadsheets do not run it
    assert row["attributed_as"] == statement.attributed_as
    assert row["affiliation.role"] == row["start"] == ""
    assert row["document.publisher.name"] == statement.document.publisher.name
    claims = list(csv.DictReader(io.StringIO(streamed(public, URL, "text/csv", fields="topics"))))
    assert claims == [{"topics": "[]"}]
    assert streamed(public, URL, "text/csv", fields="id,text", kind="causal") == "id,text\r\n"


def test_parameters_of_pages_are_a_400_for_streams(public: APIClient) -> None:
    for name, value in (("page_size", 5), ("count", "exact"), ("cursor", "x")):
        response = public.get(URL, {name: value}, headers={"Accept": "text/csv"})
        assert response.status_code == 400
        assert response.json()["errors"][0]["parameter"] == name
    refused = public.get(URL, {"colour": "red"}, headers={"Accept": "application/x-ndjson"})
    assert refused["Content-Type"] == "application/problem+json"
    assert public.get(URL, headers={"Accept": "text/html"}).status_code == 406


# pages


def test_the_link_header_has_the_links_of_the_body(public: APIClient) -> None:
    for _ in range(3):
        make.ClaimFactory(listed=True)
    first = public.get(URL, {"page_size": 1})
    assert first["Link"] == f'<{first.json()["next"]}>; rel="next"'
    second = public.get(first.json()["next"])
    body = second.json()
    assert second["Link"] == f'<{body["next"]}>; rel="next", <{body["previous"]}>; rel="prev"'
    assert "Link" not in public.get(URL)


def test_an_estimate_counts_up_to_its_limit(
    public: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        make.ClaimFactory(listed=True)
    make.ClaimFactory()
    body = public.get(URL, {"count": "estimate"}).json()
    assert (body["count"], body["count_is"]) == (3, "exact")
    monkeypatch.setattr("claimsapi.core.api.pagination.ESTIMATE_LIMIT", 2)
    body = public.get(URL, {"count": "estimate"}).json()
    assert (body["count"], body["count_is"]) == (2, "at_least")
    body = public.get(URL, {"count": "exact"}).json()
    assert (body["count"], body["count_is"]) == (3, "exact")


# conditional requests


def test_a_current_entity_tag_gets_a_304_after_one_query(public: APIClient) -> None:
    claim = make.ClaimFactory(listed=True)
    for url in (URL, f"{URL}?kind=event&fields=id", claim_url(claim)):
        first = public.get(url)
        assert public.get(url)["ETag"] == first["ETag"]
        with CaptureQueriesContext(connection) as queries:
            again = public.get(url, headers={"If-None-Match": f'"other", {first["ETag"]}'})
        assert (again.status_code, len(queries)) == (304, 1)
        for name in ("ETag", "Cache-Control", "Vary", "Last-Modified"):
            assert again[name] == first[name]


def test_an_entity_tag_from_before_a_change_gets_a_new_response(public: APIClient) -> None:
    claim = make.ClaimFactory(listed=True)
    tags = {url: public.get(url)["ETag"] for url in (URL, claim_url(claim))}
    Claim.objects.filter(pk=claim.pk).update(kind="statistic")
    for url, tag in tags.items():
        fresh = public.get(url, headers={"If-None-Match": tag})
        assert fresh.status_code == 200
        assert fresh["ETag"] != tag


def test_media_types_and_callers_have_separate_entity_tags(public: APIClient) -> None:
    claim = make.ClaimFactory(listed=True)
    make.submitted_version(review__claim=claim)
    tag = public.get(claim_url(claim))["ETag"]
    editor = Client()
    editor.force_login(make.UserFactory(role="editor"))
    assert editor.get(claim_url(claim), headers={"If-None-Match": tag}).status_code == 200
    assert "private" in editor.get(URL)["Cache-Control"]
    assert public.get(URL)["Cache-Control"] == "public, no-cache"
    other = public.get(f"{claim_url(claim)}?fields=id", headers={"If-None-Match": tag})
    assert other.status_code == 200


def test_unpublished_work_does_not_change_entity_tags(public: APIClient) -> None:
    claim = make.ClaimFactory(listed=True)
    before = {url: public.get(url)["ETag"] for url in (URL, claim_url(claim))}
    make.submitted_version(review__claim=claim)
    make.ClaimFactory()
    for url, tag in before.items():
        same = public.get(url, headers={"If-None-Match": tag})
        assert (same.status_code, same["ETag"]) == (304, tag)
