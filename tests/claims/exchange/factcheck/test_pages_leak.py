"""Drafts of pages change no public response."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from rest_framework.test import APIClient

from claims.models import Review
from claimsapi.core.ledger.sequencer import sequence_entries
from tests import factories as make
from tests.api.contract import document
from tests.api.private_work import LEDGER_PATHS, RESOURCES, fetch_responses
from tests.claims.exchange.factcheck.accounts import Caller, build_markup, build_page, publish


def public_requests(public: APIClient, site: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield lists of the API, public records with their histories, public pages and searches."""
    for path, operations in document()["paths"].items():
        if "get" in operations and "{" not in path and path not in LEDGER_PATHS:
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
    pages = [editor.create_page(pageUrl=url) for url in urls[:2]]
    for review in list(Review.objects.filter(origin="imported")):
        publish(review)
    sequence_entries()
    requests = list(public_requests(public, site))
    before = fetch_responses(public, requests)

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
    current = editor.get_page(pages[0]["name"])
    body = build_page(other, pageUrl=urls[0], versionId=current["versionId"])
    assert editor.put_page(pages[0]["name"], body).status_code == 200
    new = editor.create_page(other, pageUrl=urls[2])
    body = build_page(
        build_markup(claimReviewed="Ferries"), pageUrl=urls[2], versionId=new["versionId"]
    )
    assert editor.put_page(new["name"], body).status_code == 200
    assert editor.send("delete", f"/v1alpha1/{new['name']}").status_code == 200
    sequence_entries()

    after = fetch_responses(public, requests)
    for (url, parameters), old, now in zip(requests, before, after, strict=True):
        assert now == old, (url, parameters)
    # The same requests by staff show the drafts: so the comparison above can fail.
    staff = APIClient()
    staff.force_authenticate(editor.user)
    assert fetch_responses(staff, requests) != after
