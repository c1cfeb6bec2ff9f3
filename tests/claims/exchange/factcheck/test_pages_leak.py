"""What is sent as a page changes no public answer before it is published."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from rest_framework.test import APIClient

from claims.models import Review
from claimsapi.core.ledger.sequencer import sequence_entries
from tests import factories as make
from tests.api.contract import document
from tests.api.test_leaks import OF_THE_TREE, RESOURCES, answers
from tests.claims.exchange.factcheck.accounts import Caller, build_markup, build_page, publish


def questions(public: APIClient, site: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every list of the API, each public record and its history, the pages and the search."""
    for path, operations in document()["paths"].items():
        if "get" in operations and "{" not in path and path not in OF_THE_TREE:
            yield path, {}
    for resource in RESOURCES:
        for record in public.get(resource().url).json()["results"]:
            yield f"{resource().url}{record['id']}/", {}
            if resource.has_history:
                yield f"{resource().url}{record['id']}/history/", {}
    for filters in ({"query": "late"}, {"reviewPublisherSiteFilter": site}):
        yield "/v1alpha1/claims:search", {**filters, "pageSize": 100}
    for page_path in ("reviews/", "reviews.atom", "sitemap.xml"):
        yield f"/{page_path}", {}
    for review in Review.objects.current():
        yield f"/reviews/{review.slug}/", {}


@pytest.mark.django_db
def test_unpublished_pages_change_no_public_response(
    public: APIClient, settings: LazySettings
) -> None:
    site = "checker.example"
    settings.FACTCHECK_SITES = [site]
    editor = Caller(make.UserFactory(role="editor"))
    urls = [f"https://{site}/{number}" for number in range(3)]
    page = [editor.create_page(pageUrl=url) for url in urls[:2]]
    for review in list(Review.objects.filter(origin="imported")):
        publish(review)
    sequence_entries()
    asked = list(questions(public, site))
    before = answers(public, asked)

    author = {
        "name": "Ada Quill",
        "jobTitle": "Admiral",
        "sameAs": "https://encyclopedia.example/ada",
    }
    other = build_markup(
        claimAuthor=author,
        claimDate="2019-01-01",
        claimFirstAppearance="https://paper.example/unknown",
        rating={"textualRating": "Never heard of", "ratingExplanation": "Not yet."},
    )
    read = editor.get_page(page[0]["name"])
    sent = build_page(other, pageUrl=urls[0], versionId=read["versionId"])
    assert editor.put_page(page[0]["name"], sent).status_code == 200
    new = editor.create_page(other, pageUrl=urls[2])
    sent = build_page(
        build_markup(claimReviewed="Ferries"), pageUrl=urls[2], versionId=new["versionId"]
    )
    assert editor.put_page(new["name"], sent).status_code == 200
    assert editor.send("delete", f"/v1alpha1/{new['name']}").status_code == 200
    sequence_entries()

    after = answers(public, asked)
    for (url, parameters), old, now in zip(asked, before, after, strict=True):
        assert now == old, (url, parameters)
    # The same questions from staff do see the work: the test above can fail.
    staff = APIClient()
    staff.force_authenticate(editor.user)
    assert answers(staff, asked) != after
