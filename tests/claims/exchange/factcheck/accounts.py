"""Bodies of pages, and accounts that send them with their tokens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test import Client
from knox.models import get_token_model

from claims import workflow
from claims.choices import VersionState
from claims.models import Review
from claimsapi.core.models import User
from tests import factories as make

PAGES = "/v1alpha1/pages"
SITE = "checker.example"


def build_markup(**members: Any) -> dict[str, Any]:
    defaults = {
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
    return {name: value for name, value in {**defaults, **members}.items() if value is not None}


def build_page(*markups: dict[str, Any], **members: Any) -> dict[str, Any]:
    defaults = {
        "pageUrl": f"https://{SITE}/ferries",
        "publishDate": "2024-05-03",
        "claimReviewAuthor": {"name": "Checker", "imageUrl": "https://checker.example/logo.png"},
        "claimReviewMarkups": list(markups) or [build_markup()],
    }
    return {name: value for name, value in {**defaults, **members}.items() if value is not None}


class Caller:
    """An account with its token."""

    def __init__(self, user: User) -> None:
        self.user, self.client = user, Client()
        _, token = get_token_model().objects.create(user=user)
        self.headers = {"authorization": f"Bearer {token}"}

    def post_page(self, body: Any) -> Any:
        return self.send("post", PAGES, body)

    def put_page(self, name: str, body: Any) -> Any:
        return self.send("put", f"/v1alpha1/{name}", body)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        kind = {"content_type": "application/json"} if method in {"post", "put"} else {}
        data = () if method == "delete" else (body,)
        return getattr(self.client, method)(path, *data, headers=self.headers, **kind)

    def create_page(self, *markups: dict[str, Any], **members: Any) -> dict[str, Any]:
        response = self.post_page(build_page(*markups, **members))
        assert response.status_code == 200, response.content
        body: dict[str, Any] = response.json()
        return body

    def get_page(self, name: str) -> dict[str, Any]:
        response = self.send("get", f"/v1alpha1/{name}")
        assert response.status_code == 200, response.content
        body: dict[str, Any] = response.json()
        return body

    def list_pages(self, **parameters: Any) -> list[dict[str, Any]]:
        response = self.send("get", PAGES, parameters)
        assert response.status_code == 200, response.content
        body: list[dict[str, Any]] = response.json().get("claimReviewMarkupPages", [])
        return body


def publish(review: Review) -> None:
    """Add evidence to the draft, submit it, and publish it as another person."""
    draft = review.versions.get(state=VersionState.DRAFT)
    make.EvidenceFactory(version=draft)
    make.move(draft, workflow.SUBMIT, draft.author)
    make.move(draft, workflow.PUBLISH, make.UserFactory(role="editor"))


def check_error(response: Any, code: int, status: str, field: str = "") -> str:
    assert response.status_code == code, response.content
    error = response.json()["error"]
    assert (error["code"], error["status"]) == (code, status)
    if field:
        assert field in [one["field"] for one in error["details"][0]["fieldViolations"]], error
    return str(error["message"])


@contextmanager
def run_before_query(query: str, act: Callable[[], Any]) -> Iterator[None]:
    """Call ``act`` once, just before the first query that starts with ``query``.

    Simulates a change by another transaction.
    """
    todo = [act]

    def run(execute: Any, sql: str, *rest: Any) -> Any:
        if todo and sql.startswith(query):
            todo.pop()()
        return execute(sql, *rest)

    with connection.execute_wrapper(run):
        yield
    assert not todo, "No query starts with this text."
