"""Facets count what the list would find, and say where they did not count everything."""

from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from claims.models import Claim
from claims.reports import facets
from tests import factories as make
from tests.api.contract import assert_conforms
from tests.api.test_resources import said_publicly
from tests.claims.read_models.test_public_index import Desk

URL = "/api/v1/claims/facets/"
CHOSEN_BY = {
    "verdict": ("verdict", "value"),
    "topic": ("topic", "slug"),
    "speaker": ("speaker", "id"),
    "publisher": ("publisher__slug", "slug"),
    "language": ("language", "value"),
}


def ask(client: APIClient, **asked: Any) -> dict[str, Any]:
    response = client.get(URL, asked)
    assert_conforms(response)
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def listed(client: APIClient, **asked: Any) -> list[dict[str, Any]]:
    page = client.get("/api/v1/claims/", {**asked, "page_size": 200}).json()
    return list(page["results"])


def questions(desk: Desk) -> list[dict[str, Any]]:
    speaker, publisher = desk.speakers[0].public_id, desk.publishers[0].slug
    return [
        {},
        {"verdict": "true"},
        {"speaker": speaker},
        {"topic": desk.topics[0].slug, "verdict": "false"},
        {"publisher__slug": publisher},
        {"publisher__slug": publisher, "verdict": "mixed", "language": "en"},
        {"verdict__not": "true", "speaker__slug": desk.speakers[1].slug},
        {"status": "unreviewed"},
        {"reviewed_at__gte": "2100-01-01T00:00:00Z"},
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, "auditor"])
@pytest.mark.parametrize("seed", range(3))
def test_a_count_is_that_of_the_list_with_the_value_chosen(
    client_of: Any, role: str | None, seed: int
) -> None:
    desk = Desk(seed)
    for _ in range(40):
        desk.act()
    client = client_of(role)
    for asked in questions(desk):
        answer = ask(client, **asked)
        for name, (parameter, key) in CHOSEN_BY.items():
            facet = answer[name]
            assert facet["exact"] is True
            rest = {k: v for k, v in asked.items() if k.partition("__")[0] != name}
            seen: set[str] = set()
            for value in facet["values"]:
                found = listed(client, **rest, **{parameter: value[key]})
                assert value["count"] == len(found), (asked, name, value)
                seen |= {row["id"] for row in found}
            if name in {"language", "topic"}:  # claims of which the facet says nothing have none
                for row in listed(client, **rest):
                    has = row["topics"] if name == "topic" else row["language"]
                    assert (row["id"] in seen) is bool(has)


@pytest.mark.django_db
@pytest.mark.parametrize("asked", [{}, {"status__in": "unreviewed,in_review,reviewed"}])
def test_the_year_is_that_of_the_newest_review_that_stands(
    public: APIClient, asked: dict[str, str]
) -> None:
    desk = Desk(1)
    for _ in range(30):
        desk.act()
    years: Counter[int] = Counter()
    for claim in Claim.objects.public():
        moments = [
            version.published_at
            for review in claim.reviews.all()
            for version in review.versions.filter(state="published")
        ]
        years.update([max(moments).year] if moments else [])
    found = {row["value"]: row["count"] for row in ask(public, **asked)["year"]["values"]}
    assert found == years
    assert found


@pytest.mark.django_db
def test_counting_gives_the_values_that_the_tally_gives_in_the_same_order(
    public: APIClient,
) -> None:
    desk = Desk(2)
    for _ in range(60):
        desk.act()
    said_publicly()
    counted = ask(public, status__in="unreviewed,in_review,reviewed,not_checkable")
    assert ask(public) == counted
    assert all(counted[name]["values"] for name in counted)


@pytest.mark.django_db
def test_a_facet_shows_the_twenty_most_frequent_values(public: APIClient) -> None:
    for number in range(22):
        topic = make.TopicFactory()
        for _ in range(2 if number == 21 else 1):
            make.ClaimFactory(listed=True).topics.add(topic)
    for asked in ({}, {"kind": "event"}):
        values = ask(public, **asked)["topic"]["values"]
        assert [value["count"] for value in values] == [2, *[1] * 19]


@pytest.mark.django_db
def test_what_was_not_counted_as_a_whole_says_so(
    public: APIClient, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "MAX_COUNTED", 3)
    for _ in range(3):
        make.ClaimFactory(listed=True)
    assert ask(public, kind="event")["language"]["exact"] is True
    make.ClaimFactory(listed=True, language="de")
    counted = ask(public, kind="event")["language"]
    assert counted["exact"] is False
    assert counted["values"] == [{"value": "en", "count": 2}, {"value": "de", "count": 1}]
    assert ask(public)["language"]["exact"] is True
    assert ask(public, language="en")["language"]["exact"] is True
    assert ask(client_of("auditor"))["language"]["exact"] is False


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, 4),
        ({"kind": "event"}, 10),
        ({"kind": "event", "verdict": "true", "topic": "ferries"}, 12),
    ],
)
def test_facets_take_the_same_queries_for_few_claims_and_for_many(
    public: APIClient, asked: dict[str, str], expected: int
) -> None:
    desk = Desk(0)
    said = said_publicly()
    said.claim.topics.add(make.TopicFactory(slug="ferries", name="Ferries"))
    make.published_version(review__claim=said.claim, rating=desk.ratings[0])
    for steps in (20, 40):
        for _ in range(steps):
            desk.act()
        with CaptureQueriesContext(connection) as queries:
            ask(public, **asked)
        assert len(queries) == expected


@pytest.mark.django_db
def test_facets_know_the_filters_of_the_list_and_no_other_parameter(public: APIClient) -> None:
    for name in ("colour", "page_size", "ordering"):
        response = public.get(URL, {name: "1"})
        assert response.status_code == 400
        assert response.json()["errors"][0]["parameter"] == name
    response = public.get(URL, {"verdict": "lie"})
    assert response.status_code == 400
    assert "mostly_true" in response.json()["detail"]


@pytest.mark.django_db
def test_what_a_client_holds_of_the_facets_is_not_sent_again(public: APIClient) -> None:
    first = public.get(URL)
    again = public.get(URL, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
