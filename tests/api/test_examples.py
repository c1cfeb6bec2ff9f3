"""The OpenAPI document's examples are true to it."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from tests.api.contract import document


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each JSON answer of each operation, with where it is."""
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                for media_type, body in response.get("content", {}).items():
                    if media_type.endswith("json") and "ndjson" not in media_type:
                        yield f"{method} {path} {status}", body


def shown(body: dict[str, Any]) -> list[Any]:
    """The values of a body's examples."""
    if "example" in body:
        return [body["example"]]
    names = [given["$ref"].rpartition("/")[2] for given in body.get("examples", {}).values()]
    return [document()["components"]["examples"][name]["value"] for name in names]


@pytest.mark.slow
def test_each_answer_has_examples_and_each_of_them_fits_its_schema() -> None:
    components = {"components": document()["components"]}
    checked: set[tuple[str, str]] = set()
    for where, body in bodies():
        examples = shown(body)
        assert examples, f"{where} has no example"
        for example in examples:
            if (key := (repr(body["schema"]), repr(example))) in checked:
                continue
            checked.add(key)
            schema = body["schema"] | components
            validator = Draft202012Validator(schema, format_checker=FormatChecker())
            faults = [f"{where} {f.json_path}: {f.message}" for f in validator.iter_errors(example)]
            assert not faults, faults


def test_the_examples_of_a_problem_have_its_status() -> None:
    for where, body in bodies():
        for example in shown(body):
            if isinstance(example, dict) and str(example.get("type", "")).startswith("/api/"):
                assert where.endswith(str(example["status"])), where
