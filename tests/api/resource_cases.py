"""Test cases of every resource. ``test_resources`` has a subclass for each of them.

- ``public()`` makes a record that everyone can read.
- ``hidden()`` makes a record for staff, or without ``visible_to_staff`` for nobody yet.
- ``body()`` returns the body of a POST, and ``change`` is the body of a PATCH.
- ``filters(record)`` returns a matching and a non-matching value for each filter.
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
    """Cases of reading. A direct subclass is a read-only resource."""

    path: ClassVar[str]
    timestamps: ClassVar[tuple[str, ...]] = ("created_at", "updated_at")
    visible_to_staff: ClassVar[bool] = True
    has_history: ClassVar[bool] = True

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

    def test_the_public_reads_public_records_and_staff_read_all(
        self, public: APIClient, client_of: Callable[..., APIClient]
    ) -> None:
        public_id, hidden_id = str(self.public().public_id), str(self.hidden().public_id)
        assert public_id in self.ids(public)
        assert hidden_id not in self.ids(public)
        staff_ids = self.ids(client_of("auditor"))
        assert public_id in staff_ids
        assert (hidden_id in staff_ids) is self.visible_to_staff

    def test_a_hidden_record_is_a_404_like_an_absent_one(
        self, public: APIClient, client_of: Callable[..., APIClient]
    ) -> None:
        hidden = self.detail(self.hidden())
        refused = public.get(hidden)
        absent = public.get(f"{self.url}{uuid4()}/")
        assert refused.status_code == absent.status_code == 404
        assert refused.content == absent.content
        expected = 200 if self.visible_to_staff else 404
        assert client_of("auditor").get(hidden).status_code == expected

    def test_responses_conform_to_the_openapi_document(
        self, public: APIClient, client_of: Callable[..., APIClient]
    ) -> None:
        record = self.public()
        self.hidden()
        for client in (public, client_of("auditor")):
            assert_conforms(client.get(self.url, {"count": "exact"}))
            assert_conforms(client.get(self.detail(record)))
        assert_conforms(public.get(self.url, {"colour": "red"}))
        assert_conforms(public.get(f"{self.url}{uuid4()}/"))

    def test_a_list_of_one_row_and_of_twenty_takes_the_same_queries(
        self, public: APIClient
    ) -> None:
        self.public()
        with CaptureQueriesContext(connection) as one:
            assert len(self.ids(public)) >= 1
        for _ in range(19):
            self.public()
        with CaptureQueriesContext(connection) as twenty:
            assert len(self.ids(public)) >= 20
        # One query each for the database state, the keys of the page, and its records.
        assert (len(one), len(twenty)) == (3, 3)

    def test_pages_contain_every_row_once_in_order_in_both_directions(
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

    def test_each_filter_matches_the_right_record_only(self, public: APIClient) -> None:
        record = self.public()
        filters = self.filters(record)
        assert set(filters) == self._documented_filters(), "each filter needs a case"
        for name, (matching, other) in filters.items():
            assert str(record.public_id) in self.ids(public, **{name: matching}), name
            assert str(record.public_id) not in self.ids(public, **{name: other}), name

    def test_filters_by_time(self, public: APIClient) -> None:
        record = self.public()
        for column in self.timestamps:
            timestamp = getattr(record, column).isoformat()
            assert str(record.public_id) in self.ids(public, **{f"{column}__gte": timestamp})
            assert str(record.public_id) not in self.ids(public, **{f"{column}__lt": timestamp})

    def test_a_hostile_parameter_value_is_a_400_that_names_the_parameter(
        self, public: APIClient
    ) -> None:
        self.public()
        for name in self._documented_filters() | self._timestamp_filters() | COMMON_PARAMETERS:
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

    def test_the_error_names_an_unknown_parameter(self, public: APIClient) -> None:
        record = self.public()
        for url in (self.url, self.detail(record)):
            response = public.get(url, {"colour": "red"})
            assert response.status_code == 400
            assert response["Content-Type"] == "application/problem+json"
            body = response.json()
            assert body["type"] == "/api/problems/unknown-parameter"
            assert body["errors"][0]["parameter"] == "colour"

    def test_a_current_entity_tag_gets_a_304(self, public: APIClient) -> None:
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
        return named - COMMON_PARAMETERS - self._timestamp_filters()

    def _timestamp_filters(self) -> set[str]:
        return {f"{column}__{side}" for column in self.timestamps for side in ("gte", "lt")}

    def _orderings(self) -> list[str]:
        operation = document()["paths"][self.url]["get"]
        ordering = next(p for p in operation["parameters"] if p["name"] == "ordering")
        return [key for key in ordering["schema"]["enum"] if key != "relevance"]


class ResourceCases(ReadingCases):
    """Cases of reading and writing."""

    change: ClassVar[dict[str, Any]] = {}
    writers: ClassVar[tuple[str, ...]] = ("researcher", "editor", "administrator")

    def body(self) -> dict[str, Any]:
        raise NotImplementedError

    @pytest.mark.parametrize("role", [None, "researcher", "editor", "auditor", "administrator"])
    def test_only_writers_create(
        self, role: str | None, client_of: Callable[..., APIClient]
    ) -> None:
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
    def test_only_writers_change(
        self, role: str | None, client_of: Callable[..., APIClient]
    ) -> None:
        url = self._create(client_of)
        tag = client_of("administrator").get(url)["ETag"]
        response = client_of(role).patch(url, self.change, headers={"If-Match": tag})
        expected = 200 if role in self.writers else 401 if role is None else 403
        assert response.status_code == expected, response.content
        assert_conforms(response, "patch")

    def test_a_change_needs_the_current_entity_tag(
        self, client_of: Callable[..., APIClient]
    ) -> None:
        client = client_of("administrator")
        url = self._create(client_of)
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

    def test_a_hostile_body_is_a_400(self, client_of: Callable[..., APIClient]) -> None:
        client = client_of("administrator")
        url = self._create(client_of)
        tag = client.get(url)["ETag"]
        for body in HOSTILE_BODIES:
            posted = client.post(self.url, body, content_type="application/json")
            assert posted.status_code == 400, body[:40]
            assert_conforms(posted, "post")
            if not body:
                continue  # an empty body is a valid PATCH
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

    def test_text_fields_reject_control_characters_and_other_types_on_creation(
        self, client_of: Callable[..., APIClient]
    ) -> None:
        client = client_of("administrator")
        texts = [name for name, value in self.body().items() if isinstance(value, str)]
        url = self._create(client_of)
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
                if response.status_code == 201:  # a text field without a maximum length
                    assert value == "x" * 300_000, (name, value)

    def test_text_fields_reject_control_characters_and_other_types_in_a_change(
        self, client_of: Callable[..., APIClient]
    ) -> None:
        client = client_of("administrator")
        url = self._create(client_of)
        for name in (name for name, value in self.change.items() if isinstance(value, str)):
            for value in (*HOSTILE_TEXTS, 7.5, True, [], {}):
                headers = {"If-Match": client.get(url)["ETag"]}
                response = client.patch(url, {name: value}, headers=headers)
                assert response.status_code == 400, (name, value)
                assert response.json()["errors"][0]["pointer"] == f"#/{name}", (name, value)

    def test_a_comma_separated_filter_rejects_blank_values(self, public: APIClient) -> None:
        filters = self.filters(self.public())
        for name in (name for name in filters if name.endswith("__in")):
            first = str(filters[name][0]).partition(",")[0]
            for value in (f"{first},,{first}", f"{first},", f", {first}"):
                response = public.get(self.url, {name: value})
                assert response.status_code == 400, (name, value)
                assert response.json()["errors"][0]["parameter"] == name

    def test_nobody_can_delete(self, client_of: Callable[..., APIClient]) -> None:
        url = self.detail(self.public())
        for role in (None, "researcher", "auditor", "administrator"):
            response = client_of(role).delete(url)
            assert response.status_code == 405, role
            assert "DELETE" not in response["Allow"]

    def _create(self, client_of: Callable[..., APIClient]) -> str:
        response = client_of("administrator").post(self.url, self.body())
        assert response.status_code == 201, response.content
        return f"{self.url}{response.json()['id']}/"
