"""Private work at the desk changes no byte of any public response."""

from collections.abc import Callable, Iterator
from typing import Any

from rest_framework.test import APIClient

from claims import workflow
from claims.reports.statistics import STATISTICS
from tests import factories as make
from tests.api.contract import document
from tests.api.private_work import (
    LEDGER_PATHS,
    RESOURCES,
    do_private_work,
    fetch_responses,
    make_public_records,
)


def iterate_queries(records: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield public queries: lists, counts, orderings, filters, details, history and past states."""
    yield "/api/v1/changes/", {}
    yield "/api/v1/corrections.atom", {}
    for reviewed in (records["reviews"], records["corrections"].review):
        yield f"/api/v1/reviews/{reviewed.public_id}/versions/", {"count": "exact"}
    yield "/api/v1/claims/facets/", {}
    yield "/api/v1/statistics/", {}
    for name in STATISTICS:
        yield f"/api/v1/statistics/{name}/", {}
    yield "/api/v1/assignments/", {"count": "exact", "priority__in": "urgent,normal"}
    for resource in RESOURCES:
        cases = resource()
        record = records[cases.path]
        yield cases.url, {"count": "exact"}
        yield cases.url, {"ordering": cases.timestamps[-1], "page_size": 1}
        yield cases.detail(record), {}
        if cases.has_history:
            yield cases.detail(record), {"as_of": records["then"]}
            yield f"{cases.detail(record)}history/", {}
        for name, values in cases.filters(record).items():
            # One value per filter: test_leak_walk tests more values, and the facets.
            yield cases.url, {name: values[0], "count": "exact"}


def test_private_work_changes_no_public_response(
    public: APIClient, client_of: Callable[..., APIClient]
) -> None:
    records = make_public_records()
    queries = list(iterate_queries(records))
    before = fetch_responses(public, queries)

    do_private_work(records)

    after = fetch_responses(public, queries)
    for (url, parameters), old, new in zip(queries, before, after, strict=True):
        assert new == old, (url, parameters)
    # Staff see the work in the same responses, so the comparison above can fail.
    assert fetch_responses(client_of("auditor"), queries) != fetch_responses(public, queries)


def test_confidential_evidence_of_a_published_review_stays_hidden(public: APIClient) -> None:
    version = make.ReviewVersionFactory()
    make.EvidenceFactory(version=version)
    secret = make.EvidenceFactory(
        version=version, is_confidential=True, confidential_reason="A source at risk."
    )
    make.move(version, workflow.SUBMIT, version.author)
    make.move(version, workflow.PUBLISH, make.UserFactory(role="editor"))
    make.corrected_version(version)
    for url in (
        f"/api/v1/reviews/{version.review.public_id}/",
        f"/api/v1/reviews/{version.review.public_id}/versions/",
        "/api/v1/corrections/",
        "/api/v1/corrections.atom",
        f"/api/v1/claims/{version.review.claim.public_id}/",
        "/api/v1/evidence/",
        "/api/v1/documents/",
        "/api/v1/publishers/",
    ):
        response = public.get(url)
        assert response.status_code == 200
        body = response.content.decode()
        for hidden in (secret, secret.document, secret.document.publisher):
            assert str(hidden.public_id) not in body, url
        assert "confidential" not in body.replace('"is_confidential":false', "").replace(
            '"confidential_reason":""', ""
        )


def test_private_work_adds_only_hashes_to_the_public_ledger(public: APIClient) -> None:
    records = make_public_records()
    before = public.get("/api/v1/ledger/entries", {"page_size": 200}).json()
    do_private_work(records)
    after = public.get("/api/v1/ledger/entries", {"page_size": 200}).json()
    assert after["results"][: before["size"]] == before["results"]
    grown = after["results"][before["size"] :]
    assert len(grown) > 10
    for leaf in grown:
        assert leaf.keys() == {"sequence", "leaf", "entry"}
        assert leaf["entry"] is None


def test_every_list_of_the_api_is_queried() -> None:
    lists = {
        path
        for path, operations in document()["paths"].items()
        if "get" in operations and "{" not in path
    }
    queried = {f"/api/v1/{resource.path}/" for resource in RESOURCES}
    queried |= {f"/api/v1/statistics/{name}/" for name in STATISTICS} | {"/api/v1/statistics/"}
    queried |= {
        "/api/v1/assignments/",
        "/api/v1/claims/facets/",
        "/api/v1/changes/",
        "/api/v1/corrections.atom",
        "/api/v1/",
    }
    assert lists == queried | LEDGER_PATHS


def test_an_account_without_a_role_gets_the_public_responses(
    public: APIClient, client_of: Callable[..., APIClient]
) -> None:
    account = client_of(make.UserFactory())
    records = make_public_records()
    for resource in RESOURCES:
        resource().hidden()
    for url, parameters in iterate_queries(records):
        assert account.get(url, parameters).content == public.get(url, parameters).content, url
