"""Corrections of published reviews in the API."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from claims.choices import Verdict
from tests import factories as make
from tests.api.contract import document
from tests.claims.api.pages import (
    CORRECTIONS,
    FEED,
    get_results,
    iterate_pages,
    retract,
    versions_url,
)


@pytest.mark.django_db
def test_a_correction_has_the_versions_before_and_after_it(public: APIClient) -> None:
    first = make.published_version(rating__verdict=Verdict.FALSE)
    mixed = make.RatingFactory(verdict=Verdict.MIXED)
    second = make.corrected_version(
        first, kind="clarification", note="Of two.", rating=mixed, headline="Two were late"
    )
    make.published_version()  # a first version corrects nothing
    (row,) = get_results(public, CORRECTIONS)
    assert row["id"] == str(second.public_id)
    assert (row["kind"], row["note"]) == ("clarification", "Of two.")
    assert datetime.fromisoformat(row["at"]) == second.published_at
    assert row["review"] == {"id": str(first.review.public_id)}
    assert row["claim"]["text"] == first.review.claim.text
    assert row["publisher"]["slug"] == first.review.publisher.slug
    sides = (("before", first, "false"), ("after", second, "mixed"))
    for side, version, verdict in sides:
        data = row[side]
        assert data.keys() == {
            *("id", "number", "rating", "verdict", "headline", "summary", "published_at")
        }
        assert data["id"] == str(version.public_id)
        assert (data["number"], data["headline"]) == (version.number, version.headline)
        assert (data["verdict"], data["rating"]["label"]) == (verdict, version.rating.label)
    assert public.get(f"{CORRECTIONS}{row['id']}/").json() == row


@pytest.mark.django_db
def test_a_retracted_correction_is_listed_twice(public: APIClient) -> None:
    first = make.published_version()
    second = retract(make.corrected_version(first), "About another ferry.")
    withdrawn, corrected = get_results(public, CORRECTIONS)
    assert corrected["id"] == str(second.public_id)
    assert withdrawn["kind"] == "retraction"
    assert withdrawn["note"] == "About another ferry."
    assert datetime.fromisoformat(withdrawn["at"]) == second.closed_at
    assert withdrawn["before"] == corrected["after"]
    assert withdrawn["after"] is None
    # The retraction has the id of its version with UUID version 8: both ids are stable.
    assert UUID(withdrawn["id"]).version == 8
    assert f"{withdrawn['id'][:14]}7{withdrawn['id'][15:]}" == str(second.public_id)
    assert public.get(f"{CORRECTIONS}{withdrawn['id']}/").json() == withdrawn
    assert get_results(public, CORRECTIONS, kind="retraction") == [withdrawn]
    assert get_results(public, CORRECTIONS, kind__in="correction,update") == [corrected]


@pytest.mark.django_db
def test_a_version_after_a_retraction_corrects_the_retracted_version(public: APIClient) -> None:
    first = make.retracted_version()
    make.corrected_version(first, kind="update")
    update, withdrawn = get_results(public, CORRECTIONS)
    assert (update["kind"], withdrawn["kind"]) == ("update", "retraction")
    assert update["before"] == withdrawn["before"]
    assert update["before"]["id"] == str(first.public_id)


@pytest.mark.django_db
def test_corrections_of_the_same_time_are_each_on_exactly_one_page(
    public: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    firsts = [make.published_version() for _ in range(3)]
    now = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    for first in firsts:
        retract(make.corrected_version(first))
    rows = list(iterate_pages(public, CORRECTIONS))
    assert {row["at"] for row in rows} == {rows[0]["at"]}
    assert len({row["id"] for row in rows}) == len(rows) == 6
    assert rows == get_results(public, CORRECTIONS)


@pytest.mark.django_db
def test_open_corrections_are_not_listed_even_for_staff(
    client_of: Callable[..., APIClient],
) -> None:
    make.submitted_correction(make.published_version())
    assert get_results(client_of("administrator"), CORRECTIONS) == []


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, "editor", "administrator"])
def test_versions_and_corrections_are_read_only(
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
