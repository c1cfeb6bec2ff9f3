"""Pages of ClaimReview markup: what is made of them, who may, and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from knox.models import get_token_model

from claims import workflow
from claims.choices import ReviewOrigin, VersionState
from claims.models import Review, ReviewVersion
from claimsapi.core.models import Entry, User
from tests import factories as make

PAGES = "/v1alpha1/pages"
SITE = "checker.example"


@pytest.fixture(autouse=True)
def our_site(settings: LazySettings) -> None:
    settings.FACTCHECK_SITES = [SITE]


def markup(**members: Any) -> dict[str, Any]:
    whole = {
        "claimReviewed": "Ferries are late",
        "claimDate": "2024-05-01",
        "claimLocation": "The harbour",
        "claimFirstAppearance": "https://paper.example/first",
        "claimAppearances": ["https://paper.example/second"],
        "claimAuthor": {
            "name": "Ada Quill",
            "jobTitle": "Harbour master",
            "imageUrl": "https://paper.example/ada.png",
            "sameAs": "https://register.example/ada",
        },
        "rating": {
            "ratingValue": 1,
            "bestRating": 5,
            "worstRating": 1,
            "textualRating": "False",
            "ratingExplanation": "Most were on time & in order.",
            "imageUrl": "https://checker.example/false.png",
        },
    }
    return {name: value for name, value in {**whole, **members}.items() if value is not None}


def page(*markups: dict[str, Any], **members: Any) -> dict[str, Any]:
    whole = {
        "pageUrl": f"https://{SITE}/ferries",
        "publishDate": "2024-05-03",
        "claimReviewAuthor": {"name": "Checker", "imageUrl": "https://checker.example/logo.png"},
        "claimReviewMarkups": list(markups) or [markup()],
    }
    return {name: value for name, value in {**whole, **members}.items() if value is not None}


class Caller:
    """An account that asks with its token."""

    def __init__(self, user: User) -> None:
        self.user, self.client = user, Client()
        _, token = get_token_model().objects.create(user=user)
        self.headers = {"authorization": f"Bearer {token}"}

    def create(self, body: Any) -> Any:
        return self.send("post", PAGES, body)

    def update(self, name: str, body: Any) -> Any:
        return self.send("put", f"/v1alpha1/{name}", body)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        kind = {"content_type": "application/json"} if method in {"post", "put"} else {}
        data = () if method == "delete" else (body,)
        return getattr(self.client, method)(path, *data, headers=self.headers, **kind)

    def made(self, *markups: dict[str, Any], **members: Any) -> dict[str, Any]:
        answer = self.create(page(*markups, **members))
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def got(self, name: str) -> dict[str, Any]:
        answer = self.send("get", f"/v1alpha1/{name}")
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def listed(self, **asked: Any) -> list[dict[str, Any]]:
        answer = self.send("get", PAGES, asked)
        assert answer.status_code == 200, answer.content
        found: list[dict[str, Any]] = answer.json().get("claimReviewMarkupPages", [])
        return found


@pytest.fixture
def editor(person: Callable[[str], User]) -> Caller:
    return Caller(person("editor"))


def publish(review: Review) -> None:
    """Give the draft its evidence, submit it, and publish it as another person."""
    draft = review.versions.get(state=VersionState.DRAFT)
    make.EvidenceFactory(version=draft)
    make.move(draft, workflow.SUBMIT, draft.author)
    make.move(draft, workflow.PUBLISH, make.UserFactory(role="editor"))


def refused(answer: Any, code: int, status: str, field: str = "") -> str:
    assert answer.status_code == code, answer.content
    error = answer.json()["error"]
    assert (error["code"], error["status"]) == (code, status)
    if field:
        assert field in [one["field"] for one in error["details"][0]["fieldViolations"]], error
    return str(error["message"])


@pytest.mark.django_db
def test_each_markup_of_a_page_becomes_a_draft_that_says_what_was_sent(editor: Caller) -> None:
    other = markup(url=f"https://{SITE}/ferries#two", claimReviewed="Ferries are dear")
    made = editor.made(markup(), other)
    assert made == editor.got(made["name"])
    assert made["claimReviewMarkups"] == [markup(url=f"https://{SITE}/ferries"), other]
    assert {name: made[name] for name in ("pageUrl", "publishDate", "claimReviewAuthor")} == {
        name: page()[name] for name in ("pageUrl", "publishDate", "claimReviewAuthor")
    }
    assert made["versionId"]
    first, second = Review.objects.order_by("pk")
    assert made["name"] == f"pages/{first.public_id}"
    for review in (first, second):
        version = review.versions.get()
        assert (review.origin, review.publisher.site) == (ReviewOrigin.IMPORTED, SITE)
        assert (version.state, version.author) == (VersionState.DRAFT, editor.user)
        assert version.summary == "Most were on time & in order."
        assert version.rating.label == "False"
        assert review.claim.status == "in_review"
        assert review.slug is None
    entries = Entry.objects.filter(object__in=[first.public_id, first.versions.get().public_id])
    assert {entry.actor for entry in entries} == {f"@{editor.user.handle}"}


@pytest.mark.django_db
def test_whoever_made_or_changed_a_page_does_not_publish_it(editor: Caller) -> None:
    made = editor.made()
    second = Caller(make.UserFactory(role="editor"))
    body = page(markup(claimDate="2024-05-02"), versionId=made["versionId"])
    assert second.update(made["name"], body).status_code == 200
    version = ReviewVersion.objects.get()
    make.EvidenceFactory(version=version)
    make.move(version, workflow.SUBMIT, editor.user)
    for user in (editor.user, second.user):
        with pytest.raises(Exception, match="another person publishes it"):
            make.move(version, workflow.PUBLISH, user)
    make.move(version, workflow.PUBLISH, make.UserFactory(role="editor"))
    [claim] = editor.client.get("/v1alpha1/claims:search", {"query": "late"}).json()["claims"]
    [review] = claim["claimReview"]
    assert review["url"] == f"https://{SITE}/ferries"


@pytest.mark.django_db
def test_an_update_changes_drafts_and_prepares_what_follows_the_published(editor: Caller) -> None:
    two = markup(url=f"https://{SITE}/ferries#two", claimReviewed="Ferries are dear")
    made = editor.made(markup(), two)
    first, second = Review.objects.order_by("pk")
    publish(first)
    read = editor.got(made["name"])
    assert read["versionId"] != made["versionId"]
    for one in read["claimReviewMarkups"]:
        one["rating"]["textualRating"] = "Mostly false"
    answer = editor.update(made["name"], read)
    assert answer.status_code == 200, answer.content
    now = answer.json()
    assert now["claimReviewMarkups"] == read["claimReviewMarkups"]
    assert now["versionId"] != read["versionId"]
    published, draft = first.versions.order_by("number")
    assert (published.state, published.rating.label) == (VersionState.PUBLISHED, "False")
    assert (draft.state, draft.correction_kind) == (VersionState.DRAFT, "update")
    assert "“False” and is “Mostly false”" in draft.correction_note
    assert draft.evidence.count() == 1
    assert second.versions.get().rating.label == "Mostly false"
    assert editor.update(made["name"], now).json() == now


@pytest.mark.django_db
def test_delete_discards_drafts_and_retracts_what_is_published(editor: Caller) -> None:
    two = markup(url=f"https://{SITE}/ferries#two", claimReviewed="Ferries are dear")
    three = markup(url=f"https://{SITE}/ferries#three", claimReviewed="Ferries are red")
    made = editor.made(markup(), two, three)
    first, second, third = Review.objects.order_by("pk")
    publish(first)
    submitted = third.versions.get()
    make.EvidenceFactory(version=submitted)
    make.move(submitted, workflow.SUBMIT, editor.user)
    answer = editor.send("delete", f"/v1alpha1/{made['name']}")
    assert (answer.status_code, answer.json()) == (200, {})
    version = first.versions.get()
    assert (version.state, version.retraction_note) == (
        VersionState.RETRACTED,
        "The page that this review stood on was withdrawn.",
    )
    assert not second.versions.exists()
    assert not third.versions.exists()
    refused(editor.send("get", f"/v1alpha1/{made['name']}"), 404, "NOT_FOUND")
    refused(editor.send("delete", f"/v1alpha1/{made['name']}"), 404, "NOT_FOUND")
    assert editor.listed(organization=SITE) == []
    again = editor.made(markup(), two)
    assert again["name"] == made["name"]
    assert Review.objects.count() == 3
    assert first.versions.get(number=2).state == VersionState.DRAFT
