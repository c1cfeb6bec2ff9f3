"""The statistics page: the numbers of the API, for users who may view claims."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.models import Claim
from tests import factories as make
from tests.claims.admin.pages import client_for, markup_of, text_of
from tests.conftest import ROLES

pytestmark = pytest.mark.django_db

PAGE = "/desk/statistics/"


def published(verdict: str = "false") -> Any:
    role = make.AffiliationFactory(speaker__name="<b>Ada</b>")
    version: Any = make.published_version(rating=make.RatingFactory(verdict=verdict))
    version.review.claim.topics.add(make.TopicFactory())
    make.StatementFactory(claim=version.review.claim, speaker=role.speaker, affiliation=role)
    return version


def chart(page: str, name: str) -> str:
    match = re.search(rf'<section aria-labelledby="chart-{name}">.*?</section>', page, re.DOTALL)
    return match[0] if match else ""


def test_an_empty_desk_says_what_to_do_next() -> None:
    page = text_of(client_for(make.UserFactory(role="editor")).get(PAGE))
    assert "There is nothing to count yet" in page
    assert "<svg viewBox" not in page


def test_the_page_has_the_numbers_of_the_api() -> None:
    for verdict in ("false", "false", "true"):
        topic = published(verdict).review.claim.topics.get()
    topic.name = "Ports & piers"
    topic.save()
    client = client_for(make.UserFactory(role="editor"))
    page = markup_of(client.get(PAGE))
    figures = client.get("/api/v1/statistics/verdicts/").json()
    for row in figures["by_verdict"]:
        assert re.search(rf'class="desk-{row["value"]}" x="0.00"', chart(page, "verdicts"))
    assert re.findall(r'class="desk-told">(\d+)', chart(page, "verdicts")) == [
        str(row["count"]) for row in figures["by_verdict"]
    ]
    assert "of 3 submitted" in page
    assert "Harbour Authority" in chart(page, "organizations")
    assert "Ports &amp; piers" in chart(page, "topics")
    assert "&lt;b&gt;Ada&lt;/b&gt;" in chart(page, "speakers")
    assert "<b>Ada" not in page


def test_a_month_without_publications_has_no_median() -> None:
    for month, days in ((3, 1.26), (5, 0.4)):
        moment = datetime(2026, month, 15, tzinfo=UTC)
        with pytest.MonkeyPatch.context() as clock:
            clock.setattr(timezone, "now", lambda moment=moment: moment)
            claim = published().review.claim
        Claim.objects.filter(pk=claim.pk).update(created_at=moment - timedelta(days=days))
    client = client_for(make.UserFactory(role="editor"))
    months = client.get("/api/v1/statistics/durations/").json()["by_month"]
    drawn = re.findall(r'class="desk-told">([^<]*)<', chart(text_of(client.get(PAGE)), "durations"))
    assert [row["median_days"] for row in months] == [1.3, None, 0.4]
    assert drawn == ["1.3 days", "—", "0.4 days"]


def test_the_statistics_are_filtered_by_query_parameters() -> None:
    version, other = published("false"), published("true")
    client = client_for(make.UserFactory(role="editor"))
    topic = version.review.claim.topics.get().slug
    day = f"{version.published_at:%Y-%m-%d}"
    for query, number in (
        ({"topic": topic}, 1),
        ({"verdict": "true"}, 1),
        ({"publisher__slug": other.review.publisher.slug}, 1),
        ({"speaker": "ADA"}, 2),
        ({"speaker": "nobody"}, 0),
        ({"since": day}, 2),
        ({"until": day}, 0),
        ({"kind": "statistic"}, 0),
    ):
        page = markup_of(client.get(PAGE, query))
        assert f"verdict</dt><dd>{number}</dd>" in page, query


@pytest.mark.parametrize(
    "asked", [{"since": "2026-02-30"}, {"topic": "nowhere"}, {"speaker": "\x00"}, {"verdict": "x"}]
)
def test_an_invalid_filter_is_an_error_of_its_field(asked: dict[str, str]) -> None:
    answer = client_for(make.UserFactory(role="editor")).get(PAGE, asked)
    assert answer.status_code == 200
    assert 'class="errorlist"' in text_of(answer)


def test_only_roles_that_may_view_claims_see_the_statistics() -> None:
    for role in ROLES:
        assert client_for(make.UserFactory(role=role)).get(PAGE).status_code == 200
    assert client_for(make.UserFactory()).get(PAGE).status_code == 403


def test_more_claims_need_no_more_queries() -> None:
    client = client_for(make.UserFactory(role="editor"))
    counts = []
    for number in (1, 15):
        for _ in range(number):
            published()
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 35
