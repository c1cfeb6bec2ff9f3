"""Private work changes no public response, whatever parameter of the API document is used.

The test does private work and rolls it back. Each request gets the same response, byte for byte,
with and without that work. Parameter values come from the private work.
"""

import re
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.urls import resolve
from django.utils import timezone
from rest_framework.test import APIClient

from claimsapi.core.identifiers import uuid7
from claimsapi.core.models import Record
from tests.api.contract import document
from tests.api.private_work import LEDGER_PATHS, do_private_work, make_public_records
from tests.one_database import once

Query = tuple[str, dict[str, str], str]
TEXT_FIELDS = ["text", "name", "headline", "summary", "note", "language", "slug"]
# Positions in a list come from the links of a page: the tests of pagination follow those.
POSITIONS = {"cursor", "after", "before"}
FORMATS = ("application/json", "text/csv", "application/x-ndjson")
VALUES_PER_PARAMETER = len(FORMATS)
# The statistics all use the same filtered list of claims, and are the slowest endpoints.
STATISTICS = "/api/v1/statistics/"


def all_records() -> set[Record]:
    models = [model for model in apps.get_models() if issubclass(model, Record)]
    return {record for model in models for record in model._default_manager.all()}


def one_id_per_model(records: set[Record]) -> list[str]:
    by_model = {type(record): record for record in sorted(records, key=lambda record: record.pk)}
    return sorted(str(record.public_id) for record in by_model.values())


class PrivateValues:
    """Parameter values from private work: an id per model, and the words of all texts."""

    def __init__(self, private: set[Record]) -> None:
        texts = {str(getattr(r, name)) for r in private for name in TEXT_FIELDS if hasattr(r, name)}
        words = sorted({word for text in texts for word in re.findall(r"\w{2,}", text)})
        timestamps = sorted([min(record.created_at for record in private), timezone.now()])
        self.ids = one_id_per_model(private)
        self.slugs = sorted(text for text in texts if re.fullmatch(r"[a-z0-9-]+", text))
        self.searches = [*words[:20], *(f"ferry -{word}" for word in words[:5])]
        self.timestamps = [f"{timestamp:%Y-%m-%dT%H:%M:%S.%fZ}" for timestamp in timestamps]

    def of_parameter(self, name: str, schema: dict[str, Any]) -> list[str]:
        if "$ref" in schema:
            schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        match schema:
            case {"type": "array", "items": items}:
                each = self.of_parameter(name, items)
                values = [*each, ",".join(each)]
            case {"enum": choices}:
                values = [str(choice) for choice in choices]
            case {"type": "boolean"}:
                values = ["true", "false"]
            case {"type": "integer"}:
                values = ["1"]
            case {"format": "uuid"}:
                values = self.ids
            case {"format": "date-time"}:
                values = self.timestamps
            case _ if "_on" in name:
                values = ["2020-01-01", "2030-01-01"]
            case _:
                values = self.searches if name == "q" else self.slugs
        return values


def iterate_queries(
    values: PrivateValues, public: set[Record], private: set[Record]
) -> Iterator[Query]:
    """Yield queries for every parameter of every path: in each format, and with a search.

    The paths below ``/statistics/`` share the code of their filters, so each query goes to only one
    of them, in turn.
    """
    paths = [
        path
        for path, operations in document()["paths"].items()
        if "get" in operations and path not in LEDGER_PATHS
    ]
    statistics_paths = [
        path for path in paths if path.startswith(STATISTICS) and path != STATISTICS
    ]
    for path in paths:
        if "{id}" in path:
            yield from detail_queries(path, public, private)
        elif "{" not in path:
            yield path, {}, FORMATS[0]
    lists = [path for path in paths if "{" not in path and path not in statistics_paths]
    for path in lists:
        yield from list_queries(path, values)
    for path, (_, parameters, accept) in zip(
        cycle(statistics_paths), list_queries(statistics_paths[0], values), strict=False
    ):
        yield path, parameters, accept


def detail_queries(path: str, public: set[Record], private: set[Record]) -> Iterator[Query]:
    """Yield private records and a public one of the path's model, and a private one of another."""
    view: Any = resolve(path.replace("{id}", str(uuid7()))).func
    own = [record for record in private if isinstance(record, view.cls.queryset.model)]
    public_records = [record for record in public if isinstance(record, view.cls.queryset.model)]
    others = sorted(private.difference(own), key=lambda record: record.pk)
    for record in [*own, *others[:1], *public_records[:1]]:
        yield path.replace("{id}", str(record.public_id)), {}, FORMATS[0]


def list_queries(path: str, values: PrivateValues) -> Iterator[Query]:
    values_by_parameter = {
        parameter["name"]: values.of_parameter(parameter["name"], parameter["schema"])
        for parameter in document()["paths"][path]["get"].get("parameters", [])
        if parameter["in"] == "query" and parameter["name"] not in POSITIONS
    }
    # Facets and statistics are slow, and have the same filters as the list of claims.
    most = 1 if path.endswith("facets/") or path.startswith(STATISTICS) else VALUES_PER_PARAMETER
    for name, candidates in values_by_parameter.items():
        for value, accept in zip(candidates[:most], FORMATS, strict=False):
            exact = "count" in values_by_parameter and accept == FORMATS[0]
            yield path, {name: value} | ({"count": "exact"} if exact else {}), accept
    if "q" in values_by_parameter:
        for name, candidates in values_by_parameter.items():
            yield path, {"q": "ferry", name: candidates[0]}, FORMATS[0]


def fetch_responses(client: APIClient, queries: list[Query]) -> list[Any]:
    responses = (
        client.get(path, parameters, headers={"Accept": accept})
        for path, parameters, accept in queries
    )
    return [(r.status_code, r.getvalue(), sorted(r.headers.items())) for r in responses]


@once
@pytest.mark.django_db
def test_no_parameter_of_the_api_document_reveals_private_work(public: APIClient) -> None:
    records = make_public_records()
    public_records = all_records()
    with transaction.atomic():
        do_private_work(records)
        private_records = all_records() - public_records
        values = PrivateValues(private_records)
        queries = list(iterate_queries(values, public_records, private_records))
        with_work = fetch_responses(public, queries)
        transaction.set_rollback(True)
    without_work = fetch_responses(public, queries)

    differences = [q for q, a, b in zip(queries, with_work, without_work, strict=True) if a != b]
    assert differences == []
    # Most requests succeed and some are refused, so the walk compares more than errors.
    statuses = [status for status, *_ in without_work]
    assert statuses.count(200) > len(statuses) / 2
    assert {400, 404} <= {*statuses}
    assert all(status < 500 for status in statuses)
    used_parameters = {name for _, parameters, _ in queries for name in parameters}
    assert {"q", "speaker", "verdict__not", "expand", "fields", "ordering", "count"} <= (
        used_parameters
    )
    # Each detail path was requested with a record that exists only in the private work.
    missing = [p for p in detail_paths() if not requests_private(p, queries, private_records)]
    assert missing == []


def detail_paths() -> list[str]:
    return [
        path
        for path, operations in document()["paths"].items()
        if "get" in operations and "{id}" in path
    ]


def requests_private(path: str, queries: list[Query], private: set[Record]) -> bool:
    urls = {path.replace("{id}", str(record.public_id)) for record in private}
    return any(url in urls for url, *_ in queries)
