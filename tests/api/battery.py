"""The cases that every resource has to pass. A resource joins by a few lines: see test_resources.

``public()`` makes a record that everyone sees, ``hidden()`` one that only staff sees (or, unless
``seen_by_staff``, nobody yet), ``body()`` what a POST sends, ``change`` what a PATCH sends,
``filters(record)`` for each filter a value that finds the record and one that does not.
"""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from tests.api.contract import assert_conforms, document

COMMON_PARAMETERS = {
    "cursor",
    "page_size",
    "ordering",
    "count",
    "fields",
    "expand",
    "created_at__gte",
    "created_at__lt",
    "updated_at__gte",
    "updated_at__lt",
}
HOSTILE_VALUES = (
    "\x00",
    "\ud800",
    "'; DROP TABLE claims_claim; --💥",
    "9" * 400,
    "-1",
    "2025-02-30T00:00:00Z",
)
HOSTILE_TEXTS = ("\x00", "a\x07b", "a\u202eb")
HOSTILE_BODIES = (
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b'{"id": "x"}',
    b'{"a": 1, "a": 2}',
    b'{"text": "\\ud800"}',
    b'{"text": NaN}',
    b"[" * 100_000,
    b'{"text": ' + b"9" * 400 + b"}",
    b'{"\xff": 1}',
)


