"""The OpenAPI document as a contract: answers are checked against what it says of them."""

import re
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document as the server generates it."""
    generated: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return generated


def _operation(method: str, path: str) -> dict[str, Any]:
    # The address itself before one that it is an instance of.
    for template, operations in sorted(document()["paths"].items(), key=lambda i: i[0] != path):
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            found: dict[str, Any] = operations[method.lower()]
            return found
    raise AssertionError(f"{path} is not in the OpenAPI document")


def documented_headers(response: Any, method: str) -> dict[str, Any]:
    """The headers that the document has for an answer."""
    responses = _operation(method, response.wsgi_request.path)["responses"]
    found: dict[str, Any] = responses[str(response.status_code)].get("headers", {})
    return found


def assert_conforms(response: Any, method: str = "get") -> None:
    """The status, media type and body of the answer are as documented."""
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
