"""The desk's statistics in the API: exact figures, of visible records only."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from claims import workflow
from claims.models import Claim
from claims.reports.statistics import STATISTICS
from tests import factories as make
from tests.api.contract import assert_conforms

pytestmark = pytest.mark.django_db

URL = "/api/v1/statistics/"
Clients = Callable[..., APIClient]


def get_figures(client: APIClient, name: str, **filters: str) -> Any:
    response = client.get(f"{URL}{name}/", filters)
    assert_conforms(response)
    assert response.status_code == 200, response.content
    return response.json()


def publish(verdict: str, **values: Any) -> Any:
    """A published version with that verdict."""
    rating = make.RatingFactory(verdict=verdict)
    return make.published_version(rating=rating, **values)


def test_the_index_names_the_statistics(public: APIClient) -> None:
    response = public.get(URL)
    assert_conforms(response)
    assert set(response.json()) == set(STATISTICS)
    for url in response.json().values():
        assert public.get(url).status_code == 200


def test_verdicts_are_counted_by_speaker_and_month(public: APIClient) -> None:
    ada, ben = make.SpeakerFactory(name="Ada"), make.SpeakerFactory(name="Ben")
    for verdict, speakers in (("false", (ada, ben)), ("true", (ada, ada)), ("false", (ada,))):
        version = publish(verdict)
        for speaker in speakers:
            make.StatementFactory(claim=version.review.claim, speaker=speaker)
    publish("mixed")
    make.submitted_version()
    figures = get_figures(public, "verdicts")
    two = [{"value": "true", "count": 1}, {"value": "false", "count": 2}]
    assert figures["claims"] == 4
    assert figures["by_verdict"] == [two[0], {"value": "mixed", "count": 1}, two[1]]
    assert [(row["name"], row["claims"], row["verdicts"]) for row in figures["by_speaker"]] == [
        ("Ada", 3, two),
        ("Ben", 1, [{"value": "false", "count": 1}]),
    ]
    assert figures["by_month"] == [
        {"month": f"{timezone.now():%Y-%m}", "verdicts": figures["by_verdict"]}
    ]


def set_duration(version: Any, days: float) -> None:
    """Set the creation of the claim to some days before the publication of the version."""
    Claim.objects.filter(pk=version.review.claim_id).update(
        created_at=version.published_at - timedelta(days=days)
    )


def test_durations_have_quartiles(public: APIClient) -> None:
    for days in (1, 2, 3, 4, 10):
        set_duration(publish("true"), days)
    set_duration(publish("true"), -1)  # published elsewhere before the record was created
    figures = get_figures(public, "durations")
    assert figures["claims"] == 5
    assert [figures[f"{name}_days"] for name in ("lower_quartile", "median", "upper_quartile")] == [
        2.0,
        3.0,
        4.0,
    ]
    assert [(row["claims"], row["median_days"]) for row in figures["by_month"]] == [(5, 3.0)]


def test_without_claims_there_are_no_quartiles(public: APIClient) -> None:
    figures = get_figures(public, "durations")
    assert figures == {
        "claims": 0,
        "lower_quartile_days": None,
        "median_days": None,
        "upper_quartile_days": None,
        "by_month": [],
    }
    assert get_figures(public, "queue")["oldest"] is None


def test_open_claims_are_counted_by_age_and_status(public: APIClient, client_of: Clients) -> None:
    now = timezone.now()
    for days in (0, 1.5, 2, 8, 31, 400):
        claim = make.ClaimFactory(status="in_review" if days == 2 else "unreviewed")
        Claim.objects.filter(pk=claim.pk).update(created_at=now - timedelta(days=days))
    make.ClaimFactory(status="rejected", status_reason="No.")
    make.ClaimFactory(listed=True)
    figures = get_figures(client_of("auditor"), "queue")
    assert figures["claims"] == 7
    assert [(row["unreviewed"], row["in_review"]) for row in figures["by_age"]] == [
        (2, 0),
        (1, 1),
        (1, 0),
        (2, 0),
    ]
    assert get_figures(public, "queue")["claims"] == 1


def test_only_staff_see_returns(public: APIClient, client_of: Clients) -> None:
    editor = make.UserFactory(role="editor")
    twice, _never = make.submitted_version(), make.submitted_version()
    for _ in range(2):
        make.move(twice, workflow.RETURN, editor, "Which ferry?")
        make.move(twice, workflow.SUBMIT, twice.author)
    make.ReviewVersionFactory()
    assert get_figures(client_of("auditor"), "returns") == {"submitted": 2, "returned": 1}
    with_its_author = make.submitted_version()
    make.move(with_its_author, workflow.RETURN, editor, "Which pier?")
    assert get_figures(client_of("auditor"), "returns") == {"submitted": 3, "returned": 2}
    assert get_figures(public, "returns") == {"submitted": None, "returned": None}


def test_corrections_are_counted_by_kind_and_year(public: APIClient) -> None:
    first = make.published_version()
    make.corrected_version(first)
    make.retracted_version()
    make.published_version()
    figures = get_figures(public, "corrections")
    kinds = {row["value"]: row["count"] for row in figures["by_kind"]}
    assert (figures["reviews"], figures["corrections"], sum(kinds.values())) == (3, 2, 2)
    assert figures["corrected"] == 2
    assert kinds["retraction"] == 1
    assert figures["by_year"] == [{"year": timezone.now().year, "count": 2}]


def test_the_balance_counts_checked_claims(public: APIClient, client_of: Clients) -> None:
    role, topic = make.AffiliationFactory(), make.TopicFactory()
    checked = publish("false").review.claim
    for _ in range(2):
        make.StatementFactory(claim=checked, speaker=role.speaker, affiliation=role)
    checked.topics.add(topic)
    publish("true")
    listed_claim = make.ClaimFactory(listed=True)
    listed_claim.topics.add(topic)
    make.StatementFactory(claim=listed_claim, speaker=role.speaker)
    figures = get_figures(public, "balance")
    assert (figures["claims"], figures["found"]) == (2, 3)
    assert [(row["name"], row["count"]) for row in figures["by_speaker"]] == [
        (role.speaker.name, 1)
    ]
    assert figures["by_organization"] == [{"value": "Harbour Authority", "count": 1}]
    assert [(row["slug"], row["count"]) for row in figures["by_topic"]] == [(topic.slug, 1)]
    assert (figures["without_speaker"], figures["without_topic"]) == (1, 1)
    make.ClaimFactory()
    assert get_figures(public, "balance") == figures
    assert get_figures(client_of("auditor"), "balance")["found"] == 4


def test_statistics_are_filtered_as_claims_are(public: APIClient) -> None:
    one, other = publish("false"), publish("true")
    topic = make.TopicFactory()
    one.review.claim.topics.add(topic)
    assert get_figures(public, "verdicts", topic=topic.slug)["claims"] == 1
    assert get_figures(public, "balance", verdict="true")["by_verdict"] == [
        {"value": "true", "count": 1}
    ]
    publisher = str(other.review.publisher.public_id)
    assert get_figures(public, "durations", publisher=publisher)["claims"] == 1
    assert get_figures(public, "corrections", q="nothing")["reviews"] == 0
    for name in STATISTICS:
        for filters in ({"colour": "red"}, {"page_size": "5"}, {"verdict": "x"}, {"q": ""}):
            assert public.get(f"{URL}{name}/", filters).status_code == 400, (name, filters)


def test_the_number_of_queries_does_not_grow_with_the_number_of_claims(client_of: Clients) -> None:
    client = client_of("editor")
    counts: list[dict[str, int]] = []
    for number in (1, 20):
        for _ in range(number):
            role = make.AffiliationFactory()
            version = publish("false")
            version.review.claim.topics.add(make.TopicFactory())
            make.StatementFactory(
                claim=version.review.claim, speaker=role.speaker, affiliation=role
            )
        counts.append({})
        client.get(f"{URL}queue/")  # reads the permissions, once
        for name in STATISTICS:
            with CaptureQueriesContext(connection) as queries:
                client.get(f"{URL}{name}/")
            counts[-1][name] = len(queries)
    assert counts[0] == counts[1]
    assert counts[1] == {
        "verdicts": 6,
        "durations": 1,
        "queue": 1,
        "returns": 1,
        "corrections": 4,
        "balance": 10,
    }
