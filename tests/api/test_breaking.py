"""The OpenAPI document keeps what the last release's promised."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.api.breaking import breaks

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
SENT_CLAIM = {**CLAIM, "properties": {n: CLAIM["properties"][n] for n in ("id", "kind", "end")}}
ANSWER = {
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
            "get": {"parameters": PARAMETERS, "responses": {"200": ANSWER}},
            "post": {"requestBody": BODY, "responses": {"201": ANSWER}},
        },
        "/topics/": {"get": {"responses": {"200": ANSWER}}},
    },
    "components": {"schemas": {"Claim": CLAIM, "ClaimRequest": SENT_CLAIM}},
}
GET = "paths /claims/ get"
POST = "paths /claims/ post"
SHOWN = "components schemas Claim"
SENT = "components schemas ClaimRequest"
GONE = object()


def changed(steps: str, value: Any) -> dict[str, Any]:
    """The document with a value in another place, or without it."""
    new: Any = json.loads(json.dumps(DOCUMENT))  # shares nothing within itself
    place, (*way, last) = new, steps.split()
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    if value is GONE:
        del place[int(last) if isinstance(place, list) else last]
    elif isinstance(place, list):
        place.append(value) if last == "+" else place.__setitem__(int(last), value)
    else:
        place[last] = value
    return new  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("steps", "value", "said"),
    [
        ("paths /topics/", GONE, "the address is gone"),
        (POST, GONE, "the operation is gone"),
        (f"{GET} parameters 2", GONE, "parameter query slug is gone"),
        (
            f"{GET} parameters +",
            {"in": "query", "name": "q", "required": True, "schema": {}},
            "parameter query q is required now",
        ),
        (f"{GET} parameters 0 schema enum", ["event"], "the word statistic is no longer taken"),
        (f"{GET} parameters 2 schema enum", ["a"], "only some words are taken now"),
        (f"{GET} parameters 2 schema type", "integer", "string is no longer taken"),
        (f"{GET} parameters 2 schema pattern", "^a", "pattern is another"),
        (f"{GET} parameters 2 schema minLength", 1, "minLength is higher"),
        (f"{GET} parameters 1 schema maximum", 100, "maximum is lower"),
        (f"{GET} parameters 0 style", "pipeDelimited", "is written otherwise"),
        (f"{POST} requestBody required", True, "a body is required now"),
        (f"{POST} requestBody content", {"text/csv": {}}, "application/json is gone"),
        (f"{POST} responses 201", GONE, "it no longer answers 201"),
        (f"{POST} responses 200", ANSWER, "it may answer 200 now"),
        (f"{GET} responses 200 content", {"text/csv": {}}, "application/json is gone"),
        (f"{GET} responses 200 headers", {}, "the header ETag is gone"),
        (f"{SENT} required", ["id", "kind", "end"], "ClaimRequest.end: it is required now"),
        (f"{SENT} properties end", GONE, "ClaimRequest.end: the member is gone"),
        (f"{SENT} properties end type", "integer", "null is no longer taken"),
        (f"{SHOWN} properties end", GONE, "Claim.end: the member is gone"),
        (f"{SHOWN} required", ["id"], "Claim.kind: it may be missing now"),
        (f"{SHOWN} properties id type", ["string", "null"], "Claim.id: it may be null now"),
        (f"{SHOWN} properties kind enum", ["event", "statistic", "x"], "may be the word x now"),
        (
            f"{SHOWN} properties part",
            {"oneOf": [{"type": "string"}, {"type": "null"}]},
            "Claim.part: it may be string now",
        ),
    ],
)
def test_a_change_that_breaks_a_client_is_said(steps: str, value: Any, said: str) -> None:
    found = breaks(DOCUMENT, changed(steps, value))
    assert any(said in fault for fault in found), found


@pytest.mark.parametrize(
    ("steps", "value"),
    [
        ("paths /new/", {"get": {"responses": {"200": ANSWER}}}),
        (f"{GET} parameters +", {"in": "query", "name": "q", "schema": {"type": "string"}}),
        (f"{GET} parameters 0 schema enum", ["event", "statistic", "x"]),
        (f"{GET} parameters 1 schema maximum", 500),
        (f"{GET} responses 404", {}),
        (f"{SENT} required", ["id"]),
        (f"{SENT} properties new", {"type": "string"}),
        (f"{SHOWN} properties new", {"type": "string"}),
        (f"{SHOWN} required", ["id", "kind", "end"]),
        (f"{SHOWN} properties kind enum", ["event"]),
        (f"{SHOWN} properties end type", "integer"),
    ],
)
def test_a_change_that_only_adds_breaks_nothing(steps: str, value: Any) -> None:
    assert breaks(DOCUMENT, changed(steps, value)) == []


@pytest.mark.slow
def test_the_document_keeps_what_the_last_release_promised() -> None:
    released, present = (
        yaml.load((DOCS / name).read_text(), Loader=yaml.CSafeLoader)
        for name in ("openapi-released.yaml", "openapi.yaml")
    )
    assert breaks(released, present) == [], "See docs/frontend.md, 'What stays as it is'."
