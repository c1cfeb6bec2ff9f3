"""The OpenAPI document stays compatible with the last release's."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.api.breaking import find_breaking_changes

DOCS = Path(__file__).parents[2] / "docs"
CLAIM: dict[str, Any] = {
    "type": "object",
    "required": ["id", "kind"],
    "properties": {
        "id": {"type": "string"},
        "kind": {"enum": ["event", "statistic"], "type": "string"},
        "end": {"type": ["integer", "null"]},
        "part": {"oneOf": [{"$ref": "#/components/schemas/Claim"}, {"type": "null"}]},
    },
}
REQUEST_CLAIM = {**CLAIM, "properties": {n: CLAIM["properties"][n] for n in ("id", "kind", "end")}}
RESPONSE = {
    "headers": {"ETag": {"schema": {"type": "string"}}},
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Claim"}}},
}
PARAMETERS = [
    {
        "in": "query",
        "name": "kind",
        "style": "form",
        "schema": {"type": "string", "enum": ["event", "statistic"]},
    },
    {"in": "query", "name": "page_size", "schema": {"type": "integer", "maximum": 200}},
    {"in": "query", "name": "slug", "schema": {"type": "string"}},
]
BODY = {
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ClaimRequest"}}},
}
DOCUMENT: dict[str, Any] = {
    "paths": {
        "/claims/": {
            "get": {"parameters": PARAMETERS, "responses": {"200": RESPONSE}},
            "post": {"requestBody": BODY, "responses": {"201": RESPONSE}},
        },
        "/topics/": {"get": {"responses": {"200": RESPONSE}}},
    },
    "components": {"schemas": {"Claim": CLAIM, "ClaimRequest": REQUEST_CLAIM}},
}
GET = "paths /claims/ get"
POST = "paths /claims/ post"
RESPONSE_CLAIM = "components schemas Claim"
CLAIM_REQUEST = "components schemas ClaimRequest"
REMOVED = object()


def change_document(steps: str, value: Any) -> dict[str, Any]:
    """Return the document with another value at a path, or without it."""
    new: Any = json.loads(json.dumps(DOCUMENT))  # a deep copy without shared parts
    place, (*way, last) = new, steps.split()
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    if value is REMOVED:
        del place[int(last) if isinstance(place, list) else last]
    elif isinstance(place, list):
        place.append(value) if last == "+" else place.__setitem__(int(last), value)
    else:
        place[last] = value
    return new  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("steps", "value", "message"),
    [
        ("paths /topics/", REMOVED, "the path is gone"),
        (POST, REMOVED, "the operation is gone"),
        (f"{GET} parameters 2", REMOVED, "parameter query slug is gone"),
        (
            f"{GET} parameters +",
            {"in": "query", "name": "q", "required": True, "schema": {}},
            "parameter query q is required now",
        ),
        (f"{GET} parameters 0 schema enum", ["event"], "the value statistic is no longer accepted"),
        (f"{GET} parameters 2 schema enum", ["a"], "only some values are accepted now"),
        (f"{GET} parameters 2 schema type", "integer", "string is no longer accepted"),
        (f"{GET} parameters 2 schema pattern", "^a", "pattern has changed"),
        (f"{GET} parameters 2 schema minLength", 1, "minLength is higher"),
        (f"{GET} parameters 1 schema maximum", 100, "maximum is lower"),
        (f"{GET} parameters 0 style", "pipeDelimited", "has another style"),
        (f"{POST} requestBody required", True, "a body is required now"),
        (f"{POST} requestBody content", {"text/csv": {}}, "application/json is gone"),
        (f"{POST} responses 201", REMOVED, "it no longer answers 201"),
        (f"{POST} responses 200", RESPONSE, "it may answer 200 now"),
        (f"{GET} responses 200 content", {"text/csv": {}}, "application/json is gone"),
        (f"{GET} responses 200 headers", {}, "the header ETag is gone"),
        (
            f"{CLAIM_REQUEST} required",
            ["id", "kind", "end"],
            "ClaimRequest.end: it is required now",
        ),
        (f"{CLAIM_REQUEST} properties end", REMOVED, "ClaimRequest.end: the member is gone"),
        (f"{CLAIM_REQUEST} properties end type", "integer", "null is no longer accepted"),
        (f"{RESPONSE_CLAIM} properties end", REMOVED, "Claim.end: the member is gone"),
        (f"{RESPONSE_CLAIM} required", ["id"], "Claim.kind: it may be missing now"),
        (
            f"{RESPONSE_CLAIM} properties id type",
            ["string", "null"],
            "Claim.id: it may be null now",
        ),
        (
            f"{RESPONSE_CLAIM} properties kind enum",
            ["event", "statistic", "x"],
            "may be the value x now",
        ),
        (
            f"{RESPONSE_CLAIM} properties part",
            {"oneOf": [{"type": "string"}, {"type": "null"}]},
            "Claim.part: it may be string now",
        ),
    ],
)
def test_a_breaking_change_is_described(steps: str, value: Any, message: str) -> None:
    changes = find_breaking_changes(DOCUMENT, change_document(steps, value))
    assert any(message in change for change in changes), changes


@pytest.mark.parametrize(
    ("steps", "value"),
    [
        ("paths /new/", {"get": {"responses": {"200": RESPONSE}}}),
        (f"{GET} parameters +", {"in": "query", "name": "q", "schema": {"type": "string"}}),
        (f"{GET} parameters 0 schema enum", ["event", "statistic", "x"]),
        (f"{GET} parameters 1 schema maximum", 500),
        (f"{GET} responses 404", {}),
        (f"{CLAIM_REQUEST} required", ["id"]),
        (f"{CLAIM_REQUEST} properties new", {"type": "string"}),
        (f"{RESPONSE_CLAIM} properties new", {"type": "string"}),
        (f"{RESPONSE_CLAIM} required", ["id", "kind", "end"]),
        (f"{RESPONSE_CLAIM} properties kind enum", ["event"]),
        (f"{RESPONSE_CLAIM} properties end type", "integer"),
    ],
)
def test_an_addition_breaks_nothing(steps: str, value: Any) -> None:
    assert find_breaking_changes(DOCUMENT, change_document(steps, value)) == []


@pytest.mark.slow
def test_the_document_is_compatible_with_the_last_release() -> None:
    released, present = (
        yaml.load((DOCS / name).read_text(), Loader=yaml.CSafeLoader)
        for name in ("openapi-released.yaml", "openapi.yaml")
    )
    assert find_breaking_changes(released, present) == [], "See docs/frontend.md, 'Compatibility'."
