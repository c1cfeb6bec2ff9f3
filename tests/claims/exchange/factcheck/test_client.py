"""Google's Python client, unmodified, against the live server."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from knox.models import get_token_model
from pytest_django.live_server_helper import LiveServer

from tests import factories as make
from tests.claims.exchange.factcheck.accounts import SITE, build_markup, build_page
from tests.claims.exchange.factcheck.test_search import create_reviews

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def claims(live_server: LiveServer) -> Iterator[Any]:
    create_reviews()
    with build(
        "factchecktools",
        "v1alpha1",
        static_discovery=True,
        developerKey="any",
        client_options={"api_endpoint": live_server.url},
    ) as service:
        yield service.claims()


@pytest.fixture
def pages(live_server: LiveServer, our_site: None) -> Iterator[Any]:
    _, token = get_token_model().objects.create(user=make.UserFactory(role="editor"))
    with build(
        "factchecktools",
        "v1alpha1",
        static_discovery=True,
        credentials=Credentials(token=token),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": live_server.url},
    ) as service:
        yield service.pages()


def test_the_client_searches_with_all_parameters(claims: Any) -> None:
    response = claims.search(
        query="ferries late",
        languageCode="en-US",
        reviewPublisherSiteFilter="www.checker.example",
        maxAgeDays=36_500,
        pageSize=5,
        offset=0,
    ).execute()
    [claim] = response["claims"]
    assert claim["text"] == "Ferries are late"
    assert claim["claimant"] == "Ada Quill"
    [review] = claim["claimReview"]
    assert review["publisher"] == {"name": "Checker", "site": "checker.example"}
    assert review["url"] == "https://checker.example/1"
    assert review["textualRating"] == "False"
    assert review["reviewDate"] == "2024-05-03T00:00:00Z"


def test_the_client_reads_all_pages_of_a_search(claims: Any) -> None:
    for _ in range(7):
        make.published_version(review__claim__text="Whales sing")
    request, texts, pages = claims.search(query="whale", pageSize=3), [], 0
    while request is not None:
        response = request.execute()
        texts += [claim["text"] for claim in response.get("claims", [])]
        pages += 1
        request = claims.search_next(request, response)
    assert (len(texts), pages) == (7, 3)


def test_the_client_sends_a_long_query_as_a_form(claims: Any) -> None:
    words = " ".join(["ferries"] * 20)
    long = claims.search(query=words, pageToken="x" * 3000)
    with pytest.raises(HttpError) as error:
        long.execute()
    assert error.value.resp.status == 400
    assert "token" in str(error.value)
    fields = "claims(text)," + ",".join(["claims/claimant"] * 120)
    [claim] = claims.search(query="ferries late", fields=fields).execute()["claims"]
    assert set(claim) == {"text", "claimant"}


def test_the_client_finds_a_claim_by_a_query_that_is_too_long_for_a_url(claims: Any) -> None:
    claim = " ".join(f"Ferry {number} was late by {number * 7} minutes." for number in range(25))
    make.published_version(review__claim__text=claim)
    request = claims.search(query=f"{claim} {'They always are, says everyone. ' * 50}")
    assert len(request.uri) > 2048
    [result] = request.execute()["claims"]
    assert result["text"] == claim


def test_the_client_gets_part_of_a_response(claims: Any) -> None:
    response = claims.search(query="ferries", fields="claims(claimReview/textualRating)").execute()
    assert all(set(claim) == {"claimReview"} for claim in response["claims"])
    assert response["claims"][0]["claimReview"] == [{"textualRating": "False"}]


def test_the_client_reads_errors(claims: Any) -> None:
    with pytest.raises(HttpError) as error:
        claims.search().execute()
    assert error.value.resp.status == 400
    assert error.value.error_details[0]["fieldViolations"][0]["field"] == "query"
    with pytest.raises(HttpError) as error:
        claims.imageSearch(imageUri="https://checker.example/1.png").execute()
    assert error.value.resp.status == 501


def test_the_client_creates_gets_lists_updates_and_deletes_pages(pages: Any) -> None:
    page = pages.create(body=build_page()).execute()
    assert pages.get(name=page["name"]).execute() == page
    for parameters in ({"url": page["pageUrl"]}, {"organization": SITE}):
        assert pages.list(**parameters).execute() == {"claimReviewMarkupPages": [page]}
    anchored = build_markup(url=f"{page['pageUrl']}#two", claimReviewed="Ferries are dear")
    page["claimReviewMarkups"].append(anchored)
    changed = pages.update(name=page["name"], body=page).execute()
    assert changed["claimReviewMarkups"] == page["claimReviewMarkups"]
    with pytest.raises(HttpError) as error:
        pages.update(name=page["name"], body=page).execute()
    assert error.value.resp.status == 409
    assert pages.delete(name=page["name"]).execute() == {}
    with pytest.raises(HttpError) as error:
        pages.get(name=page["name"]).execute()
    assert error.value.resp.status == 404
    assert pages.list(organization=SITE).execute() == {}


def test_the_client_reads_all_pages_of_a_list_and_sends_a_long_url_as_a_form(pages: Any) -> None:
    long = f"https://{SITE}/{'x' * 1900}"
    for url in [*(f"https://{SITE}/{number}" for number in range(4)), long]:
        pages.create(body=build_page(pageUrl=url)).execute()
    request, urls = pages.list(organization=SITE, pageSize=2), []
    while request is not None:
        response = request.execute()
        urls.append([one["pageUrl"] for one in response.get("claimReviewMarkupPages", [])])
        request = pages.list_next(request, response)
    assert [len(batch) for batch in urls] == [2, 2, 1]
    assert len({url for batch in urls for url in batch}) == 5
    [result] = pages.list(
        url=long, fields="claimReviewMarkupPages(pageUrl,name)," * 9 + "x"
    ).execute()["claimReviewMarkupPages"]
    assert set(result) == {"pageUrl", "name"}


def test_the_client_reads_errors_of_pages(pages: Any) -> None:
    with pytest.raises(HttpError) as error:
        pages.create(
            body=build_page(build_markup(rating={"textualRating": "No", "ratingValue": 9}))
        ).execute()
    assert error.value.resp.status == 400
    [violation] = error.value.error_details[0]["fieldViolations"]
    assert violation["field"] == "claimReviewMarkups[0].rating.ratingValue"
