"""Claims that are the same as another, in the API."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from tests import factories as make

pytestmark = pytest.mark.django_db

Clients = Callable[..., APIClient]


def mark_same_as(client: APIClient, claim: Any, other: Any) -> Any:
    url = f"/api/v1/claims/{claim.public_id}/"
    tag = client.get(url)["ETag"]
    body = {"claim": str(other.public_id), "text": "Two wordings."}
    return client.post(f"{url}same_as/", body, headers={"If-Match": tag})


def test_a_claim_that_is_the_same_as_another_redirects_to_it(
    public: APIClient, client_of: Clients
) -> None:
    claim, other = make.ClaimFactory(listed=True), make.ClaimFactory(listed=True)
    editor = client_of("editor")
    response = mark_same_as(editor, claim, other)
    assert response.status_code == 200, response.content
    assert response.json()["status"] == "rejected"
    url = f"/api/v1/claims/{claim.public_id}/"
    redirect = public.get(url, {"fields": "id,text"})
    assert redirect.status_code == 301
    assert redirect["Cache-Control"] == "no-cache"  # it may be reopened
    assert redirect["Location"].endswith(f"/api/v1/claims/{other.public_id}/?fields=id%2Ctext")
    assert public.get(redirect["Location"]).json()["text"] == other.text
    assert editor.get(url).json()["status"] == "rejected"


def test_no_redirect_leads_to_a_hidden_claim(public: APIClient, client_of: Clients) -> None:
    claim, other = make.ClaimFactory(), make.ClaimFactory()
    assert mark_same_as(client_of("editor"), claim, other).status_code == 200
    assert public.get(f"/api/v1/claims/{claim.public_id}/").status_code == 404


def test_the_other_claim_must_exist_and_be_visible(client_of: Clients) -> None:
    claim, editor = make.ClaimFactory(), client_of("editor")
    url = f"/api/v1/claims/{claim.public_id}/"
    tag = editor.get(url)["ETag"]
    for body in ({}, {"claim": str(uuid4())}, {"claim": str(claim.public_id)}, {"claim": None}):
        response = editor.post(f"{url}same_as/", body, headers={"If-Match": tag})
        assert response.status_code == 400, body
        assert response.json()["errors"][0]["pointer"] == "#/claim"
