"""Checks responses against the OpenAPI document."""

import re
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match


@cache
def document() -> dict[str, Any]:
    """Return the generated OpenAPI document."""
    generated: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return generated


def _operation(method: str, path: str) -> dict[str, Any]:
    # Prefer the literal path to a template that also matches it.
    for template, operations in sorted(document()["paths"].items(), key=lambda i: i[0] != path):
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            operation: dict[str, Any] = operations[method.lower()]
            return operation
    raise AssertionError(f"{path} is not in the OpenAPI document")


def documented_headers(response: Any, method: str) -> dict[str, Any]:
    """Return the documented headers of a response."""
    responses = _operation(method, response.wsgi_request.path)["responses"]
    headers: dict[str, Any] = responses[str(response.status_code)].get("headers", {})
    return headers


def assert_conforms(response: Any, method: str = "get") -> None:
    """Assert that the status, media type and body of a response are documented."""
    path = response.wsgi_request.path
    responses = _operation(method, path)["responses"]
    status = str(response.status_code)
    assert status in responses, f"{method} {path}: {status} is not documented"
    content = responses[status].get("content")
    if not content:
        assert not response.content
        return
    media_type = response["Content-Type"].partition(";")[0]
    assert media_type in content, f"{method} {path}: {media_type} is not documented"
    schema = content[media_type]["schema"] | {"components": document()["components"]}
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    worst = best_match(validator.iter_errors(response.json()))
    assert worst is None, f"{method} {path}: {worst.json_path}: {worst.message}"