class ReadingCases:
    """The cases of reading; a subclass is a resource that nobody writes to."""

    path: ClassVar[str]
    moments: ClassVar[tuple[str, ...]] = ("created_at", "updated_at")
    seen_by_staff: ClassVar[bool] = True
    has_past: ClassVar[bool] = True

    def public(self) -> Any:
        raise NotImplementedError

    def hidden(self) -> Any:
        raise NotImplementedError

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        raise NotImplementedError

    @property
    def url(self) -> str:
        return f"/api/v1/{self.path}/"

    def detail(self, record: Any) -> str:
        return f"{self.url}{record.public_id}/"

    def ids(self, client: APIClient, **parameters: Any) -> list[str]:
        response = client.get(self.url, {"page_size": 200, **parameters})
        assert response.status_code == 200, response.content
        return [row["id"] for row in response.json()["results"]]

    # reading

    def test_the_public_sees_what_is_public_and_staff_see_all(
        self, public: APIClient, client_of: Callable[..., APIClient]
    ) -> None:
        shown, hidden = str(self.public().public_id), str(self.hidden().public_id)
        assert shown in self.ids(public)
        assert hidden not in self.ids(public)
        seen = self.ids(client_of("auditor"))
        assert shown in seen
        assert (hidden in seen) is self.seen_by_staff

    def test_what_is_hidden_is_not_found(
        self, public: APIClient, client_of: Callable[..., APIClient]
    ) -> None:
        hidden = self.detail(self.hidden())
        refused = public.get(hidden)
        absent = public.get(f"{self.url}{uuid4()}/")
        assert refused.status_code == absent.status_code == 404
        assert refused.content == absent.content
        expected = 200 if self.seen_by_staff else 404
        assert client_of("auditor").get(hidden).status_code == expected

    def test_answers_are_as_documented(
        self, public: APIClient, client_of: Callable[..., APIClient]
    ) -> None:
        record = self.public()
        self.hidden()
        for client in (public, client_of("auditor")):
            assert_conforms(client.get(self.url, {"count": "exact"}))
            assert_conforms(client.get(self.detail(record)))
        assert_conforms(public.get(self.url, {"colour": "red"}))
        assert_conforms(public.get(f"{self.url}{uuid4()}/"))

    def test_a_list_takes_the_same_queries_for_one_row_and_for_twenty(
        self, public: APIClient
    ) -> None:
        self.public()
        with CaptureQueriesContext(connection) as one:
            assert len(self.ids(public)) >= 1
        for _ in range(19):
            self.public()
        with CaptureQueriesContext(connection) as twenty:
            assert len(self.ids(public)) >= 20
        # The state of the database, the page's keys, and its rows.
        assert (len(one), len(twenty)) == (3, 3)

    def test_pages_hold_every_row_once_in_order_forwards_and_backwards(
        self, client_of: Callable[..., APIClient]
    ) -> None:
        for _ in range(7):
            self.public()
        client = client_of("auditor")
        for ordering in self._orderings():
            whole = self.ids(client, ordering=ordering)
            forwards, url, last = [], f"{self.url}?page_size=3&ordering={ordering}", ""
            while url:
                page = client.get(url).json()
                forwards += [row["id"] for row in page["results"]]
                last, url = url, page["next"]
            assert forwards == whole
            backwards: list[str] = []
            page = client.get(last).json()
            while page:
                backwards = [row["id"] for row in page["results"]] + backwards
                page = client.get(page["previous"]).json() if page["previous"] else None
            assert backwards == whole
            reverse = ordering.removeprefix("-") if ordering.startswith("-") else f"-{ordering}"
            assert self.ids(client, ordering=reverse) == whole[::-1]

    def test_each_filter_finds_what_it_names_and_nothing_else(self, public: APIClient) -> None:
        record = self.public()
        filters = self.filters(record)
        assert set(filters) == self._documented_filters(), "a filter without a case"
        for name, (fitting, other) in filters.items():
            assert str(record.public_id) in self.ids(public, **{name: fitting}), name
            assert str(record.public_id) not in self.ids(public, **{name: other}), name

    def test_filters_by_time(self, public: APIClient) -> None:
        record = self.public()
        for column in self.moments:
            moment = getattr(record, column).isoformat()
            assert str(record.public_id) in self.ids(public, **{f"{column}__gte": moment})
            assert str(record.public_id) not in self.ids(public, **{f"{column}__lt": moment})

    def test_no_parameter_value_breaks_the_server(self, public: APIClient) -> None:
        self.public()
        for name in self._documented_filters() | self._moment_filters() | COMMON_PARAMETERS:
            for value in HOSTILE_VALUES:
                if value == "\ud800":
                    response = public.get(f"{self.url}?{name}=%ED%A0%80")
                else:
                    response = public.get(self.url, {name: value})
                assert response.status_code in {200, 400}, (name, value)
                if response.status_code == 400:
                    fault = response.json()["errors"][0]
                    assert fault["parameter"] == name, (name, value)
            for query in (f"{name}=", f"{name}", f"{name}=a&{name}=b"):
                response = public.get(f"{self.url}?{query}")
                assert response.status_code == 400, query
                assert response.json()["errors"][0]["parameter"] == name

    def test_an_unknown_parameter_is_named_in_the_error(self, public: APIClient) -> None:
        record = self.public()
        for url in (self.url, self.detail(record)):
            response = public.get(url, {"colour": "red"})
            assert response.status_code == 400
            assert response["Content-Type"] == "application/problem+json"
            body = response.json()
            assert body["type"] == "/api/problems/unknown-parameter"
            assert body["errors"][0]["parameter"] == "colour"

    def test_what_a_client_holds_is_not_sent_again(self, public: APIClient) -> None:
        record = self.public()
        for url in (self.url, self.detail(record)):
            first = public.get(url)
            again = public.get(url, headers={"If-None-Match": first["ETag"]})
            assert (again.status_code, again.content) == (304, b"")
            assert again["ETag"] == first["ETag"]
            assert {"Authorization", "Cookie"} <= set(first["Vary"].split(", "))

    def _documented_filters(self) -> set[str]:
        operation = document()["paths"][self.url]["get"]
        named = {p["name"] for p in operation["parameters"] if p["in"] == "query"}
        return named - COMMON_PARAMETERS - self._moment_filters()

    def _moment_filters(self) -> set[str]:
        return {f"{column}__{side}" for column in self.moments for side in ("gte", "lt")}

    def _orderings(self) -> list[str]:
        operation = document()["paths"][self.url]["get"]
        ordering = next(p for p in operation["parameters"] if p["name"] == "ordering")
        return [key for key in ordering["schema"]["enum"] if key != "relevance"]


