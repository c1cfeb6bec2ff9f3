"""Assignments in the API: staff manage them, and nobody else sees them."""

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


def test_staff_create_and_change_assignments(client_of: Clients) -> None:
    claim, person = make.ClaimFactory(), make.UserFactory(role="researcher")
    client = client_of("researcher")
    created = client.post(URL, body(claim, assignee=person.handle, priority="high"))
    assert created.status_code == 201, created.content
    assert (created.json()["assignee"], created.json()["priority"]) == (person.handle, "high")
    assert created.json()["claim"]["id"] == str(claim.public_id)
    url = f"{URL}{created.json()['id']}/"
    assert client.patch(url, {"assignee": None}).status_code == 428
    changed = client.patch(url, {"assignee": None}, headers={"If-Match": created["ETag"]})
    assert changed.status_code == 200, changed.content
    assignment = Assignment.objects.get()
    assert (assignment.assignee, assignment.priority) == (None, "high")


def test_a_claim_has_one_assignment(client_of: Clients) -> None:
    claim = make.ClaimFactory()
    make.AssignmentFactory(claim=claim)
    response = client_of("editor").post(URL, body(claim))
    assert response.status_code == 409
    assert Assignment.objects.count() == 1


@pytest.mark.parametrize("handle", ["nobody", "", 7, "left", "reader", "\x00"])
def test_only_active_staff_can_be_assigned(handle: Any, client_of: Clients) -> None:
    make.UserFactory(handle="left", is_active=False)
    make.UserFactory(handle="reader", is_staff=False)
    response = client_of("editor").post(URL, body(make.ClaimFactory(), assignee=handle))
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "#/assignee"


def test_the_public_sees_no_assignment_and_an_auditor_changes_none(
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
    response = auditor.patch(detail, {"priority": "low"}, headers={"If-Match": tag})
    assert response.status_code == 403


def test_assignments_are_filtered_by_assignee_priority_and_claim(client_of: Clients) -> None:
    one, other = make.AssignmentFactory(priority="urgent"), make.AssignmentFactory()
    client = client_of("auditor")

    def ids(**filters: Any) -> set[str]:
        return {row["id"] for row in client.get(URL, filters).json()["results"]}

    assert ids(assignee=one.assignee.handle) == {str(one.public_id)}
    assert ids(priority="normal") == {str(other.public_id)}
    assert ids(claim=str(other.claim.public_id)) == {str(other.public_id)}
    assert ids(claim=str(uuid4())) == set()
