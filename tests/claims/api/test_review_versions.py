"""The versions of a review in the API."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from claims import workflow
from tests import factories as make
from tests.api.contract import assert_conforms
from tests.claims.api.pages import get_results, iterate_pages, retract, versions_url


@pytest.mark.django_db
def test_published_versions_are_listed_in_full_with_the_newest_first(
    public: APIClient,
) -> None:
    first = make.published_version(body="The log of May.")
    second = make.corrected_version(first, body="The log of June.")
    third = retract(make.corrected_version(second))
    make.published_version()
    rows = get_results(public, versions_url(first.review))
    assert [row["id"] for row in rows] == [str(v.public_id) for v in (third, second, first)]
    assert [row["state"] for row in rows] == ["retracted", "superseded", "superseded"]
    assert [row["body"] for row in rows] == ["The log of June."] * 2 + ["The log of May."]
    assert [len(row["evidence"]) for row in rows] == [1, 1, 1]
    assert rows[0]["retraction_note"] == "None of it holds."
    # The review nests the same current version.
    detail = public.get(f"/api/v1/reviews/{first.review.public_id}/").json()
    assert detail["current_version"] == rows[0]
    assert list(iterate_pages(public, versions_url(first.review))) == rows
    assert get_results(public, versions_url(first.review), ordering="number") == rows[::-1]


@pytest.mark.django_db
def test_only_staff_see_the_open_version(
    public: APIClient, client_of: Callable[..., APIClient]
) -> None:
    first = make.published_version()
    make.submitted_correction(first)
    url = versions_url(first.review)
    assert [row["number"] for row in get_results(public, url)] == [1]
    assert [row["number"] for row in get_results(client_of("auditor"), url)] == [2, 1]


@pytest.mark.django_db
def test_the_versions_of_an_unpublished_review_answer_404(
    public: APIClient, client_of: Callable[..., APIClient]
) -> None:
    url = versions_url(make.submitted_version().review)
    hidden, absent = public.get(url), public.get(f"/api/v1/reviews/{uuid4()}/versions/")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.content == absent.content
    assert_conforms(hidden)
    assert len(get_results(client_of("auditor"), url)) == 1


@pytest.mark.django_db
def test_only_staff_see_confidential_evidence(
    public: APIClient, client_of: Callable[..., APIClient]
) -> None:
    version = make.ReviewVersionFactory()
    make.EvidenceFactory(version=version)
    make.EvidenceFactory(version=version, is_confidential=True, confidential_reason="At risk.")
    make.move(version, workflow.SUBMIT, version.author)
    make.move(version, workflow.PUBLISH, make.UserFactory(role="editor"))
    url = versions_url(version.review)
    assert [len(row["evidence"]) for row in get_results(public, url)] == [1]
    assert [len(row["evidence"]) for row in get_results(client_of("auditor"), url)] == [2]


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_number_of_versions(public: APIClient) -> None:
    version = make.published_version()
    url = versions_url(version.review)
    with CaptureQueriesContext(connection) as one:
        assert len(get_results(public, url)) == 1
    for _ in range(4):
        version = make.corrected_version(version)
    with CaptureQueriesContext(connection) as five:
        assert len(get_results(public, url)) == 5
    assert (len(one), len(five)) == (4, 4)


@pytest.mark.django_db
def test_versions_accept_the_parameters_of_a_page_and_no_others(public: APIClient) -> None:
    url = versions_url(make.published_version().review)
    for name, value in (("state", "published"), ("ordering", "state"), ("cursor", "x")):
        response = public.get(url, {name: value})
        assert response.status_code == 400
        assert response.json()["errors"][0]["parameter"] == name
    tag = public.get(url)["ETag"]
    assert public.get(url, headers={"If-None-Match": tag}).status_code == 304
