"""Transitions of reviews and claims in the API: the only way to change a state."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from claims import workflow
from claims.models import Claim
from claimsapi.core.errors import Conflict
from tests import factories as make
from tests.api.contract import assert_conforms, document

Clients = Callable[..., APIClient]


def post(client: APIClient, url: str, body: dict[str, Any] | None = None) -> Any:
    """Request a transition of the current state, and check the response against the document."""
    record, _, _transition = url.rstrip("/").rpartition("/")
    tag = client.get(f"{record}/")["ETag"]
    response = client.post(url, body or {}, headers={"If-Match": tag})
    assert_conforms(response, "post")
    return response


def test_two_people_take_a_review_from_draft_to_published(
    client_of: Clients, public: APIClient
) -> None:
    author, editor = client_of("researcher"), client_of("editor")
    claim = make.ClaimFactory()
    opened = author.post(
        "/api/v1/reviews/",
        {
            "claim": str(claim.public_id),
            "publisher": str(make.PublisherFactory().public_id),
            "rating": str(make.RatingFactory(label="Pants on Fire").public_id),
            "summary": "No ferry was late.",
        },
    )
    assert opened.status_code == 201
    review = f"/api/v1/reviews/{opened.json()['id']}/"

    incomplete = post(author, f"{review}submit/")
    assert incomplete.status_code == 409
    assert incomplete.json()["type"] == "/api/problems/not-ready"
    assert incomplete.json()["errors"] == [
        {"pointer": "#", "detail": "Add at least one piece of evidence."}
    ]
    evidence = author.post(
        "/api/v1/evidence/",
        {
            "review": opened.json()["id"],
            "document": str(make.DocumentFactory().public_id),
            "stance": "refutes",
        },
    )
    assert evidence.status_code == 201
    assert post(author, f"{review}submit/").status_code == 200
    assert post(author, f"{review}publish/").status_code == 403
    assert post(editor, f"{review}return/").status_code == 400
    returned = post(editor, f"{review}return/", {"text": "Which ferry?"})
    assert returned.json()["open_version"]["return_reason"] == "Which ferry?"
    assert post(author, f"{review}submit/").status_code == 200
    assert public.get(review).status_code == 404
    published = post(editor, f"{review}publish/")
    assert published.status_code == 200

    body = public.get(review).json()
    assert body["current_version"]["rating"]["label"] == "Pants on Fire"
    assert body["current_version"]["author"] != body["current_version"]["editor"]
    assert body["open_version"] is None
    assert body["claim"]["status"] == "reviewed"


def test_a_correction_is_prepared_beside_the_published_version(
    client_of: Clients, public: APIClient
) -> None:
    first = make.published_version()
    review = f"/api/v1/reviews/{first.review.public_id}/"
    author, editor = client_of("researcher"), client_of("editor")
    prepared = post(author, f"{review}prepare/", {"kind": "correction", "note": "Wrong ferry."})
    assert prepared.json()["open_version"]["number"] == 2
    tag = author.get(review)["ETag"]
    changed = author.patch(review, {"headline": "The other ferry"}, headers={"If-Match": tag})
    assert changed.status_code == 200
    assert post(author, f"{review}submit/").status_code == 200
    assert public.get(review).json()["current_version"]["headline"] == first.headline
    assert post(editor, f"{review}publish/").status_code == 200

    body = public.get(review).json()
    assert body["current_version"]["headline"] == "The other ferry"
    assert [(v["number"], v["state"], v["correction_kind"]) for v in body["versions"]] == [
        (2, "published", "correction"),
        (1, "superseded", ""),
    ]
    retracted = post(editor, f"{review}retract/", {"text": "There is no such ferry."})
    assert retracted.status_code == 200
    withdrawn = public.get(review).json()["current_version"]
    assert (withdrawn["state"], withdrawn["retraction_note"]) == (
        "retracted",
        "There is no such ferry.",
    )


def test_a_submitted_version_cannot_be_edited(client_of: Clients) -> None:
    version = make.submitted_version()
    review = f"/api/v1/reviews/{version.review.public_id}/"
    client = client_of("editor")
    tag = client.get(review)["ETag"]
    refused = client.patch(review, {"headline": "Other"}, headers={"If-Match": tag})
    assert refused.status_code == 409
    assert_conforms(refused, "patch")
    evidence = version.evidence.get()
    url = f"/api/v1/evidence/{evidence.public_id}/"
    tag = client.get(url)["ETag"]
    assert client.patch(url, {"locator": "p. 1"}, headers={"If-Match": tag}).status_code == 409


def test_the_state_is_a_read_only_field(client_of: Clients) -> None:
    version = make.ReviewVersionFactory()
    review = f"/api/v1/reviews/{version.review.public_id}/"
    client = client_of("administrator")
    tag = client.get(review)["ETag"]
    response = client.patch(review, {"state": "published"}, headers={"If-Match": tag})
    assert response.status_code == 400
    claim = f"/api/v1/claims/{version.review.claim.public_id}/"
    tag = client.get(claim)["ETag"]
    assert client.patch(claim, {"status": "reviewed"}, headers={"If-Match": tag}).status_code == 400


def test_an_editor_lists_and_unlists_a_claim(client_of: Clients, public: APIClient) -> None:
    claim = f"/api/v1/claims/{make.ClaimFactory().public_id}/"
    editor = client_of("editor")
    assert public.get(claim).status_code == 404
    assert post(client_of("researcher"), f"{claim}list/").status_code == 403
    assert post(editor, f"{claim}list/").status_code == 200
    assert public.get(claim).status_code == 200
    assert post(editor, f"{claim}unlist/").status_code == 200
    assert public.get(claim).status_code == 404


def test_a_claim_is_rejected_with_a_reason_and_reopened(client_of: Clients) -> None:
    claim = f"/api/v1/claims/{make.ClaimFactory(listed=True).public_id}/"
    editor = client_of("editor")
    assert post(editor, f"{claim}reject/").status_code == 400
    rejected = post(editor, f"{claim}reject/", {"text": "An opinion."}).json()
    assert (rejected["status"], rejected["status_reason"]) == ("rejected", "An opinion.")
    assert rejected["listed_at"] is None
    assert post(editor, f"{claim}reopen/").json()["status"] == "unreviewed"


def test_every_transition_needs_if_match(client_of: Clients) -> None:
    version = make.submitted_version()
    url = f"/api/v1/reviews/{version.review.public_id}/publish/"
    client = client_of("editor")
    assert client.post(url, {}).status_code == 428
    assert client.post(url, {}, headers={"If-Match": '"1-old"'}).status_code == 412
    version.refresh_from_db()
    assert version.state == "submitted"


def transitions() -> dict[str, Any]:
    """Return the documented transition operations by their path."""
    paths = document()["paths"].items()
    return {path: o["post"] for path, o in paths if path.count("/") == 6 and "post" in o}


def test_every_transition_documents_its_request_body() -> None:
    for path, operation in transitions().items():
        schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        exceptions = {"prepare": "CorrectionRequest", "same_as": "SameAsRequest"}
        expected = exceptions.get(path.rstrip("/").rsplit("/", 1)[-1], "TransitionRequest")
        assert schema == f"#/components/schemas/{expected}", path


def test_a_transition_refuses_other_fields_and_names_the_missing_text(client_of: Clients) -> None:
    version, published = make.submitted_version(), make.published_version()
    editor = client_of("editor")
    review = f"/api/v1/reviews/{version.review.public_id}/"
    for url, body, pointer in (
        (f"{review}return/", {"reason": "Which ferry?"}, "#/reason"),
        (f"{review}return/", {"text": 7}, "#/text"),
        (f"{review}return/", {}, "#/text"),
        (f"{review}publish/", {"note": "x"}, "#/note"),
        (
            f"/api/v1/reviews/{published.review.public_id}/prepare/",
            {"kind": "update", "text": "x"},
            "#/text",
        ),
    ):
        refused = post(editor, url, body)
        assert refused.status_code == 400, url
        assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


def test_a_transition_from_another_state_is_a_conflict(client_of: Clients) -> None:
    claim = f"/api/v1/claims/{make.ClaimFactory(listed=True).public_id}/"
    editor = client_of("editor")
    assert post(editor, f"{claim}list/").json()["type"] == "/api/problems/conflict"
    assert post(editor, f"{claim}unlist/").status_code == 200
    assert post(editor, f"{claim}unlist/").json()["type"] == "/api/problems/conflict"


@pytest.mark.parametrize("role", [None, "auditor"])
def test_users_without_permission_make_no_transition(role: str | None, client_of: Clients) -> None:
    version = make.submitted_version()
    assert len(transitions()) == 12
    for path in transitions():
        record = version.review if "/reviews/" in path else version.review.claim
        response = client_of(role).post(path.replace("{id}", str(record.public_id)), {})
        assert response.status_code == (401 if role is None else 403), path


def test_an_unknown_field_is_refused_and_named(client_of: Clients) -> None:
    claim = make.ClaimFactory()
    client, url = client_of("editor"), f"/api/v1/claims/{claim.public_id}/"
    tag = client.get(url)["ETag"]
    response = client.post(f"{url}reject/", {"reason": "Not ours."}, headers={"If-Match": tag})
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "#/reason"


def test_a_reopened_claim_with_a_draft_is_in_review(client_of: Clients) -> None:
    version = make.ReviewVersionFactory()
    claim, editor = version.review.claim, make.UserFactory(role="editor")
    make.move(claim, workflow.MARK_NOT_CHECKABLE, editor, "Its time has not come.")
    claim.refresh_from_db()
    make.move(claim, workflow.REOPEN, editor)
    claim.refresh_from_db()
    assert claim.status == "in_review"
    other = make.ClaimFactory()
    make.move(other, workflow.REJECT, editor, "Not ours.")
    other.refresh_from_db()
    make.move(other, workflow.REOPEN, editor)
    other.refresh_from_db()
    assert other.status == "unreviewed"


@pytest.mark.django_db
def test_a_transition_of_a_deleted_record_is_a_conflict() -> None:
    claim, editor = make.ClaimFactory(), make.UserFactory(role="editor")
    Claim.objects.filter(pk=claim.pk).delete()
    with pytest.raises(Conflict, match="deleted the record"):
        workflow.apply_transition(record=claim, transition=workflow.LIST, user=editor, revision=1)


@pytest.mark.parametrize(
    ("path", "body", "pointer", "detail"),
    [
        ("claims", {"text": "A", "kind": "event", "topics": {}}, "#/topics", "Send a list."),
        ("claims", {"text": "A", "kind": "event", "topics": ""}, "#/topics", "Send a list."),
        (
            "rating-scales",
            {"slug": "s", "name": "S", "publisher": ""},
            "#/publisher",
            "Send the id of a publisher as a string.",
        ),
    ],
)
def test_objects_and_empty_strings_are_refused_where_a_list_or_null_belongs(
    client_of: Clients, path: str, body: dict[str, Any], pointer: str, detail: str
) -> None:
    response = client_of("administrator").post(f"/api/v1/{path}/", body, format="json")
    assert response.status_code == 400
    assert response.json()["errors"] == [{"pointer": pointer, "detail": detail}]


def test_the_publication_checks_are_for_users_who_write_reviews(client_of: Clients) -> None:
    version = make.ReviewVersionFactory(summary="")
    url = f"/api/v1/reviews/{version.review.public_id}/checks/"
    response = client_of("researcher").get(url)
    assert_conforms(response)
    checks = {check["code"]: check for check in response.json()["checks"]}
    assert checks["summary"] == {
        "code": "summary",
        "sentence": "Write a summary.",
        "blocks": True,
        "passed": False,
    }
    assert checks["rating"]["passed"]
    assert not checks["primary_source"]["blocks"]
    assert client_of(None).get(url).status_code in {401, 403, 404}
    assert client_of("auditor").get(url).status_code == 403
    public = make.published_version().review
    finished = f"/api/v1/reviews/{public.public_id}/checks/"
    assert client_of("editor").get(finished).status_code == 409
    assert client_of(None).get(finished).status_code == 401
