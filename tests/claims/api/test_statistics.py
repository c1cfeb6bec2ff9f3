"""The desk's figures: exact on records of which all is known, and only what the caller may see."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from claims import workflow
from claims.models import Claim
from claims.reports.statistics import AGE_BANDS, STATISTICS, fill_months, in_age_band
from tests import factories as make
from tests.api.contract import assert_conforms

pytestmark = pytest.mark.django_db

URL = "/api/v1/statistics/"
Clients = Callable[..., APIClient]


def figures(client: APIClient, name: str, **asked: str) -> Any:
    response = client.get(f"{URL}{name}/", asked)
    assert_conforms(response)
    assert response.status_code == 200, response.content
    return response.json()


def reviewed(verdict: str, **values: Any) -> Any:
    """A published version with that verdict."""
    rating = make.RatingFactory(verdict=verdict)
    return make.published_version(rating=rating, **values)


def test_the_index_names_the_statistics(public: APIClient) -> None:
    response = public.get(URL)
    assert_conforms(response)
    assert set(response.json()) == set(STATISTICS)
    for address in response.json().values():
        assert public.get(address).status_code == 200


def test_verdicts_are_counted_by_speaker_and_month(public: APIClient) -> None:
    ada, ben = make.SpeakerFactory(name="Ada"), make.SpeakerFactory(name="Ben")
    for verdict, speakers in (("false", (ada, ben)), ("true", (ada, ada)), ("false", (ada,))):
        version = reviewed(verdict)
        for speaker in speakers:
            make.StatementFactory(claim=version.review.claim, speaker=speaker)
    reviewed("mixed")
    make.submitted_version()
    found = figures(public, "verdicts")
    two = [{"value": "true", "count": 1}, {"value": "false", "count": 2}]
    assert found["claims"] == 4
    assert found["by_verdict"] == [two[0], {"value": "mixed", "count": 1}, two[1]]
    assert [(row["name"], row["claims"], row["verdicts"]) for row in found["by_speaker"]] == [
        ("Ada", 3, two),
        ("Ben", 1, [{"value": "false", "count": 1}]),
    ]
    assert found["by_month"] == [
        {"month": f"{timezone.now():%Y-%m}", "verdicts": found["by_verdict"]}
    ]


def since(version: Any, days: float) -> None:
    """Say that the claim was recorded so many days before the version was published."""
    Claim.objects.filter(pk=version.review.claim_id).update(
        created_at=version.published_at - timedelta(days=days)
    )


def test_days_from_claim_to_verdict_are_told_by_quartiles(public: APIClient) -> None:
    for days in (1, 2, 3, 4, 10):
        since(reviewed("true"), days)
    since(reviewed("true"), -1)  # published elsewhere before it was recorded here
    found = figures(public, "durations")
    assert found["claims"] == 5
    assert [found[f"{name}_days"] for name in ("lower_quartile", "median", "upper_quartile")] == [
        2.0,
        3.0,
        4.0,
    ]
    assert [(row["claims"], row["median_days"]) for row in found["by_month"]] == [(5, 3.0)]


def test_there_are_no_quartiles_of_nothing(public: APIClient) -> None:
    found = figures(public, "durations")
    assert found == {
        "claims": 0,
        "lower_quartile_days": None,
        "median_days": None,
        "upper_quartile_days": None,
        "by_month": [],
    }
    assert figures(public, "queue")["oldest"] is None


def test_what_waits_is_counted_by_age_and_status(public: APIClient, client_of: Clients) -> None:
    now = timezone.now()
    for days in (0, 1.5, 2, 8, 31, 400):
        claim = make.ClaimFactory(status="in_review" if days == 2 else "unreviewed")
        Claim.objects.filter(pk=claim.pk).update(created_at=now - timedelta(days=days))
    make.ClaimFactory(status="rejected", status_reason="No.")
    make.ClaimFactory(listed=True)
    found = figures(client_of("auditor"), "queue")
    assert found["claims"] == 7
    assert [(row["unreviewed"], row["in_review"]) for row in found["by_age"]] == [
        (2, 0),
        (1, 1),
        (1, 0),
        (2, 0),
    ]
    assert figures(public, "queue")["claims"] == 1


def test_returns_are_for_staff(public: APIClient, client_of: Clients) -> None:
    editor = make.UserFactory(role="editor")
    twice, _never = make.submitted_version(), make.submitted_version()
    for _ in range(2):
        make.move(twice, workflow.RETURN, editor, "Which ferry?")
        make.move(twice, workflow.SUBMIT, twice.author)
    make.ReviewVersionFactory()
    assert figures(client_of("auditor"), "returns") == {"submitted": 2, "returned": 1}
    with_its_author = make.submitted_version()
    make.move(with_its_author, workflow.RETURN, editor, "Which pier?")
    assert figures(client_of("auditor"), "returns") == {"submitted": 3, "returned": 2}
    assert figures(public, "returns") == {"submitted": None, "returned": None}


def test_corrections_are_counted_by_kind_and_year(public: APIClient) -> None:
    first = make.published_version()
    make.corrected_version(first)
    make.retracted_version()
    make.published_version()
    found = figures(public, "corrections")
    kinds = {row["value"]: row["count"] for row in found["by_kind"]}
    assert (found["reviews"], found["corrections"], sum(kinds.values())) == (3, 2, 2)
    assert found["corrected"] == 2
    assert kinds["retraction"] == 1
    assert found["by_year"] == [{"year": timezone.now().year, "count": 2}]


def test_the_balance_is_of_what_was_checked(public: APIClient, client_of: Clients) -> None:
    role, topic = make.AffiliationFactory(), make.TopicFactory()
    checked = reviewed("false").review.claim
    for _ in range(2):
        make.StatementFactory(claim=checked, speaker=role.speaker, affiliation=role)
    checked.topics.add(topic)
    reviewed("true")
    listed = make.ClaimFactory(listed=True)
    listed.topics.add(topic)
    make.StatementFactory(claim=listed, speaker=role.speaker)
    found = figures(public, "balance")
    assert (found["claims"], found["found"]) == (2, 3)
    assert [(row["name"], row["count"]) for row in found["by_speaker"]] == [(role.speaker.name, 1)]
    assert found["by_organization"] == [{"value": "Harbour Authority", "count": 1}]
    assert [(row["slug"], row["count"]) for row in found["by_topic"]] == [(topic.slug, 1)]
    assert (found["without_speaker"], found["without_topic"]) == (1, 1)
    make.ClaimFactory()
    assert figures(public, "balance") == found
    assert figures(client_of("auditor"), "balance")["found"] == 4


def test_statistics_are_filtered_as_claims_are(public: APIClient) -> None:
    one, other = reviewed("false"), reviewed("true")
    topic = make.TopicFactory()
    one.review.claim.topics.add(topic)
    assert figures(public, "verdicts", topic=topic.slug)["claims"] == 1
    assert figures(public, "balance", verdict="true")["by_verdict"] == [
        {"value": "true", "count": 1}
    ]
    publisher = str(other.review.publisher.public_id)
    assert figures(public, "durations", publisher=publisher)["claims"] == 1
    assert figures(public, "corrections", q="nothing")["reviews"] == 0
    for name in STATISTICS:
        for asked in ({"colour": "red"}, {"page_size": "5"}, {"verdict": "x"}, {"q": ""}):
            assert public.get(f"{URL}{name}/", asked).status_code == 400, (name, asked)


def test_a_month_without_a_verdict_shows() -> None:
    assert fill_months({"2025-11": 1, "2026-02": 1}) == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert fill_months({}) == []


def test_more_claims_ask_no_more_questions(client_of: Clients) -> None:
    client = client_of("editor")
    counts: list[dict[str, int]] = []
    for number in (1, 20):
        for _ in range(number):
            role = make.AffiliationFactory()
            version = reviewed("false")
            version.review.claim.topics.add(make.TopicFactory())
            make.StatementFactory(
                claim=version.review.claim, speaker=role.speaker, affiliation=role
            )
        counts.append({})
        client.get(f"{URL}queue/")  # the permissions are read once
        for name in STATISTICS:
            with CaptureQueriesContext(connection) as asked:
                client.get(f"{URL}{name}/")
            counts[-1][name] = len(asked)
    assert counts[0] == counts[1]
    assert counts[1] == {
        "verdicts": 6,
        "durations": 1,
        "queue": 1,
        "returns": 1,
        "corrections": 4,
        "balance": 10,
    }


def test_an_age_is_in_one_band_only() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)

    make.ClaimFactory()
    for days in (-1, 0, 0.5, 1, 6.99, 7, 29, 30, 5000):
        Claim.objects.update(created_at=now - timedelta(days=days))
        found = [
            place
            for place in range(len(AGE_BANDS))
            if Claim.objects.filter(in_age_band(now, place))
        ]
        assert len(found) == 1, days
