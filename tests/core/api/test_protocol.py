"""Rules of the whole API: errors, tokens, caching, headers and its documentation."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from django.conf import LazySettings
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from psycopg_pool import PoolTimeout
from rest_framework.exceptions import ValidationError
from rest_framework.test import APIClient

from claims import workflow
from claims.models import Evidence, Review, ReviewVersion, Topic
from claimsapi.core.api.problems import problem_response
from claimsapi.core.errors import DomainError
from claimsapi.core.models import RecordQuerySet
from claimsapi.wsgi import application
from tests import factories as make
from tests.api.contract import assert_conforms, document, documented_headers
from tests.core.ledger.sample_history import use_key


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1/claims", "/api/v1/nothing/", "/api/v1/claims/x/"]
)
def test_an_unknown_url_below_api_is_a_problem_document(public: APIClient, path: str) -> None:
    response = public.get(path)
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == 404
    sent = Client(enforce_csrf_checks=True).post(path, {"a": 1}, content_type="application/json")
    assert (sent.status_code, sent["Content-Type"]) == (404, "application/problem+json")


def test_a_404_gives_a_hint_about_a_missing_slash(public: APIClient) -> None:
    assert "Add a slash at the end" in public.get("/api/v1/claims").json()["detail"]
    for path in ("/api/", "/api/v1/nothing", "/api/v1/ledger/nothing", "/api/problems/none"):
        assert "slash" not in public.get(path).json()["detail"]


@pytest.mark.parametrize("path", ["/api/v1/nope/", "/api/v1/claims", "/api/nope"])
def test_a_write_to_an_unknown_url_is_a_problem_document(path: str) -> None:
    response = Client(enforce_csrf_checks=True).post(path, "{}", content_type="application/json")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.django_db
def test_a_problem_type_is_explained_by_the_docstring_of_its_error(public: APIClient) -> None:
    assert public.get("/api/problems/invalid").json()["meaning"] == "The request is invalid."


def test_every_transition_documents_its_body() -> None:
    transitions = [
        operations["post"]
        for path, operations in document()["paths"].items()
        if path.count("/") == 6 and "post" in operations and not path.endswith("/prepare/")
    ]
    assert len(transitions) == sum(map(len, workflow.TRANSITIONS.values()))
    for operation in transitions:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert schema["$ref"].endswith(("/TransitionRequest", "/SameAsRequest"))


@pytest.mark.parametrize(
    ("cause", "transient"),
    [
        (PoolTimeout("couldn't get a connection after 30.00 sec"), True),
        (psycopg.errors.DeadlockDetected("deadlock detected"), True),
        (psycopg.errors.SerializationFailure("could not serialize"), True),
        (psycopg.errors.TooManyConnections("too many clients"), True),
        (psycopg.errors.DiskFull("no space"), True),
        (psycopg.errors.UndefinedTable("no such table"), False),
    ],
)
def test_a_busy_or_unreachable_database_is_a_503(cause: Exception, transient: bool) -> None:  # noqa: FBT001
    failure = OperationalError(str(cause))
    failure.__cause__ = cause
    response = problem_response(failure, {})
    assert (response is not None and response.status_code == 503) == transient


@pytest.mark.django_db
def test_a_detail_for_staff_is_private(client_of: Callable[..., APIClient]) -> None:
    url = f"/api/v1/claims/{make.ClaimFactory(listed=True).public_id}/"
    browser = Client()
    browser.force_login(make.UserFactory(role="editor"))
    assert "private" in browser.get(url)["Cache-Control"]
    assert "private" not in client_of().get(url)["Cache-Control"]


def test_a_json_pointer_escapes_special_characters() -> None:
    response = problem_response(ValidationError({"a/b~": ["Odd."], "é %": ["Odd."]}), {})
    pointers = [fault["pointer"] for fault in response.data["errors"]]
    assert pointers == ["#/a~1b~0", "#/%C3%A9%20%25"]


def test_the_api_root_lists_every_resource(
    public: APIClient, settings: LazySettings, tmp_path: Path
) -> None:
    use_key(settings, tmp_path)
    response = public.get("/api/v1/")
    assert_conforms(response)
    lists = {path for path in document()["paths"] if re.fullmatch(r"/api/v1/[\w-]+/", path)}
    assert {f"/api/v1/{name}/" for name in response.json()} == lists - {"/api/v1/tokens/"}
    for name, address in response.json().items():
        assert address.endswith(f"/api/v1/{name}/")
        assert public.get(address).status_code == 200
    assert public.get("/api/v1/", {"colour": "red"}).status_code == 400


def test_an_unsupported_method_is_a_405_with_allow(public: APIClient) -> None:
    response = public.delete("/api/v1/claims/")
    assert response.status_code == 405
    assert "DELETE" not in response["Allow"]
    response = public.options("/api/v1/claims/")
    assert response.status_code == 200


def test_an_unsupported_media_type_is_a_406(public: APIClient) -> None:
    response = public.get("/api/v1/claims/", headers={"Accept": "text/html"})
    assert response.status_code == 406
    assert response["Content-Type"] == "application/problem+json"


def test_every_problem_type_is_explained_at_its_url(public: APIClient) -> None:
    kinds = public.get("/api/problems/").json()
    pending, slugs = [*DomainError.__subclasses__()], set()
    while pending:
        error = pending.pop()
        slugs.add(error.slug)
        pending += error.__subclasses__()
    assert slugs <= set(kinds)
    for slug in kinds:
        for address in (f"/api/problems/{slug}", f"/api/problems/{slug}/"):
            assert public.get(address).json()["meaning"] == kinds[slug]
    assert kinds["invalid"] == "The request is invalid."
    assert public.get("/api/problems/none-such").status_code == 404


def test_a_server_error_is_a_problem_document_without_details(
    monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret of the server")

    monkeypatch.setattr("claims.api.views.ClaimViewSet.get_key_source", fail)
    response = Client(raise_request_exception=False).get("/api/v1/claims/")
    assert response.status_code == 500
    assert response["Content-Type"] == "application/problem+json"
    assert b"secret" not in response.content


def test_a_token_is_created_used_and_revoked(public: APIClient) -> None:
    cache.clear()
    user = make.UserFactory(role="researcher")
    user.set_password("a long pass phrase")
    user.save()
    credentials = {"login": user.username, "password": "a long pass phrase"}
    created = public.post("/api/v1/tokens/", credentials)
    assert created.status_code == 201
    assert_conforms(created, "post")
    client = APIClient(headers={"Authorization": f"Token {created.json()['token']}"})
    hidden = make.ClaimFactory()
    assert client.get(f"/api/v1/claims/{hidden.public_id}/").status_code == 200
    assert client.delete("/api/v1/tokens/current/").status_code == 204
    refused = client.get("/api/v1/claims/")
    assert refused.status_code == 401
    assert refused["WWW-Authenticate"] == "Token"


def test_guessing_passwords_is_throttled_despite_forged_addresses(
    public: APIClient,
) -> None:
    cache.clear()
    statuses = [
        public.post(
            "/api/v1/tokens/",
            {"login": "nobody", "password": "x"},
            headers={"X-Forwarded-For": f"192.0.2.{n}"},
        ).status_code
        for n in range(12)
    ]
    assert statuses == [401] * 10 + [429] * 2
    cache.clear()


def test_a_session_needs_a_csrf_token_to_write(db: None) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(make.UserFactory(role="researcher"))
    response = client.post("/api/v1/topics/", {"slug": "a", "name": "A"})
    assert response.status_code == 403
    assert "CSRF" in response.json()["detail"]


@pytest.mark.slow
def test_the_committed_openapi_document_has_the_generated_paths() -> None:
    committed = yaml.safe_load(Path("docs/openapi.yaml").read_text())
    assert committed["openapi"].startswith("3.1")
    assert set(committed["paths"]) == set(document()["paths"])


def test_every_operation_and_parameter_has_a_description() -> None:
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            assert operation.get("description"), f"{method} {path}"
            for parameter in operation.get("parameters", ()):
                assert parameter["in"] == "path" or parameter.get("description"), (
                    path,
                    parameter["name"],
                )


def test_the_documentation_loads_nothing_from_other_hosts(public: APIClient) -> None:
    for path in ("/api/docs/", "/api/docs/?script="):
        page = public.get(path).content.decode()
        assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page), path
        assert "<script>" not in page


def test_the_health_check_reads_the_database(client: Client, db: None) -> None:
    response = client.get("/health/")
    assert (response.status_code, response.json()) == (200, {"database": "ok"})


def test_the_site_root_redirects_to_the_public_pages(client: Client, db: None) -> None:
    assert client.get("/")["Location"] == "/reviews/"


def test_an_account_without_staff_rights_can_read(
    client_of: Callable[..., APIClient],
) -> None:
    assert client_of().get("/api/v1/claims/").status_code == 200


@pytest.mark.parametrize(
    "timestamp", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2025-02-30T00:00:00Z"]
)
def test_a_timestamp_that_does_not_exist_in_utc_is_a_400(public: APIClient, timestamp: str) -> None:
    for url in ("/api/v1/claims/", "/api/v1/topics/"):
        assert public.get(url, {"created_at__gte": timestamp}).status_code == 400
    assert public.get("/api/v1/reviews/", {"published_at__lt": timestamp}).status_code == 400


def test_the_error_for_an_invalid_choice_or_timestamp_gives_valid_ones(
    public: APIClient, client_of: Callable[..., APIClient]
) -> None:
    for name in ("kind", "kind__in"):
        detail = public.get("/api/v1/claims/", {name: "rumour"}).json()["detail"]
        assert "rumour" in detail
        assert "event, statistic, comparison" in detail
    body = {"text": "A ferry sank.", "kind": "rumour"}
    problem = client_of("researcher").post("/api/v1/claims/", body).json()
    assert "event, statistic, comparison" in problem["errors"][0]["detail"]
    claim = f"/api/v1/claims/{make.ClaimFactory(listed=True).public_id}/"
    for url in ("/api/v1/claims/?created_at__gte=", f"{claim}?as_of="):
        detail = public.get(f"{url}2026-11-23T12:00:00+01:00").json()["detail"]
        assert "2026-11-23T12:00:00Z" in detail
        assert "%2B" in detail


def test_a_list_for_an_account_is_private(
    public: APIClient, client_of: Callable[..., APIClient]
) -> None:
    by_session = APIClient()
    by_session.force_login(make.UserFactory(role="editor"))
    assert public.get("/api/v1/topics/")["Cache-Control"] == "public, no-cache"
    for client in (by_session, client_of("editor")):
        assert client.get("/api/v1/topics/")["Cache-Control"] == "private, no-cache"


def test_a_patch_of_a_record_that_is_deleted_meanwhile_is_a_404(
    client_of: Callable[..., APIClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = make.TopicFactory()
    url, client = f"/api/v1/topics/{topic.public_id}/", client_of("editor")
    tag = client.get(url)["ETag"]

    def delete_first(topic: Topic) -> Topic:
        Topic.objects.filter(pk=topic.pk).delete()
        return super(Topic, topic).lock()

    monkeypatch.setattr(Topic, "lock", delete_first)
    assert client.patch(url, {"name": "X"}, headers={"If-Match": tag}).status_code == 404


def test_a_part_is_locked_after_its_parent(client_of: Callable[..., APIClient]) -> None:
    evidence = make.EvidenceFactory()
    url, client = f"/api/v1/evidence/{evidence.public_id}/", client_of("editor")
    tag = client.get(url)["ETag"]
    locked: list[type] = []
    select_for_update = RecordQuerySet.select_for_update

    def record_lock(rows: Any, *args: Any, **kwargs: Any) -> Any:
        locked.append(rows.model)
        return select_for_update(rows, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(RecordQuerySet, "select_for_update", record_lock)
        assert client.patch(url, {"note": "X"}, headers={"If-Match": tag}).status_code == 200
    assert locked[:3] == [Review, ReviewVersion, Evidence]


def test_a_header_that_is_not_text_is_an_invalid_token(public: APIClient) -> None:
    response = public.get("/api/v1/claims/", HTTP_AUTHORIZATION="Token \xff")
    assert response.status_code == 401


def test_an_unsupported_charset_is_a_415_before_the_body_is_read() -> None:
    statuses: list[str] = []
    body = application(
        {"CONTENT_TYPE": "application/json; charset=hex"}, lambda status, _: statuses.append(status)
    )
    assert statuses == ["415 Unsupported Media Type"]
    assert b"unsupported-media-type" in b"".join(body)


def test_a_list_of_related_records_has_a_maximum_length(
    client_of: Callable[..., APIClient],
) -> None:
    topics = [str(make.TopicFactory().public_id)] * 101
    body = {"text": "A ferry sank.", "kind": "event", "topics": topics}
    response = client_of("researcher").post("/api/v1/claims/", body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "#/topics"


def test_an_integer_parameter_accepts_its_documented_maximum(public: APIClient) -> None:
    claim = make.ClaimFactory(listed=True)
    url = f"/api/v1/claims/{claim.public_id}/history/"
    assert public.get(url, {"before": 2**62}).status_code == 200
    for beyond in (2**62 + 1, "9" * 5000):
        assert public.get(url, {"before": beyond}).status_code == 400


def test_an_entity_tag_of_five_thousand_digits_is_a_412(
    client_of: Callable[..., APIClient],
) -> None:
    url = f"/api/v1/claims/{make.ClaimFactory().public_id}/"
    response = client_of("editor").patch(url, {}, headers={"If-Match": f'"{"9" * 5000}-x"'})
    assert response.status_code == 412


def test_too_many_parameters_are_a_problem_document(public: APIClient) -> None:
    answer = public.get("/api/v1/claims/?" + "&".join(f"a{number}=1" for number in range(1100)))
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert "parameters" in answer.json()["detail"]


def test_a_url_with_a_line_feed_is_a_problem_document(public: APIClient) -> None:
    response = public.get("/api/v1/claims/a%0Ab/")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["", "corrections/", "changes/", "ledger/", "claims/"])
def test_an_unsupported_method_is_a_405_before_parameters_are_checked(
    public: APIClient, path: str
) -> None:
    assert public.generic("TRACE", f"/api/v1/{path}?colour=red").status_code == 405


def test_a_correction_has_sparse_fields(public: APIClient) -> None:
    correction = make.corrected_version()
    url = f"/api/v1/corrections/{correction.public_id}/"
    assert public.get(url, {"fields": "kind"}).json() == {"kind": "correction"}


def test_field_names_and_expandable_fields_are_documented() -> None:
    parameters = {
        parameter["name"]: parameter["schema"]
        for parameter in document()["paths"]["/api/v1/claims/"]["get"]["parameters"]
    }
    named = parameters["fields"]["items"]["$ref"].rpartition("/")[2]
    words = document()["components"]["schemas"][named]["enum"]
    assert {"text", "statements.speaker.slug"} <= set(words)
    assert parameters["expand"]["items"]["enum"] == ["reviews", "statements"]


def test_every_required_response_header_is_sent(
    public: APIClient, client_of: Callable[..., APIClient]
) -> None:
    url = f"/api/v1/claims/{make.ClaimFactory(listed=True).public_id}/"
    tag = public.get(url)["ETag"]
    body = {"text": "A ferry sank.", "kind": "event"}
    answers = [
        public.get(url),
        public.get(url, headers={"If-None-Match": tag}),
        public.get("/api/v1/claims/", {"page_size": 1}),
        public.delete("/api/v1/claims/"),
        public.get("/api/v1/claims/", headers={"Authorization": "Token x"}),
        client_of("researcher").post("/api/v1/claims/", body),
    ]
    assert [answer.status_code for answer in answers] == [200, 304, 200, 405, 401, 201]
    for answer in answers:
        method = "post" if answer.status_code == 201 else "get"
        for name, header in documented_headers(answer, method).items():
            assert name in answer.headers or not header.get("required"), (answer, name)
