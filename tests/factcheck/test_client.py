"""Google's own Python client, unmodified, against the live server."""

from collections.abc import Iterator
from typing import Any

import pytest
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from pytest_django.live_server_helper import LiveServer

from tests import factories as make
from tests.factcheck.test_search import world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def claims(live_server: LiveServer) -> Iterator[Any]:
    world()
    with build(
        "factchecktools",
        "v1alpha1",
        static_discovery=True,
        developerKey="any",
        client_options={"api_endpoint": live_server.url},
    ) as service:
        yield service.claims()


def test_it_searches_with_all_parameters(claims: Any) -> None:
    found = claims.search(
        query="ferries late",
        languageCode="en-US",
        reviewPublisherSiteFilter="www.checker.example",
        maxAgeDays=36_500,
        pageSize=5,
        offset=0,
    ).execute()
    [claim] = found["claims"]
    assert claim["text"] == "Ferries are late"
    assert claim["claimant"] == "Ada Quill"
    [review] = claim["claimReview"]
    assert review["publisher"] == {"name": "Checker", "site": "checker.example"}
    assert review["url"] == "https://checker.example/1"
    assert review["textualRating"] == "False"
    assert review["reviewDate"] == "2024-05-03T00:00:00Z"


def test_it_pages_to_the_end(claims: Any) -> None:
    for _ in range(7):
        make.published_version(review__claim__text="Whales sing")
    request, texts, pages = claims.search(query="whale", pageSize=3), [], 0
    while request is not None:
        answer = request.execute()
        texts += [claim["text"] for claim in answer.get("claims", [])]
        pages += 1
        request = claims.search_next(request, answer)
    assert (len(texts), pages) == (7, 3)


def test_it_sends_a_long_query_as_a_form(claims: Any) -> None:
    words = " ".join(["ferries"] * 20)
    long = claims.search(query=words, pageToken="x" * 3000)
    with pytest.raises(HttpError) as refusal:
        long.execute()
    assert refusal.value.resp.status == 400
    assert "token" in str(refusal.value)
    fields = "claims(text)," + ",".join(["claims/claimant"] * 120)
    [claim] = claims.search(query="ferries late", fields=fields).execute()["claims"]
    assert set(claim) == {"text", "claimant"}


def test_it_gets_part_of_an_answer(claims: Any) -> None:
    found = claims.search(query="ferries", fields="claims(claimReview/textualRating)").execute()
    assert all(set(claim) == {"claimReview"} for claim in found["claims"])
    assert found["claims"][0]["claimReview"] == [{"textualRating": "False"}]


def test_it_reads_our_errors(claims: Any) -> None:
    with pytest.raises(HttpError) as refusal:
        claims.search().execute()
    assert refusal.value.resp.status == 400
    assert refusal.value.error_details[0]["fieldViolations"][0]["field"] == "query"
    with pytest.raises(HttpError) as refusal:
        claims.imageSearch(imageUri="https://checker.example/1.png").execute()
    assert refusal.value.resp.status == 501
