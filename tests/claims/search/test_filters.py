"""What filters mean together, and what of it the narrow index answers."""

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
from tests.claims.read_models.test_public_index import Desk


def filterset(user: User | AnonymousUser | None = None, **asked: Any) -> ClaimFilterSet:
    request = Request(APIRequestFactory().get("/"))
    request.user = user or AnonymousUser()
    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in asked.items()})
    made = ClaimFilterSet(query, Claim.objects.visible_to(request.user), request=request)
    assert made.is_valid(), made.errors
    return made


def found(client: APIClient, path: str = "claims", **asked: Any) -> set[str]:
    response = client.get(f"/api/v1/{path}/", {"page_size": 200, **asked})
    assert response.status_code == 200, response.content
    return {row["id"] for row in response.json()["results"]}


def refused(client: APIClient, **asked: Any) -> str:
    response = client.get("/api/v1/claims/", asked)
    assert response.status_code == 400
    (fault,) = response.json()["errors"]
    assert fault["parameter"] == next(iter(asked))
    return str(fault["detail"])


@pytest.mark.django_db
def test_the_index_finds_what_the_records_themselves_say_of_every_combination() -> None:
    desk = Desk(3)
    for _ in range(60):
        desk.act()
    choices: dict[str, list[Any]] = {
        "speaker": [*(s.public_id for s in desk.speakers[:2]), uuid4()],
        "verdict": ["true", "mixed", "satire"],
        "publisher__slug": [*(p.slug for p in desk.publishers[:2]), "nobody"],
        "topic": [desk.topics[0].slug, "nothing"],
        "created_at__lt": [desk.claims[2].created_at.isoformat()],
    }
    asked: list[dict[str, Any]] = [{}]
    for count in (1, 2, 3, 4):
        for names in combinations(choices, count):
            sets: list[dict[str, Any]] = [{}]
            for name in names:
                sets = [{**one, name: value} for one in sets for value in choices[name]]
            asked += sets
    answered = 0
    for question in asked:
        made = filterset(**question)
        keys = made.index_keys()
        assert keys is not None, question
        rows = keys.rows("created_at", descending=True, after=None, limit=100)
        said = [(row[0], *keys.place(row)) for row in rows]
        assert len(said) == len(set(said)), question
        expected = set(made.qs.values_list("pk", "created_at", "public_id"))
        assert set(said) == expected, question
        assert keys.number() == len(said)
        answered += bool(said) and len(question) > 1
    assert answered


@pytest.mark.django_db
@pytest.mark.parametrize("moment", [{}, {"created_at__gte": "2020-01-01T00:00:00Z"}])
def test_a_page_of_any_combination_is_one_range_of_the_index_in_order(
    moment: dict[str, str],
) -> None:
    claim = make.ClaimFactory(listed=True)
    keys = filterset(speaker=uuid4(), verdict="false", topic="ferries", **moment).index_keys()
    assert keys is not None
    place = (claim.created_at, claim.public_id)
    sql, values = keys.statement(after=place, limit=51)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # which prefers it only where there are many rows
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        cursor.execute(f"{explain} {sql}", values)
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert "claims_publicclaim_page" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
    only = "COVERING INDEX" if connection.vendor == "sqlite" else "Index Only Scan"
    assert only in plan


@pytest.mark.django_db
@pytest.mark.parametrize(
    "asked",
    [
        {"status": "reviewed"},
        {"verdict__in": "true,false"},
        {"verdict__not": "true"},
        {"speaker": uuid4(), "speaker__slug": "ada-quill"},
        {"updated_at__gte": "2020-01-01T00:00:00Z"},
    ],
)
def test_the_index_leaves_other_questions_to_the_records(asked: dict[str, Any]) -> None:
    assert filterset(**asked).index_keys() is None


@pytest.mark.django_db
def test_the_index_does_not_answer_to_those_who_see_more() -> None:
    assert filterset(make.UserFactory(role="auditor"), verdict="true").index_keys() is None
    assert filterset(make.UserFactory(), verdict="true").index_keys() is not None


@pytest.mark.django_db
def test_a_claim_of_too_many_combinations_sends_filters_by_several_facts_to_the_records(
    monkeypatch: pytest.MonkeyPatch, public: APIClient
) -> None:
    monkeypatch.setattr(public_index, "MAX_ROWS_PER_CLAIM", 20)
    triggers.install(connection)
    claim = make.ClaimFactory(listed=True)
    claim.topics.set([make.TopicFactory(slug=f"t{n}") for n in range(4)])
    speakers = [make.StatementFactory(claim=claim).speaker for _ in range(4)]
    asked = {"topic": "t0", "speaker": speakers[0].public_id}
    assert filterset(**asked).index_keys() is None
    assert filterset(topic="t0").index_keys() is not None
    assert found(public, **asked) == {str(claim.public_id)}
    assert PublicClaim.objects.filter(claim_id=claim.pk).count() == 1 + 4 + 4 + 1


