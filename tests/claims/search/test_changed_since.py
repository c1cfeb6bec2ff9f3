"""The filter ``changed_since``: every change of a ClaimReview's content, and no other change."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from claims import workflow
from claims.exchange.claimreview.dates import format_timestamp
from claims.models import Evidence, Review, Statement, Topic
from sources.models import Identifier
from tests import factories as make
from tests.claims.exchange.claimreview.reviews import LINKED_DATA, make_reviews, publish_review
from tests.claims.site.pages import SITE_URL, import_review

pytestmark = pytest.mark.django_db
URL = "/api/v1/reviews/"


def timestamp() -> str:
    """Return a timestamp after all writes so far and before all later ones."""
    wait_two_milliseconds()
    now = f"{timezone.now():%Y-%m-%dT%H:%M:%S.%fZ}"
    wait_two_milliseconds()
    return now


def wait_two_milliseconds() -> None:
    """Wait until the clock has moved on: records store their times in milliseconds."""
    end = time.monotonic_ns() + 2_000_000
    while time.monotonic_ns() < end:
        pass


def feed(client: Client, since: str) -> list[dict[str, Any]]:
    response = client.get(URL, {"changed_since": since}, **LINKED_DATA)
    assert response.status_code == 200, response.content
    plain = client.get(URL, {"changed_since": since, "count": "exact"}).json()
    elements: list[dict[str, Any]] = response.json()["dataFeedElement"]
    assert plain["count"] == len(plain["results"]) == len(elements)
    return elements


def urls(client: Client, since: str) -> list[str]:
    return [element["url"] for element in feed(client, since)]


def page_url(review: Review) -> str:
    review.refresh_from_db()
    return f"{SITE_URL}/reviews/{review.slug}/"


def publish_with_scale() -> Any:
    scale = make.RatingScaleFactory()
    make.RatingFactory(scale=scale, value=5)
    return publish_review(rating=make.RatingFactory(scale=scale, value=1, verdict="unmapped"))


def change(record: Any, **values: Any) -> None:
    for name, value in (values or {"name": "Another name"}).items():
        setattr(record, name, value)
    record.save()


def evidence_of(review: Review) -> Evidence:
    return Evidence.objects.get(version__review=review)


def statement_of(review: Review) -> Statement:
    statement = review.claim.statements.filter(document__isnull=False).first()
    assert statement is not None
    return statement


def add_role(review: Review) -> None:
    role = make.AffiliationFactory(speaker=statement_of(review).speaker)
    change(statement_of(review), affiliation=role)


CHANGES: dict[str, Callable[[Review], Any]] = {
    "a corrected review": lambda r: make.corrected_version(r.versions.get()),
    "the claim": lambda r: change(r.claim, language="de"),
    "a new statement": lambda r: make.StatementFactory(claim=r.claim),
    "a statement": lambda r: change(
        statement_of(r), stated_on="2023-01-01", stated_precision="day"
    ),
    "a deleted statement": lambda r: statement_of(r).delete(),
    "a speaker": lambda r: change(statement_of(r).speaker),
    "a new identifier": lambda r: make.IdentifierFactory(speaker=statement_of(r).speaker),
    "a deleted identifier": lambda r: Identifier.objects.get(
        speaker__statements__claim=r.claim
    ).delete(),
    "a role": add_role,
    "a document": lambda r: change(statement_of(r).document, title="Another title"),
    "a document's publisher": lambda r: change(statement_of(r).document.publisher),  # type: ignore[union-attr]
    "a topic's name": lambda r: change(Topic.objects.get(claims=r.claim)),
    "a new topic": lambda r: r.claim.topics.add(make.TopicFactory()),
    "a removed topic": lambda r: r.claim.topics.clear(),
    "the publisher": lambda r: change(r.publisher),
    "a cited document": lambda r: change(evidence_of(r).document, title="Another title"),
    "a cited document's publisher": lambda r: change(evidence_of(r).document.publisher),
    "a rating of the scale": lambda r: change(r.versions.get().rating, verdict="mixed"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_a_record_in_the_markup_matches_its_review_once(
    name: str, client: Client
) -> None:
    review = publish_with_scale()
    Topic.objects.update(slug="harbours", name="Harbours")
    publish_review()
    import_review()
    since = timestamp()
    assert urls(client, since) == []
    CHANGES[name](review)
    assert urls(client, since) == [page_url(review)]
    assert urls(client, timestamp()) == []


def test_a_changed_role_matches_its_review(client: Client) -> None:
    review = publish_review()
    add_role(review)
    since = timestamp()
    role = statement_of(review).affiliation
    assert role is not None
    change(role, role="Chair")
    assert urls(client, since) == [page_url(review)]


def test_a_retracted_review_is_an_item_with_its_date_of_deletion(client: Client) -> None:
    review, other = publish_review(), import_review()
    publish_review()
    since = timestamp()
    for one in (review, other):
        version = one.versions.get()
        make.move(version, workflow.RETRACT, make.UserFactory(role="editor"), "It was another.")
    change(review.publisher)
    expected = [
        {
            "@type": "DataFeedItem",
            "url": url,
            "dateDeleted": format_timestamp(one.versions.get().closed_at),
        }
        for one, url in ((other, "https://checker.example/1"), (review, page_url(review)))
    ]
    assert feed(client, since) == expected
    later = timestamp()
    change(review.publisher, name="Once more")
    assert feed(client, later) == []


def test_changes_outside_the_markup_do_not_match(client: Client) -> None:
    review, imported_review = publish_review(), import_review()
    since = timestamp()
    # The markup of an imported review is its publisher's own.
    change(imported_review.publisher)
    change(imported_review.claim, language="de")
    change(imported_review.claim.statements.get().speaker)
    # Records of other claims.
    make.StatementFactory(
        speaker=statement_of(review).speaker, document=statement_of(review).document
    )
    make.TopicFactory()
    assert urls(client, since) == []


def test_hidden_work_does_not_match(client: Client) -> None:
    version = make.ReviewVersionFactory()
    public = make.EvidenceFactory(version=version)
    secret = make.EvidenceFactory(
        version=version, is_confidential=True, confidential_reason="A source at risk."
    )
    make.move(version, workflow.SUBMIT, version.author)
    make.move(version, workflow.PUBLISH, make.UserFactory(role="editor"))
    hidden = make.StatementFactory(speaker=make.SpeakerFactory())
    since = timestamp()
    change(secret.document, title="A confidential title")
    change(secret.document.publisher)
    following = make.submitted_correction(version, headline="Not yet")
    draft = make.EvidenceFactory(version=make.ReviewVersionFactory())
    change(draft.document, title="Not yet")
    change(following.evidence.exclude(pk=public.pk).exclude(is_confidential=False).get().document)
    change(hidden.speaker)
    hidden.delete()
    make.ReviewFactory(claim=version.review.claim)
    make.AssignmentFactory(claim=version.review.claim)
    make.ClaimRelationFactory(from_claim=version.review.claim, state="suggested")
    assert urls(client, since) == []
    assert client.get(URL, {"changed_since": since, "count": "exact"}).json()["count"] == 0


def test_several_changes_of_one_review_are_one_item(client: Client) -> None:
    make_reviews()
    review = publish_review()
    since = timestamp()
    for name in ("a speaker", "a document", "a new statement", "a new topic", "the claim"):
        CHANGES[name](review)
    assert urls(client, since) == [page_url(review)]


@pytest.mark.parametrize("value", ["yesterday", "2026-13-01", ""])
def test_a_malformed_timestamp_is_an_error(client: Client, value: str) -> None:
    response = client.get(URL, {"changed_since": value}, **LINKED_DATA)
    assert response.status_code == 400
    assert response.json()["errors"][0]["parameter"] == "changed_since"


@pytest.mark.parametrize("number", [1, 12])
def test_the_number_of_queries_does_not_grow_with_the_number_of_reviews(
    number: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    since = timestamp()
    for _ in range(number):
        publish_review()
    with django_assert_num_queries(9):
        assert (
            len(client.get(URL, {"changed_since": since}, **LINKED_DATA).json()["dataFeedElement"])
            > 0
        )
