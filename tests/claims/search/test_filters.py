"""Combinations of filters, and the combinations that the public index answers."""

from itertools import combinations
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import QueryDict
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory

from claims.models import Claim, ClaimRelation, PublicClaim
from claims.read_models import public_index
from claims.search.filters import ClaimFilterSet
from claimsapi.core.database import triggers
from claimsapi.core.models import User
from tests import factories as make
from tests.claims.random_desk import RandomDesk


def filterset(user: User | AnonymousUser | None = None, **filters: Any) -> ClaimFilterSet:
    request = Request(APIRequestFactory().get("/"))
    request.user = user or AnonymousUser()
    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in filters.items()})
    result = ClaimFilterSet(query, Claim.objects.visible_to(request.user), request=request)
    assert result.is_valid(), result.errors
    return result


def list_ids(client: APIClient, path: str = "claims", **filters: Any) -> set[str]:
    response = client.get(f"/api/v1/{path}/", {"page_size": 200, **filters})
    assert response.status_code == 200, response.content
    return {row["id"] for row in response.json()["results"]}


def error_detail(client: APIClient, **filters: Any) -> str:
    response = client.get("/api/v1/claims/", filters)
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["parameter"] == next(iter(filters))
    return str(error["detail"])


@pytest.mark.django_db
def test_the_index_and_the_records_match_the_same_claims_for_every_combination() -> None:
    desk = RandomDesk(3)
    desk.act(60)
    choices: dict[str, list[Any]] = {
        "speaker": [*(s.public_id for s in desk.speakers[:2]), uuid4()],
        "verdict": ["true", "mixed", "satire"],
        "publisher__slug": [*(p.slug for p in desk.publishers[:2]), "nobody"],
        "topic": [desk.topics[0].slug, "nothing"],
        "created_at__lt": [desk.claims[2].created_at.isoformat()],
    }
    combined: list[dict[str, Any]] = [{}]
    for count in (1, 2, 3, 4):
        for names in combinations(choices, count):
            sets: list[dict[str, Any]] = [{}]
            for name in names:
                sets = [{**one, name: value} for one in sets for value in choices[name]]
            combined += sets
    non_empty = 0
    for filters in combined:
        queryset = filterset(**filters)
        keys = queryset.get_public_index_keys()
        assert keys is not None, filters
        rows = keys.fetch_rows("created_at", descending=True, after=None, limit=100)
        answer = [(row[0], *keys.position(row)) for row in rows]
        assert len(answer) == len(set(answer)), filters
        expected = set(queryset.qs.values_list("pk", "created_at", "public_id"))
        assert set(answer) == expected, filters
        assert keys.count() == len(answer)
        non_empty += bool(answer) and len(filters) > 1
    assert non_empty


@pytest.mark.django_db
@pytest.mark.parametrize("bounds", [{}, {"created_at__gte": "2020-01-01T00:00:00Z"}])
def test_a_page_of_any_combination_reads_one_range_of_the_index_in_order(
    bounds: dict[str, str],
) -> None:
    claim = make.ClaimFactory(listed=True)
    keys = filterset(
        speaker=uuid4(), verdict="false", topic="ferries", **bounds
    ).get_public_index_keys()
    assert keys is not None
    position = (claim.created_at, claim.public_id)
    sql, params = keys.statement(after=position, limit=51)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # On a small table the planner prefers a sequential scan.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        cursor.execute(f"{explain} {sql}", params)
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert "claims_publicclaim_page" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
    index_only = "COVERING INDEX" if connection.vendor == "sqlite" else "Index Only Scan"
    assert index_only in plan


@pytest.mark.django_db
@pytest.mark.parametrize(
    "filters",
    [
        {"status": "reviewed"},
        {"verdict__in": "true,false"},
        {"verdict__not": "true"},
        {"speaker": uuid4(), "speaker__slug": "ada-quill"},
        {"updated_at__gte": "2020-01-01T00:00:00Z"},
    ],
)
def test_the_index_does_not_answer_other_filters(filters: dict[str, Any]) -> None:
    assert filterset(**filters).get_public_index_keys() is None


@pytest.mark.django_db
def test_the_index_does_not_answer_users_who_see_hidden_claims() -> None:
    assert (
        filterset(make.UserFactory(role="auditor"), verdict="true").get_public_index_keys() is None
    )
    assert filterset(make.UserFactory(), verdict="true").get_public_index_keys() is not None


@pytest.mark.django_db
def test_with_an_overflowing_claim_the_index_answers_single_filters_only(
    monkeypatch: pytest.MonkeyPatch, public: APIClient
) -> None:
    monkeypatch.setattr(public_index, "MAX_ROWS_PER_CLAIM", 20)
    triggers.install(connection)
    claim = make.ClaimFactory(listed=True)
    claim.topics.set([make.TopicFactory(slug=f"t{n}") for n in range(4)])
    speakers = [make.StatementFactory(claim=claim).speaker for _ in range(4)]
    filters = {"topic": "t0", "speaker": speakers[0].public_id}
    assert filterset(**filters).get_public_index_keys() is None
    assert filterset(topic="t0").get_public_index_keys() is not None
    assert list_ids(public, **filters) == {str(claim.public_id)}
    assert PublicClaim.objects.filter(claim_id=claim.pk).count() == 1 + 4 + 4 + 1


@pytest.mark.django_db
def test_filters_on_reviews_apply_to_one_review_together(public: APIClient) -> None:
    claim = make.ClaimFactory()
    one = make.published_version(review__claim=claim, rating__verdict="true").review.publisher
    other = make.published_version(review__claim=claim, rating__verdict="false").review.publisher
    assert list_ids(public, verdict="true", publisher=one.public_id)
    assert not list_ids(public, verdict="false", publisher=one.public_id)
    assert list_ids(public, verdict="false", publisher__slug=other.slug)


