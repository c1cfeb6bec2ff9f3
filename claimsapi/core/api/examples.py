"""Examples for the OpenAPI document: of each shape that is answered, and of each kind of problem.

They are built from the schemas with invented values, so that they fit whatever a schema becomes.
"""

from typing import Any, Final

from claimsapi.core import errors
from claimsapi.core.api.problems import HTTP_PROBLEMS, MEDIA_TYPE, problem

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
_SENTENCE: Final = "An invented text."


def add_examples(
    result: dict[str, Any],
    generator: Any,  # noqa: ARG001  what a hook is given
    request: Any,  # noqa: ARG001
    public: bool,  # noqa: ARG001, FBT001
) -> dict[str, Any]:
    """Give each JSON answer an example; a postprocessing hook."""
    examples: dict[str, Any] = {}
    for operations in result["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if MEDIA_TYPE in content:
                    names = _problems(int(status), examples)
                    content[MEDIA_TYPE]["examples"] = {name: _named(name) for name in names}
                elif _JSON in content:
                    _add_shape(content[_JSON], result["components"]["schemas"], examples)
    result["components"]["examples"] = dict(sorted(examples.items()))
    return result


def _add_shape(body: dict[str, Any], schemas: dict[str, Any], examples: dict[str, Any]) -> None:
    schema = body["schema"]
    if "$ref" not in schema:
        body["example"] = _Invention(schemas).of(schema)
        return
    name = schema["$ref"].rpartition("/")[2]
    if name not in examples:
        examples[name] = {"value": _Invention(schemas).of(schema)}
    body["examples"] = {name: _named(name)}


def _named(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/examples/{name}"}


def _problems(status: int, examples: dict[str, Any]) -> list[str]:
    """Name the problems that come with a status, and keep an example of each."""
    # Those that any address may answer with; others know problems of their own.
    everywhere = (kind for kind in errors.DomainError.kinds() if kind.__module__ == errors.__name__)
    found = [_of_domain(kind) for kind in everywhere if kind.status == status]
    if status in HTTP_PROBLEMS:
        found.append(problem(status, HTTP_PROBLEMS[status][1]))
    names = [body["type"].rpartition("/")[2] for body in found]
    for name, body in zip(names, found, strict=True):
        examples.setdefault(name, {"value": body})
    return list(dict.fromkeys(names))


def _of_domain(kind: type[errors.DomainError]) -> dict[str, Any]:
    detail = (kind.__doc__ or kind.title).strip()
    faults: list[dict[str, str]] = []
    if issubclass(kind, errors.UnknownParameter | errors.MalformedParameter):
        faults = [{"parameter": "verdict", "detail": detail}]
    elif kind is errors.Invalid or issubclass(kind, errors.NotReady):
        faults = [{"pointer": "#/text", "detail": detail}]
    return problem(kind.status, detail, slug=kind.slug, title=kind.title, faults=faults)


class _Invention:
    """Invents a value that fits a schema."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self.schemas = schemas
        self.within: list[str] = []

    def of(self, schema: dict[str, Any], name: str = "") -> Any:
        several = next((s for s in ("allOf", "oneOf", "anyOf") if s in schema), None)
        match schema:
            case {"example": example}:
                value = example
            case {"$ref": reference}:
                value = self._component(reference.rpartition("/")[2], name)
            case _ if several is not None:
                value = self.of(schema[several][0], name)
            case {"enum": [first, *_]}:
                value = first
            case _:
                value = self._of_type(schema, name)
        return value

    def _of_type(self, schema: dict[str, Any], name: str) -> Any:
        kinds = schema.get("type", "object")
        kind = kinds if isinstance(kinds, str) else next(k for k in kinds if k != "null")
        match kind:
            case "object":
                members = schema.get("properties", {})
                value: Any = {member: self.of(below, member) for member, below in members.items()}
            case "array":
                value = [self.of(schema["items"], name)]
            case "boolean":
                value = False
            case "integer" | "number":
                value = schema.get("minimum", 1)
            case _:
                value = _BY_FORMAT.get(schema.get("format", "")) or _BY_NAME.get(name, _SENTENCE)
        return value

    def _component(self, component: str, name: str) -> Any:
        if component in self.within:
            raise ValueError(f"{component} contains itself: it has no example of finite size.")
        self.within.append(component)
        value = self.of(self.schemas[component], name)
        self.within.pop()
        return value
