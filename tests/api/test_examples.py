"""The examples in the OpenAPI document conform to its schemas."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from tests.api.contract import document


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each JSON response body with its operation and status."""
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                for media_type, body in response.get("content", {}).items():
                    if media_type.endswith("json") and "ndjson" not in media_type:
                        yield f"{method} {path} {status}", body


def examples_of(body: dict[str, Any]) -> list[Any]:
    """Return the values of a body's examples."""
    if "example" in body:
        return [body["example"]]
    names = [
        reference["$ref"].rpartition("/")[2] for reference in body.get("examples", {}).values()
    ]
    return [document()["components"]["examples"][name]["value"] for name in names]


@pytest.mark.slow
def test_each_response_has_examples_that_conform_to_its_schema() -> None:
    components = {"components": document()["components"]}
    checked: set[tuple[str, str]] = set()
    for where, body in bodies():
        examples = examples_of(body)
        assert examples, f"{where} has no example"
        for example in examples:
            if (key := (repr(body["schema"]), repr(example))) in checked:
                continue
            checked.add(key)
            schema = body["schema"] | components
            validator = Draft202012Validator(schema, format_checker=FormatChecker())
            faults = [f"{where} {f.json_path}: {f.message}" for f in validator.iter_errors(example)]
            assert not faults, faults


def test_examples_of_problems_have_the_status_of_the_response() -> None:
    for where, body in bodies():
        for example in examples_of(body):
            if isinstance(example, dict) and str(example.get("type", "")).startswith("/api/"):
                assert where.endswith(str(example["status"])), where