@pytest.mark.django_db
def test_filters_on_statements_apply_to_one_statement_together(public: APIClient) -> None:
    claim = make.ClaimFactory(listed=True)
    one, other = (make.StatementFactory(claim=claim) for _ in range(2))
    filters = {"speaker": one.speaker.public_id}
    assert list_ids(public, **filters, document=one.document.public_id)
    assert not list_ids(public, **filters, document=other.document.public_id)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["verdict", "speaker", "topic", "publisher", "language", "organization", "contradicts"]
)
def test_a_negation_matches_the_exact_complement(public: APIClient, name: str) -> None:
    desk = RandomDesk(5)
    desk.act(40)
    public_claims = [claim for claim in desk.claims if claim in Claim.objects.public()]
    make.ClaimRelationFactory(from_claim=public_claims[0], to_claim=public_claims[1])
    value = {
        "verdict": "true",
        "speaker": desk.speakers[0].public_id,
        "topic": desk.topics[0].slug,
        "publisher": desk.publishers[0].public_id,
        "language": "de",
        "organization": "Harbour Authority",
        "contradicts": public_claims[1].public_id,
    }[name]
    all_ids = list_ids(public)
    assert list_ids(public, **{name: value}) == all_ids - list_ids(
        public, **{f"{name}__not": value}
    )


@pytest.mark.django_db
def test_a_negation_matches_a_statement_without_a_speaker(public: APIClient) -> None:
    statement = make.StatementFactory(
        claim=make.ClaimFactory(listed=True), speaker=None, quotation="authorial"
    )
    filters = {"speaker__not": uuid4()}
    assert list_ids(public, "statements", **filters) == {str(statement.public_id)}
    assert list_ids(public, **filters) == {str(statement.claim.public_id)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("precision", "day", "filters", "matches"),
    [
        ("day", "2025-03-15", {"stated_on__gte": "2025-03", "stated_on__lt": "2025-04"}, True),
        ("month", "2025-03-01", {"stated_on__gte": "2025-03", "stated_on__lt": "2025-04"}, True),
        ("month", "2025-03-01", {"stated_on__lt": "2025-03-31"}, False),
        ("month", "2025-03-01", {"stated_on__gte": "2025-03-02"}, False),
        ("year", "2025-01-01", {"stated_on__gte": "2025", "stated_on__lt": "2026"}, True),
        ("year", "2025-01-01", {"stated_on__lt": "2025-12-31"}, False),
        ("month", "2025-12-01", {"stated_on__lt": "2026"}, True),
        ("day", "2025-03-15", {"stated_on__lt": "2025-03-15"}, False),
        ("unknown", None, {"stated_on__gte": "0001"}, False),
        ("unknown", None, {"stated_on__lt": "9999"}, False),
    ],
)
def test_a_partial_date_matches_if_its_whole_period_does(
    public: APIClient, precision: str, day: str | None, filters: dict[str, str], *, matches: bool
) -> None:
    make.StatementFactory(
        claim=make.ClaimFactory(listed=True), stated_on=day, stated_precision=precision
    )
    assert bool(list_ids(public, "statements", **filters)) is matches


@pytest.mark.django_db
def test_a_retracted_verdict_does_not_match_its_public_claim(public: APIClient) -> None:
    version = make.retracted_version()
    assert list_ids(public) == {str(version.review.claim.public_id)}
    assert not list_ids(public, verdict=version.rating.verdict)
    assert not list_ids(public, "reviews", rating=version.rating.public_id)


@pytest.mark.django_db
def test_a_suggested_contradiction_matches_only_for_users_who_see_it(
    public: APIClient, client_of: Any
) -> None:
    one, other = (make.ClaimFactory(listed=True) for _ in range(2))
    make.ClaimRelationFactory(from_claim=one, to_claim=other, state="suggested")
    filters = {"contradicts": other.public_id}
    auditor = client_of("auditor")
    assert not list_ids(public, **filters)
    assert list_ids(auditor, **filters) == {str(one.public_id)}
    ClaimRelation.objects.update(state="rejected")
    assert not list_ids(auditor, **filters)


@pytest.mark.django_db
def test_the_public_filter_by_evidence_ignores_confidential_evidence(
    public: APIClient, client_of: Any
) -> None:
    version = make.ReviewVersionFactory()
    make.EvidenceFactory(version=version, is_confidential=True, confidential_reason="At risk.")
    make.move(version, make.workflow.SUBMIT, version.author)
    make.move(version, make.workflow.PUBLISH, make.UserFactory(role="editor"))
    assert not list_ids(public, has_evidence="true")
    assert list_ids(public, has_evidence="false")
    assert list_ids(client_of("auditor"), has_evidence="true")


@pytest.mark.django_db
def test_an_error_names_the_valid_values(public: APIClient) -> None:
    assert "mostly_true" in error_detail(public, verdict="lie")
    assert "mostly_true" in error_detail(public, verdict__not="lie")
    assert "mostly_true" in error_detail(public, verdict__in="true,lie")
    for flag in ("1", "True", "yes"):
        assert "true, false" in error_detail(public, has_evidence=flag)
    assert "YYYY-MM" in error_detail(public, stated_on__gte="March 2025")
    assert "calendar" in error_detail(public, stated_on__lt="2025-02-30")
    assert "UUID" in error_detail(public, speaker="ada")
