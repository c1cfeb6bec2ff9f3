"""The feed of what changed since: each change of what a ClaimReview says, and no other."""

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
from tests.claims.exchange.claimreview.test_export import LD, published, world
from tests.claims.site.test_pages import SITE, imported

pytestmark = pytest.mark.django_db
URL = "/api/v1/reviews/"


def moment() -> str:
    """A moment after all that was written, and before all that will be: they are cut to 1/1000."""
    time.sleep(0.002)
    now = f"{timezone.now():%Y-%m-%dT%H:%M:%S.%fZ}"
    time.sleep(0.002)
    return now


def feed(client: Client, since: str) -> list[dict[str, Any]]:
    answer = client.get(URL, {"changed_since": since}, **LD)
    assert answer.status_code == 200, answer.content
    plain = client.get(URL, {"changed_since": since, "count": "exact"}).json()
    elements: list[dict[str, Any]] = answer.json()["dataFeedElement"]
    assert plain["count"] == len(plain["results"]) == len(elements)
    return elements


def urls(client: Client, since: str) -> list[str]:
    return [element["url"] for element in feed(client, since)]


def page(review: Review) -> str:
    review.refresh_from_db()
    return f"{SITE}/reviews/{review.slug}/"


def rated() -> Any:
    scale = make.RatingScaleFactory()
    make.RatingFactory(scale=scale, value=5)
    return published(rating=make.RatingFactory(scale=scale, value=1, verdict="unmapped"))


def renamed(record: Any, **values: Any) -> None:
    for name, value in (values or {"name": "Another name"}).items():
        setattr(record, name, value)
    record.save()


def cited(review: Review) -> Evidence:
    return Evidence.objects.get(version__review=review)


def spoken(review: Review) -> Statement:
    found = review.claim.statements.filter(document__isnull=False).first()
    assert found is not None
    return found


def in_role(review: Review) -> None:
    role = make.AffiliationFactory(speaker=spoken(review).speaker)
    renamed(spoken(review), affiliation=role)


CHANGES: dict[str, Callable[[Review], Any]] = {
    "a corrected review": lambda r: make.corrected_version(r.versions.get()),
    "the claim": lambda r: renamed(r.claim, language="de"),
    "a statement more": lambda r: make.StatementFactory(claim=r.claim),
    "a statement": lambda r: renamed(spoken(r), stated_on="2023-01-01", stated_precision="day"),
    "a statement less": lambda r: spoken(r).delete(),
    "a speaker": lambda r: renamed(spoken(r).speaker),
    "an identifier more": lambda r: make.IdentifierFactory(speaker=spoken(r).speaker),
    "an identifier less": lambda r: Identifier.objects.get(
        speaker__statements__claim=r.claim
    ).delete(),
    "a role": in_role,
    "a document": lambda r: renamed(spoken(r).document, title="Another title"),
    "a document's publisher": lambda r: renamed(spoken(r).document.publisher),  # type: ignore[union-attr]
    "a topic's name": lambda r: renamed(Topic.objects.get(claims=r.claim)),
    "a topic more": lambda r: r.claim.topics.add(make.TopicFactory()),
    "a topic less": lambda r: r.claim.topics.clear(),
    "the publisher": lambda r: renamed(r.publisher),
    "a cited document": lambda r: renamed(cited(r).document, title="Another title"),
    "a cited document's publisher": lambda r: renamed(cited(r).document.publisher),
    "a rating of the scale": lambda r: renamed(r.versions.get().rating, verdict="mixed"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_what_the_markup_is_made_of_is_found_once(change: str, client: Client) -> None:
    review = rated()
    Topic.objects.update(slug="harbours", name="Harbours")
    published()
    imported()
    since = moment()
    assert urls(client, since) == []
    CHANGES[change](review)
    assert urls(client, since) == [page(review)]
    assert urls(client, moment()) == []


def test_a_role_that_was_renamed_is_found(client: Client) -> None:
    review = published()
    in_role(review)
    since = moment()
    role = spoken(review).affiliation
    assert role is not None
    renamed(role, role="Chair")
    assert urls(client, since) == [page(review)]


def test_what_was_retracted_is_an_item_that_says_when(client: Client) -> None:
    review, other = published(), imported()
    published()
    since = moment()
    for one in (review, other):
        version = one.versions.get()
        make.move(version, workflow.RETRACT, make.UserFactory(role="editor"), "It was another.")
    renamed(review.publisher)
    expected = [
        {
            "@type": "DataFeedItem",
            "url": url,
            "dateDeleted": format_timestamp(one.versions.get().closed_at),
        }
        for one, url in ((other, "https://checker.example/1"), (review, page(review)))
    ]
    assert feed(client, since) == expected
    later = moment()
    renamed(review.publisher, name="Once more")
    assert feed(client, later) == []


def test_what_changes_no_markup_is_not_found(client: Client) -> None:
    review, brought = published(), imported()
    since = moment()
    # The markup of what was brought in is its publisher's own.
    renamed(brought.publisher)
    renamed(brought.claim, language="de")
    renamed(brought.claim.statements.get().speaker)
    # Of other claims.
    make.StatementFactory(speaker=spoken(review).speaker, document=spoken(review).document)
    make.TopicFactory()
    assert urls(client, since) == []


def test_private_work_makes_no_review_appear(client: Client) -> None:
    version = make.ReviewVersionFactory()
    shown = make.EvidenceFactory(version=version)
    secret = make.EvidenceFactory(
        version=version, is_confidential=True, confidential_reason="A source at risk."
    )
    make.move(version, workflow.SUBMIT, version.author)
    make.move(version, workflow.PUBLISH, make.UserFactory(role="editor"))
    hidden = make.StatementFactory(speaker=make.SpeakerFactory())
    since = moment()
    renamed(secret.document, title="Told in confidence")
    renamed(secret.document.publisher)
    following = make.submitted_correction(version, headline="Not yet")
    draft = make.EvidenceFactory(version=make.ReviewVersionFactory())
    renamed(draft.document, title="Not yet")
    renamed(following.evidence.exclude(pk=shown.pk).exclude(is_confidential=False).get().document)
    renamed(hidden.speaker)
    hidden.delete()
    make.ReviewFactory(claim=version.review.claim)
    make.AssignmentFactory(claim=version.review.claim)
    make.ClaimRelationFactory(from_claim=version.review.claim, state="suggested")
    assert urls(client, since) == []
    assert client.get(URL, {"changed_since": since, "count": "exact"}).json()["count"] == 0


def test_many_changes_of_one_review_are_one_item(client: Client) -> None:
    world()
    review = published()
    since = moment()
    for change in ("a speaker", "a document", "a statement more", "a topic more", "the claim"):
        CHANGES[change](review)
    assert urls(client, since) == [page(review)]


@pytest.mark.parametrize("said", ["yesterday", "2026-13-01", ""])
def test_what_is_no_moment_is_refused(client: Client, said: str) -> None:
    answer = client.get(URL, {"changed_since": said}, **LD)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "changed_since"


@pytest.mark.parametrize("number", [1, 12])
def test_it_takes_the_same_queries_for_few_and_for_many(
    number: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    since = moment()
    for _ in range(number):
        published()
    with django_assert_num_queries(9):
        assert len(client.get(URL, {"changed_since": since}, **LD).json()["dataFeedElement"]) > 0
