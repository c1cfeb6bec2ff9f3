"""Who has which claim, in the API: staff assign, and nobody else learns of it."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from claims.models import Assignment
from tests import factories as make

pytestmark = pytest.mark.django_db

URL = "/api/v1/assignments/"
Clients = Callable[..., APIClient]


def body(claim: Any, **values: Any) -> dict[str, Any]:
    return {"claim": str(claim.public_id), **values}


def test_staff_assign_and_reassign(client_of: Clients) -> None:
    claim, person = make.ClaimFactory(), make.UserFactory(role="researcher")
    client = client_of("researcher")
    made = client.post(URL, body(claim, assignee=person.handle, priority="high"))
    assert made.status_code == 201, made.content
    assert (made.json()["assignee"], made.json()["priority"]) == (person.handle, "high")
    assert made.json()["claim"]["id"] == str(claim.public_id)
    url = f"{URL}{made.json()['id']}/"
    assert client.patch(url, {"assignee": None}).status_code == 428
    freed = client.patch(url, {"assignee": None}, headers={"If-Match": made["ETag"]})
    assert freed.status_code == 200, freed.content
    assignment = Assignment.objects.get()
    assert (assignment.assignee, assignment.priority) == (None, "high")


def test_a_claim_has_one_assignment(client_of: Clients) -> None:
    claim = make.ClaimFactory()
    make.AssignmentFactory(claim=claim)
    refused = client_of("editor").post(URL, body(claim))
    assert refused.status_code == 409
    assert Assignment.objects.count() == 1


@pytest.mark.parametrize("handle", ["nobody", "", 7, "left", "reader", "\x00"])
def test_only_active_staff_is_assigned(handle: Any, client_of: Clients) -> None:
    make.UserFactory(handle="left", is_active=False)
    make.UserFactory(handle="reader", is_staff=False)
    refused = client_of("editor").post(URL, body(make.ClaimFactory(), assignee=handle))
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "#/assignee"


def test_the_public_sees_none_and_an_auditor_changes_none(
    public: APIClient, client_of: Clients
) -> None:
    assignment = make.AssignmentFactory(claim=make.ClaimFactory(listed=True))
    detail = f"{URL}{assignment.public_id}/"
    assert public.get(URL).json()["results"] == []
    assert public.get(detail).status_code == 404
    assert public.get(f"{detail}history/").status_code == 404
    auditor = client_of("auditor")
    assert auditor.get(detail).status_code == 200
    tag = auditor.get(detail)["ETag"]
    refused = auditor.patch(detail, {"priority": "low"}, headers={"If-Match": tag})
    assert refused.status_code == 403


def test_assignments_are_found_by_person_and_priority(client_of: Clients) -> None:
    one, other = make.AssignmentFactory(priority="urgent"), make.AssignmentFactory()
    client = client_of("auditor")

    def ids(**asked: Any) -> set[str]:
        return {row["id"] for row in client.get(URL, asked).json()["results"]}

    assert ids(assignee=one.assignee.handle) == {str(one.public_id)}
    assert ids(priority="normal") == {str(other.public_id)}
    assert ids(claim=str(other.claim.public_id)) == {str(other.public_id)}
    assert ids(claim=str(uuid4())) == set()


def merged(client: APIClient, claim: Any, other: Any) -> Any:
    url = f"/api/v1/claims/{claim.public_id}/"
    tag = client.get(url)["ETag"]
    body = {"claim": str(other.public_id), "text": "Two wordings."}
    return client.post(f"{url}same_as/", body, headers={"If-Match": tag})


def test_a_claim_that_is_the_same_as_another_leads_there(
    public: APIClient, client_of: Clients
) -> None:
    claim, other = make.ClaimFactory(listed=True), make.ClaimFactory(listed=True)
    editor = client_of("editor")
    answer = merged(editor, claim, other)
    assert answer.status_code == 200, answer.content
    assert answer.json()["status"] == "rejected"
    url = f"/api/v1/claims/{claim.public_id}/"
    moved = public.get(url, {"fields": "id,text"})
    assert moved.status_code == 301
    assert moved["Cache-Control"] == "no-cache"  # it may be reopened
    assert moved["Location"].endswith(f"/api/v1/claims/{other.public_id}/?fields=id%2Ctext")
    assert public.get(moved["Location"]).json()["text"] == other.text
    assert editor.get(url).json()["status"] == "rejected"


def test_no_redirect_leads_to_what_the_caller_may_not_see(
    public: APIClient, client_of: Clients
) -> None:
    claim, other = make.ClaimFactory(), make.ClaimFactory()
    assert merged(client_of("editor"), claim, other).status_code == 200
    assert public.get(f"/api/v1/claims/{claim.public_id}/").status_code == 404


def test_the_claim_that_stays_must_be_named_and_seen(client_of: Clients) -> None:
    claim, editor = make.ClaimFactory(), client_of("editor")
    url = f"/api/v1/claims/{claim.public_id}/"
    tag = editor.get(url)["ETag"]
    for sent in ({}, {"claim": str(uuid4())}, {"claim": str(claim.public_id)}, {"claim": None}):
        refused = editor.post(f"{url}same_as/", sent, headers={"If-Match": tag})
        assert refused.status_code == 400, sent
        assert refused.json()["errors"][0]["pointer"] == "#/claim"
