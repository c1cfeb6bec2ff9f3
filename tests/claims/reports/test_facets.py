"""Facets agree with the list, and say if they did not count all claims."""

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
from tests.api.test_resources import publish_statement
from tests.claims.random_desk import RandomDesk

URL = "/api/v1/claims/facets/"
FILTERS = {
    "verdict": ("verdict", "value"),
    "topic": ("topic", "slug"),
    "speaker": ("speaker", "id"),
    "publisher": ("publisher__slug", "slug"),
    "language": ("language", "value"),
}


def get_facets(client: APIClient, **filters: Any) -> dict[str, Any]:
    response = client.get(URL, filters)
    assert_conforms(response)
    assert response.status_code == 200
    facets: dict[str, Any] = response.json()
    return facets


def get_claims(client: APIClient, **filters: Any) -> list[dict[str, Any]]:
    page = client.get("/api/v1/claims/", {**filters, "page_size": 200}).json()
    return list(page["results"])


def combinations(desk: RandomDesk) -> list[dict[str, Any]]:
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
def test_a_count_equals_the_length_of_the_list_with_that_value(
    client_of: Any, role: str | None, seed: int
) -> None:
    desk = RandomDesk(seed)
    desk.act(40)
    client = client_of(role)
    for filters in combinations(desk):
        answer = get_facets(client, **filters)
        for name, (parameter, key) in FILTERS.items():
            facet = answer[name]
            assert facet["exact"] is True
            others = {k: v for k, v in filters.items() if k.partition("__")[0] != name}
            matching: set[str] = set()
            for value in facet["values"]:
                rows = get_claims(client, **others, **{parameter: value[key]})
                assert value["count"] == len(rows), (filters, name, value)
                matching |= {row["id"] for row in rows}
            if name in {"language", "topic"}:
                # Claims under no value of the facet have none.
                for row in get_claims(client, **others):
                    values = row["topics"] if name == "topic" else row["language"]
                    assert (row["id"] in matching) is bool(values)


@pytest.mark.django_db
@pytest.mark.parametrize("filters", [{}, {"status__in": "unreviewed,in_review,reviewed"}])
def test_the_year_is_that_of_the_newest_published_review(
    public: APIClient, filters: dict[str, str]
) -> None:
    RandomDesk(1).act(30)
    years: Counter[int] = Counter()
    for claim in Claim.objects.public():
        dates = [
            version.published_at
            for review in claim.reviews.all()
            for version in review.versions.filter(state="published")
        ]
        years.update([max(dates).year] if dates else [])
    facet = get_facets(public, **filters)["year"]
    counts = {row["value"]: row["count"] for row in facet["values"]}
    assert counts == years
    assert counts


@pytest.mark.django_db
def test_counts_and_tally_give_the_same_values_in_the_same_order(
    public: APIClient,
) -> None:
    RandomDesk(2).act(60)
    publish_statement()
    counts = get_facets(public, status__in="unreviewed,in_review,reviewed,not_checkable")
    assert get_facets(public) == counts
    assert all(counts[name]["values"] for name in counts)


@pytest.mark.django_db
def test_a_facet_shows_the_twenty_most_frequent_values(public: APIClient) -> None:
    for number in range(22):
        topic = make.TopicFactory()
        for _ in range(2 if number == 21 else 1):
            make.ClaimFactory(listed=True).topics.add(topic)
    for filters in ({}, {"kind": "event"}):
        values = get_facets(public, **filters)["topic"]["values"]
        assert [value["count"] for value in values] == [2, *[1] * 19]


@pytest.mark.django_db
def test_facets_are_not_exact_if_only_the_newest_claims_are_counted(
    public: APIClient, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "MAX_COUNTED", 3)
    for _ in range(3):
        make.ClaimFactory(listed=True)
    assert get_facets(public, kind="event")["language"]["exact"] is True
    make.ClaimFactory(listed=True, language="de")
    facet = get_facets(public, kind="event")["language"]
    assert facet["exact"] is False
    assert facet["values"] == [{"value": "en", "count": 2}, {"value": "de", "count": 1}]
    assert get_facets(public)["language"]["exact"] is True
    assert get_facets(public, language="en")["language"]["exact"] is True
    assert get_facets(client_of("auditor"))["language"]["exact"] is False


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, 4),
        ({"kind": "event"}, 10),
        ({"kind": "event", "verdict": "true", "topic": "ferries"}, 12),
    ],
)
def test_the_number_of_queries_does_not_grow_with_the_number_of_claims(
    public: APIClient, filters: dict[str, str], expected: int
) -> None:
    desk = RandomDesk(0)
    statement = publish_statement()
    statement.claim.topics.add(make.TopicFactory(slug="ferries", name="Ferries"))
    make.published_version(review__claim=statement.claim, rating=desk.ratings[0])
    for steps in (20, 40):
        desk.act(steps)
        with CaptureQueriesContext(connection) as queries:
            get_facets(public, **filters)
        assert len(queries) == expected


@pytest.mark.django_db
def test_facets_accept_the_filters_of_the_list_and_no_other_parameter(public: APIClient) -> None:
    for name in ("colour", "page_size", "ordering"):
        response = public.get(URL, {name: "1"})
        assert response.status_code == 400
        assert response.json()["errors"][0]["parameter"] == name
    response = public.get(URL, {"verdict": "lie"})
    assert response.status_code == 400
    assert "mostly_true" in response.json()["detail"]


@pytest.mark.django_db
def test_unchanged_facets_answer_304(public: APIClient) -> None:
    first = public.get(URL)
    again = public.get(URL, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