@pytest.mark.django_db
def test_conditions_about_a_review_hold_of_one_and_the_same(public: APIClient) -> None:
    claim = make.ClaimFactory()
    one = make.published_version(review__claim=claim, rating__verdict="true").review.publisher
    other = make.published_version(review__claim=claim, rating__verdict="false").review.publisher
    assert found(public, verdict="true", publisher=one.public_id)
    assert not found(public, verdict="false", publisher=one.public_id)
    assert found(public, verdict="false", publisher__slug=other.slug)


@pytest.mark.django_db
def test_conditions_about_a_statement_hold_of_one_and_the_same(public: APIClient) -> None:
    claim = make.ClaimFactory(listed=True)
    one, other = (make.StatementFactory(claim=claim) for _ in range(2))
    asked = {"speaker": one.speaker.public_id}
    assert found(public, **asked, document=one.document.public_id)
    assert not found(public, **asked, document=other.document.public_id)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["verdict", "speaker", "topic", "publisher", "language", "organization", "contradicts"]
)
def test_what_a_negation_finds_is_the_exact_complement(public: APIClient, name: str) -> None:
    desk = Desk(5)
    for _ in range(40):
        desk.act()
    listed = [claim for claim in desk.claims if claim in Claim.objects.public()]
    make.ClaimRelationFactory(from_claim=listed[0], to_claim=listed[1])
    value = {
        "verdict": "true",
        "speaker": desk.speakers[0].public_id,
        "topic": desk.topics[0].slug,
        "publisher": desk.publishers[0].public_id,
        "language": "de",
        "organization": "Harbour Authority",
        "contradicts": listed[1].public_id,
    }[name]
    everything = found(public)
    assert found(public, **{name: value}) == everything - found(public, **{f"{name}__not": value})


@pytest.mark.django_db
def test_of_a_statement_without_a_speaker_the_complement_holds_too(public: APIClient) -> None:
    said = make.StatementFactory(
        claim=make.ClaimFactory(listed=True), speaker=None, quotation="authorial"
    )
    asked = {"speaker__not": uuid4()}
    assert found(public, "statements", **asked) == {str(said.public_id)}
    assert found(public, **asked) == {str(said.claim.public_id)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("precision", "day", "asked", "fits"),
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
def test_a_date_known_in_part_is_found_where_the_whole_of_it_lies(
    public: APIClient, precision: str, day: str | None, asked: dict[str, str], *, fits: bool
) -> None:
    make.StatementFactory(
        claim=make.ClaimFactory(listed=True), stated_on=day, stated_precision=precision
    )
    assert bool(found(public, "statements", **asked)) is fits


@pytest.mark.django_db
def test_a_retracted_verdict_is_not_found_though_its_claim_stays_public(public: APIClient) -> None:
    version = make.retracted_version()
    assert found(public) == {str(version.review.claim.public_id)}
    assert not found(public, verdict=version.rating.verdict)
    assert not found(public, "reviews", rating=version.rating.public_id)


@pytest.mark.django_db
def test_only_those_who_see_a_suggested_contradiction_find_by_it(
    public: APIClient, client_of: Any
) -> None:
    one, other = (make.ClaimFactory(listed=True) for _ in range(2))
    make.ClaimRelationFactory(from_claim=one, to_claim=other, state="suggested")
    asked = {"contradicts": other.public_id}
    auditor = client_of("auditor")
    assert not found(public, **asked)
    assert found(auditor, **asked) == {str(one.public_id)}
    ClaimRelation.objects.update(state="rejected")
    assert not found(auditor, **asked)


@pytest.mark.django_db
def test_confidential_evidence_is_no_evidence_to_the_public(
    public: APIClient, client_of: Any
) -> None:
    version = make.ReviewVersionFactory()
    make.EvidenceFactory(version=version, is_confidential=True, confidential_reason="At risk.")
    make.move(version, make.workflow.SUBMIT, version.author)
    make.move(version, make.workflow.PUBLISH, make.UserFactory(role="editor"))
    assert not found(public, has_evidence="true")
    assert found(public, has_evidence="false")
    assert found(client_of("auditor"), has_evidence="true")


@pytest.mark.django_db
def test_a_refusal_says_what_is_wrong_and_what_is_allowed(public: APIClient) -> None:
    assert "mostly_true" in refused(public, verdict="lie")
    assert "mostly_true" in refused(public, verdict__not="lie")
    assert "mostly_true" in refused(public, verdict__in="true,lie")
    for flag in ("1", "True", "yes"):
        assert "true, false" in refused(public, has_evidence=flag)
    assert "YYYY-MM" in refused(public, stated_on__gte="March 2025")
    assert "calendar" in refused(public, stated_on__lt="2025-02-30")
    assert "UUID" in refused(public, speaker="ada")
