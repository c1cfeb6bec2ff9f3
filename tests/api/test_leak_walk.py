"""Drafts leak nowhere, whatever the API document allows to ask.

Private work is done and taken back. What the public is answered meanwhile, to every parameter of
every address with values taken from that work, is to the byte what it is answered without it.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from claimsapi.core.models import Record
from tests.api.contract import document
from tests.api.test_leaks import OF_THE_TREE, all_shown, work_in_private
from tests.one_database import once

Question = tuple[str, dict[str, str], str]
TEXTS = ["text", "name", "headline", "summary", "note", "language", "slug"]
# Places in a list are what a page's links give: tests of pages follow those.
PLACES = {"cursor", "after", "before"}
MOST = (3, 1)  # values of one parameter, a form each
FORMS = ("application/json", "text/csv", "application/x-ndjson")


def records() -> set[Record]:
    models = [model for model in apps.get_models() if issubclass(model, Record)]
    return {record for model in models for record in model._default_manager.all()}


def ids(of: set[Record]) -> list[str]:
    """The id of one record of each kind."""
    kinds = {type(record): record for record in sorted(of, key=lambda record: record.pk)}
    return sorted(str(record.public_id) for record in kinds.values())


class Secrets:
    """What might be asked for: of each kind of record an id, and of all their words."""

    def __init__(self, hidden: set[Record]) -> None:
        said = {str(getattr(r, name)) for r in hidden for name in TEXTS if hasattr(r, name)}
        words = sorted({word for text in said for word in re.findall(r"\w{2,}", text)})
        moments = sorted([min(record.created_at for record in hidden), timezone.now()])
        self.ids = ids(hidden)
        self.slugs = sorted(text for text in said if re.fullmatch(r"[a-z0-9-]+", text))
        self.searches = [*words[:20], *(f"ferry -{word}" for word in words[:5])]
        self.moments = [f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}" for moment in moments]

    def values(self, name: str, schema: dict[str, Any]) -> list[str]:
        """Values that a parameter takes."""
        if "$ref" in schema:
            schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        match schema:
            case {"type": "array", "items": items}:
                each = self.values(name, items)
                found = [*each, ",".join(each)]
            case {"enum": words}:
                found = [str(word) for word in words]
            case {"type": "boolean"}:
                found = ["true", "false"]
            case {"type": "integer"}:
                found = ["1"]
            case {"format": "uuid"}:
                found = self.ids
            case {"format": "date-time"}:
                found = self.moments
            case _:
                dates = ["2020-01-01", "2030-01-01"] if "_on" in name else None
                found = self.searches if name == "q" else dates or self.slugs
        return found


def questions(secrets: Secrets, public_ids: list[str]) -> Iterator[Question]:
    """Each parameter of each address with each value, in one form or another; and with a search."""
    for path, operations in document()["paths"].items():
        if "get" not in operations or path in OF_THE_TREE:
            continue
        for identifier in [*secrets.ids, *public_ids] if "{id}" in path else ():
            yield path.replace("{id}", identifier), {}, FORMS[0]
        if "{" not in path:
            taken = {
                parameter["name"]: secrets.values(parameter["name"], parameter["schema"])
                for parameter in operations["get"].get("parameters", [])
                if parameter["in"] == "query" and parameter["name"] not in PLACES
            }
            yield from questions_of_a_list(path, taken)


def questions_of_a_list(path: str, taken: dict[str, list[str]]) -> Iterator[Question]:
    yield path, {}, FORMS[0]
    for name, values in taken.items():
        # These have the filters of the list of claims, and take longer.
        few = path.endswith("facets/") or "/statistics/" in path
        for value, form in zip(values[: MOST[few]], FORMS * 2, strict=False):
            counted = {"count": "exact"} if "count" in taken and form == FORMS[0] else {}
            yield path, {name: value} | counted, form
    for name, values in taken.items() if "q" in taken else ():
        yield path, {"q": "ferry", name: values[0]}, FORMS[0]


def answers(client: APIClient, asked: list[Question]) -> list[Any]:
    found = []
    for path, parameters, form in asked:
        response = client.get(path, parameters, headers={"Accept": form})
        found.append((response.status_code, response.getvalue(), sorted(response.headers.items())))
    return found


@once
@pytest.mark.django_db
def test_no_parameter_of_the_api_document_tells_of_private_work(public: APIClient) -> None:
    shown = all_shown()
    known = records()
    with transaction.atomic():
        work_in_private(shown)
        secrets = Secrets(records() - known)
        asked = list(questions(secrets, ids(known)))
        meanwhile = answers(public, asked)
        transaction.set_rollback(True)
    without = answers(public, asked)

    told = [question for question, a, b in zip(asked, meanwhile, without, strict=True) if a != b]
    assert told == []
    # It was no walk among errors: each of these is answered, and some are refused.
    statuses = [status for status, *_ in without]
    assert statuses.count(200) > len(statuses) / 2
    assert {400, 404} <= {*statuses}
    assert all(status < 500 for status in statuses)
    asked_for = {name for _, parameters, _ in asked for name in parameters}
    assert {"q", "speaker", "verdict__not", "expand", "fields", "ordering", "count"} <= asked_for