class ResourceCases(ReadingCases):
    """The cases of reading and writing; a subclass is a resource."""

    change: ClassVar[dict[str, Any]] = {}
    writers: ClassVar[tuple[str, ...]] = ("researcher", "editor", "administrator")

    def body(self) -> dict[str, Any]:
        raise NotImplementedError

    @pytest.mark.parametrize("role", [None, "researcher", "editor", "auditor", "administrator"])
    def test_who_may_create(self, role: str | None, client_of: Callable[..., APIClient]) -> None:
        body = self.body()
        response = client_of(role).post(self.url, body)
        if role in self.writers:
            assert response.status_code == 201, response.content
            location = response["Location"]
            assert client_of("auditor").get(location).json()["id"] == response.json()["id"]
        else:
            assert response.status_code == (401 if role is None else 403)
        assert_conforms(response, "post")

    @pytest.mark.parametrize("role", [None, "researcher", "editor", "auditor", "administrator"])
    def test_who_may_change(self, role: str | None, client_of: Callable[..., APIClient]) -> None:
        url = self._created(client_of)
        tag = client_of("administrator").get(url)["ETag"]
        response = client_of(role).patch(url, self.change, headers={"If-Match": tag})
        expected = 200 if role in self.writers else 401 if role is None else 403
        assert response.status_code == expected, response.content
        assert_conforms(response, "patch")

    def test_a_change_names_the_state_that_it_is_based_on(
        self, client_of: Callable[..., APIClient]
    ) -> None:
        client = client_of("administrator")
        url = self._created(client_of)
        tag = client.get(url)["ETag"]
        for missing in ({}, {"If-Match": "*"}):
            assert client.patch(url, self.change, headers=missing).status_code == 428
        for wrong in ('"never-given"', '"999-abc"', f"W/{tag}", '"1-a", "2-b"', "nonsense"):
            response = client.patch(url, self.change, headers={"If-Match": wrong})
            assert response.status_code in {412, 428}, wrong
        first = client.patch(url, self.change, headers={"If-Match": tag})
        assert first.status_code == 200, first.content
        assert client.patch(url, self.change, headers={"If-Match": tag}).status_code == 412
        again = client.patch(url, self.change, headers={"If-Match": first["ETag"]})
        assert again.status_code == 200

    def test_no_body_breaks_the_server(self, client_of: Callable[..., APIClient]) -> None:
        client = client_of("administrator")
        url = self._created(client_of)
        tag = client.get(url)["ETag"]
        for body in HOSTILE_BODIES:
            posted = client.post(self.url, body, content_type="application/json")
            assert posted.status_code == 400, body[:40]
            assert_conforms(posted, "post")
            if not body:
                continue  # an empty change changes nothing
            patched = client.patch(
                url, body, content_type="application/json", headers={"If-Match": tag}
            )
            assert patched.status_code == 400, body[:40]
        other = client.post(self.url, b"{}", content_type="application/xml")
        assert other.status_code == 415

    def test_unknown_and_read_only_fields_are_refused(
        self, client_of: Callable[..., APIClient]
    ) -> None:
        client = client_of("administrator")
        for name in ("colour", "id", "created_at"):
            response = client.post(self.url, {**self.body(), name: "x"})
            assert response.status_code == 400
            assert f"#/{name}" in {fault["pointer"] for fault in response.json()["errors"]}

    def test_each_text_field_refuses_what_no_record_may_hold(
        self, client_of: Callable[..., APIClient]
    ) -> None:
        client = client_of("administrator")
        texts = [name for name, value in self.body().items() if isinstance(value, str)]
        url = self._created(client_of)
        changed = [name for name, value in self.change.items() if isinstance(value, str)]
        for name in changed:
            for value in ("a\x07b", "a\u202eb"):
                tag = client.get(url)["ETag"]
                patched = client.patch(url, {name: value}, headers={"If-Match": tag})
                assert patched.status_code == 400, (name, value)
        for name in texts:
            for value in (*HOSTILE_TEXTS, "x" * 300_000, 7.5, True, [], {}):
                response = client.post(self.url, {**self.body(), name: value})
                assert response.status_code in {400, 201}, (name, value)
                if response.status_code == 201:  # a text without a limit of its own
                    assert value == "x" * 300_000, (name, value)

    def test_each_text_field_refuses_in_a_change_what_it_refuses_at_first(
        self, client_of: Callable[..., APIClient]
    ) -> None:
        client = client_of("administrator")
        url = self._created(client_of)
        for name in (name for name, value in self.change.items() if isinstance(value, str)):
            for value in (*HOSTILE_TEXTS, 7.5, True, [], {}):
                headers = {"If-Match": client.get(url)["ETag"]}
                response = client.patch(url, {name: value}, headers=headers)
                assert response.status_code == 400, (name, value)
                assert response.json()["errors"][0]["pointer"] == f"#/{name}", (name, value)

    def test_a_list_of_words_has_no_blank_between_its_commas(self, public: APIClient) -> None:
        filters = self.filters(self.public())
        for name in (name for name in filters if name.endswith("__in")):
            first = str(filters[name][0]).partition(",")[0]
            for value in (f"{first},,{first}", f"{first},", f", {first}"):
                response = public.get(self.url, {name: value})
                assert response.status_code == 400, (name, value)
                assert response.json()["errors"][0]["parameter"] == name

    def test_nobody_deletes_here_whatever_the_role(
        self, client_of: Callable[..., APIClient]
    ) -> None:
        url = self.detail(self.public())
        for role in (None, "researcher", "auditor", "administrator"):
            response = client_of(role).delete(url)
            assert response.status_code == 405, role
            assert "DELETE" not in response["Allow"]

    def _created(self, client_of: Callable[..., APIClient]) -> str:
        response = client_of("administrator").post(self.url, self.body())
        assert response.status_code == 201, response.content
        return f"{self.url}{response.json()['id']}/"
