"""Linked data in the API: a review as ClaimReview, the list as a feed."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from claims.exchange.claimreview.dates import format_timestamp
from claims.exchange.claimreview.extractor import extract_from_json
from claims.models import Claim, Review, ReviewVersion
from claims.public_urls import review_url
from claimsapi.core.models import User
from tests import factories as make
from tests.claims.exchange.claimreview.reviews import LINKED_DATA, make_reviews, publish_review


@pytest.mark.django_db
def test_a_review_is_served_as_linked_data_on_request(client: Client) -> None:
    review = publish_review()
    url = f"/api/v1/reviews/{review.public_id}/"
    response = client.get(url, **LINKED_DATA)
    assert response["Content-Type"] == "application/ld+json"
    markup = response.json()
    assert markup["@type"] == "ClaimReview"
    assert markup["url"].endswith(f"/reviews/{Review.objects.get().slug}/")
    assert "<" not in response.content.decode()
    again = client.get(url, HTTP_IF_NONE_MATCH=response["ETag"], **LINKED_DATA)
    assert again.status_code == 304
    assert client.get(url)["Content-Type"] == "application/json"


@pytest.mark.django_db
@pytest.mark.parametrize("make_one", [make.submitted_version, make.retracted_version])
def test_unpublished_reviews_have_no_linked_data(client: Client, make_one: Any) -> None:
    url = f"/api/v1/reviews/{make_one().review.public_id}/"
    assert client.get(url, **LINKED_DATA).status_code == 404


@pytest.mark.django_db
def test_a_review_retracted_during_the_request_is_not_found(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The retraction comes between the queries for the review and for its versions."""
    review = publish_review()
    retracted = make.retracted_version().review
    review_in_query = Review.objects.public().for_markup().get(pk=retracted.pk)
    monkeypatch.setattr(
        "claims.api.views.linked_data.get_object_or_404", lambda *_, **__: review_in_query
    )
    answer = client.get(f"/api/v1/reviews/{review.public_id}/", **LINKED_DATA)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_the_list_is_a_feed_of_pages_that_ends(client: Client) -> None:
    make_reviews()
    url, published, deleted = "/api/v1/reviews/?page_size=2&ordering=created_at", [], []
    while url:
        response = client.get(url, **LINKED_DATA)
        feed = response.json()
        assert feed["@type"] == "DataFeed"
        for element in feed["dataFeedElement"]:
            (published if "item" in element else deleted).append(element["url"])
            assert list(extract_from_json(element))
        links = dict(
            reversed(link.split("; ")) for link in response.get("Link", "").split(", ") if link
        )
        url = links.get('rel="next"', "").strip("<>").removeprefix("http://testserver")
    current = Review.objects.current()
    assert len(published) == len(set(published)) == current.count()
    assert len(deleted) == 1


@pytest.mark.django_db
def test_the_feed_of_changes_contains_retracted_reviews(client: Client) -> None:
    make_reviews()
    version = ReviewVersion.objects.get(state="retracted")
    since = version.review.updated_at
    expected = {
        review.original_url or review_url(review)
        for review in Review.objects.public().filter(updated_at__gte=since)
    }
    assert review_url(version.review) in expected
    parameters = {"updated_at__gte": f"{since:%Y-%m-%dT%H:%M:%S.%fZ}"}
    feed = client.get("/api/v1/reviews/", parameters, **LINKED_DATA).json()
    assert {element["url"] for element in feed["dataFeedElement"]} == expected
    deleted = [element for element in feed["dataFeedElement"] if "item" not in element]
    assert deleted == [
        {
            "@type": "DataFeedItem",
            "url": review_url(version.review),
            "dateDeleted": format_timestamp(version.closed_at),
        }
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 12])
def test_the_number_of_queries_does_not_depend_on_the_number_of_reviews(
    number: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        publish_review()
    with django_assert_num_queries(9):
        client.get("/api/v1/reviews/", **LINKED_DATA)


@pytest.mark.django_db
def test_staff_get_the_same_linked_data_as_the_public(client: Client) -> None:
    make_reviews()
    url = "/api/v1/reviews/"
    before = client.get(url, **LINKED_DATA).json()
    staff: User = make.UserFactory(role="editor")
    client.force_login(staff)
    after = client.get(url, **LINKED_DATA).json()
    assert after == before
    assert Claim.objects.count() > Review.objects.public().count()
