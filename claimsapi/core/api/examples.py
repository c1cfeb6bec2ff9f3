"""Examples in the OpenAPI document, one for each response schema and problem type.

They are generated from the schemas with invented values, so that they match after every change.
"""

from typing import Any, Final

from claimsapi.core import errors
from claimsapi.core.api.problems import HTTP_PROBLEMS, MEDIA_TYPE, build_problem

_JSON: Final = "application/json"
_HASH: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_BY_FORMAT: Final = {
    "date-time": "2026-11-02T09:30:00Z",
    "date": "2026-11-02",
    "uri": "https://harbour-times.example/ferries",
    "uuid": "0199a3f0-5c1e-7d2a-9b41-3f6c8e2a7d10",
}
_BY_NAME: Final = {
    "assignee": "ada-quill",
    "corrections_policy_url": "https://example.org/corrections",
    "decidable_on": "2027",
    "end_on": "2026-10-31",
    "exact": "The ferries were late on nine days",
    "headline": "Four late days, not nine",
    "label": "Mostly false",
    "language": "en",
    "leaf": _HASH,
    "media_type": "text/html",
    "name": "Harbour Office",
    "organization": "Harbour Office",
    "parameter": "verdict",
    "pointer": "#/text",
    "month": "2026-11",
    "published_on": "2026-11",
    "role": "Spokesperson",
    "root": _HASH,
    "salt": _HASH,
    "sha256": _HASH,
    "site": "harbour-times.example",
    "slug": "harbour-office",
    "start_on": "2024",
    "stated_on": "2026-11-01",
    "summary": "The port's log has four late days in October.",
    "text": "The ferries were late on nine days of October.",
    "title": "Ferries late again",
    "url": "https://harbour-times.example/ferries",
}
_DEFAULT_TEXT: Final = "An invented text."


def add_examples(
    result: dict[str, Any],
    generator: Any,  # noqa: ARG001  drf-spectacular's signature
    request: Any,  # noqa: ARG001
    public: bool,  # noqa: ARG001, FBT001
) -> dict[str, Any]:
    """Add an example to each JSON response. A postprocessing hook of drf-spectacular."""
    examples: dict[str, Any] = {}
    for operations in result["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if MEDIA_TYPE in content:
                    names = _add_problem_examples(int(status), examples)
                    content[MEDIA_TYPE]["examples"] = {name: _example_ref(name) for name in names}
                elif _JSON in content:
                    _add_example(content[_JSON], result["components"]["schemas"], examples)
    result["components"]["examples"] = dict(sorted(examples.items()))
    return result


def _add_example(body: dict[str, Any], schemas: dict[str, Any], examples: dict[str, Any]) -> None:
    schema = body["schema"]
    if "$ref" not in schema:
        body["example"] = _ExampleGenerator(schemas).generate(schema)
        return
    name = schema["$ref"].rpartition("/")[2]
    if name not in examples:
        examples[name] = {"value": _ExampleGenerator(schemas).generate(schema)}
    body["examples"] = {name: _example_ref(name)}


def _example_ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/examples/{name}"}


def _add_problem_examples(status: int, examples: dict[str, Any]) -> list[str]:
    """Add an example of each problem with this status, and return their names."""
    # Only the errors of core: every endpoint can return them.
    common = (error for error in errors.DomainError.kinds() if error.__module__ == errors.__name__)
    problems = [_domain_problem(error) for error in common if error.status == status]
    if status in HTTP_PROBLEMS:
        problems.append(build_problem(status, HTTP_PROBLEMS[status][1]))
    names = [body["type"].rpartition("/")[2] for body in problems]
    for name, body in zip(names, problems, strict=True):
        examples.setdefault(name, {"value": body})
    return list(dict.fromkeys(names))


def _domain_problem(error: type[errors.DomainError]) -> dict[str, Any]:
    detail = (error.__doc__ or error.title).strip()
    faults: list[dict[str, str]] = []
    if issubclass(error, errors.UnknownParameter | errors.MalformedParameter):
        faults = [{"parameter": "verdict", "detail": detail}]
    elif error is errors.Invalid or issubclass(error, errors.NotReady):
        faults = [{"pointer": "#/text", "detail": detail}]
    return build_problem(error.status, detail, slug=error.slug, title=error.title, faults=faults)


class _ExampleGenerator:
    """Generates a value that conforms to a schema."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self.schemas = schemas
        self.open_components: list[str] = []  # to detect recursion

    def generate(self, schema: dict[str, Any], name: str = "") -> Any:
        combinator = next((s for s in ("allOf", "oneOf", "anyOf") if s in schema), None)
        match schema:
            case {"example": example}:
                value = example
            case {"$ref": reference}:
                value = self._generate_component(reference.rpartition("/")[2], name)
            case _ if combinator is not None:
                value = self.generate(schema[combinator][0], name)
            case {"enum": [first, *_]}:
                value = first
            case _:
                value = self._generate_type(schema, name)
        return value

    def _generate_type(self, schema: dict[str, Any], name: str) -> Any:
        types = schema.get("type", "object")
        type_ = types if isinstance(types, str) else next(t for t in types if t != "null")
        match type_:
            case "object":
                members = schema.get("properties", {})
                value: Any = {
                    member: self.generate(below, member) for member, below in members.items()
                }
            case "array":
                value = [self.generate(schema["items"], name)]
            case "boolean":
                value = False
            case "integer" | "number":
                value = schema.get("minimum", 1)
            case _:
                value = _BY_FORMAT.get(schema.get("format", "")) or _BY_NAME.get(
                    name, _DEFAULT_TEXT
                )
        return value

    def _generate_component(self, component: str, name: str) -> Any:
        if component in self.open_components:
            raise ValueError(f"The schema {component} contains itself and has no finite example.")
        self.open_components.append(component)
        value = self.generate(self.schemas[component], name)
        self.open_components.pop()
        return value
