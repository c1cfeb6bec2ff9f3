"""URLs and pages of review versions and corrections, for the tests of the API."""

from collections.abc import Iterator
from typing import Any

from rest_framework.test import APIClient

from claims import workflow
from claims.models import Review, ReviewVersion
from tests import factories as make
from tests.api.contract import assert_conforms

CORRECTIONS = "/api/v1/corrections/"
FEED = "/api/v1/corrections.atom"


def versions_url(review: Review) -> str:
    return f"/api/v1/reviews/{review.public_id}/versions/"


def get_results(client: APIClient, url: str, **parameters: Any) -> list[dict[str, Any]]:
    response = client.get(url, parameters)
    assert response.status_code == 200, response.content
    assert_conforms(response)
    results: list[dict[str, Any]] = response.json()["results"]
    return results


def iterate_pages(client: APIClient, url: str) -> Iterator[dict[str, Any]]:
    next_url: str | None = f"{url}?page_size=1"
    while next_url:
        page = client.get(next_url).json()
        yield from page["results"]
        next_url = page["next"]


def retract(version: ReviewVersion, note: str = "None of it holds.") -> ReviewVersion:
    make.move(version, workflow.RETRACT, version.editor, note)
    return version
