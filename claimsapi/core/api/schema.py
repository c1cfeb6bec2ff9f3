"""What the OpenAPI document says of every operation: its errors, its headers, their bodies."""

from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from claimsapi.core.api import headers
from claimsapi.core.api.problems import HTTP_PROBLEMS, MEDIA_TYPE
from claimsapi.core.api.serializers import StrictFields
from claimsapi.core.api.sparse_fields import names_of
from claimsapi.core.api.stream_renderers import CSVRenderer, NDJSONRenderer
from claimsapi.core.errors import PreconditionRequired, Stale
from claimsapi.core.text import PRINTABLE, PRINTABLE_ITEM


class TokenScheme(OpenApiAuthenticationExtension):
    """Documents the tokens."""

    target_class = "claimsapi.core.api.authentication.StrictTokenAuthentication"
    name = "tokenAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token …`, as made at `/api/v1/tokens/`.",
        }


class FaultSerializer(serializers.Serializer):
    """One fault of a request."""

    detail = serializers.CharField(help_text="What is wrong and what to do.")
    pointer = serializers.CharField(
        required=False, help_text="Where in the body: a JSON pointer as a URI fragment (RFC 6901)."
    )
    parameter = serializers.CharField(required=False, help_text="Which query parameter.")


class ProblemSerializer(serializers.Serializer):
    """A problem document (RFC 9457)."""

    type = serializers.CharField(help_text="The kind of problem: a stable path, explained there.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What went wrong this time.")
    errors = FaultSerializer(many=True, required=False)  # type: ignore[assignment] # a field


_MEANINGS = {
    **{status: meaning for status, (_, meaning) in HTTP_PROBLEMS.items()},
    400: "Something in the query or the body does not fit; `errors` says what and where.",
    409: "The record's state does not allow it, or a rule of the database refuses it.",
    412: f"{Stale.title}.",
    428: f"{PreconditionRequired.title}.",
}


_STREAMS = {
    NDJSONRenderer.media_type: "All rows, one record of `results` a line, without pages.",
    CSVRenderer.media_type: "All rows, without pages; the first line names the columns.",
}
_LINKED_DATA = {
    "type": "object",
    "description": "Linked data: a `ClaimReview` of schema.org, of a list a `DataFeed` of them.",
}
_PLACES = {
    "id": "The public id of the record.",
}


class ProblemAutoSchema(AutoSchema):
    """Adds to each operation the problems that it can answer with, its headers and its shapes."""

    view: Any  # of whichever of our bases it is

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status in self._problem_statuses():
            if str(status) not in bodies:
                described = OpenApiResponse(ProblemSerializer, _MEANINGS[status])
                bodies[str(status)] = self._get_response_for_code(  # type: ignore[no-untyped-call]
                    described, str(status), media_types=[MEDIA_TYPE]
                )
        if self.method == "GET" and self._has_validator():
            bodies["304"] = {"description": "`If-None-Match` names the present state."}
        for code, body in bodies.items():
            for media_type in _STREAMS.keys() & body.get("content", {}).keys():
                body["content"][media_type] = {"schema": _text(_STREAMS[media_type])}
            if "application/ld+json" in body.get("content", {}):
                body["content"]["application/ld+json"] = {
                    "schema": _LINKED_DATA,
                    "example": {"@context": "https://schema.org", "@type": "ClaimReview"},
                }
            if sent := self._headers(int(code)):
                body["headers"] = sent
        return dict(sorted(bodies.items()))

    def _headers(self, status: int) -> dict[str, Any]:
        """Describe the headers that come with a status."""
        names = dict.fromkeys(headers.OF_STATUS.get(status, ()), True)
        if self._has_validator() and status in {200, 201, 304}:
            names |= dict.fromkeys(headers.OF_CACHED, True)
            # What is streamed has none, since nobody knows it before its end.
            names["ETag"] = not self._is_page()
            if self.method == "GET" and self._is_of_records():
                names["Last-Modified"] = False
            if self._is_page():
                names["Link"] = False
        return {name: headers.sent(name, always=names[name]) for name in sorted(names)}

    def get_override_parameters(self) -> list[Any]:
        parameters = [*super().get_override_parameters(), *self._shapes()]
        if self._is_conditional():
            return [*parameters, headers.asked("If-Match", required=True)]
        if self.method == "GET" and self._has_validator():
            return [*parameters, headers.asked("If-None-Match", required=False)]
        return parameters

    def get_auth(self) -> list[dict[str, Any]]:
        """Everyone may read, whether the view says so or its permissions by model."""
        auth: list[dict[str, Any]] = super().get_auth()
        return auth if self.method != "GET" or {} in auth or not auth else [*auth, {}]

    def _get_parameters(self) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super()._get_parameters()
        for parameter in parameters:
            if parameter["in"] == "query":
                parameter["schema"] = _given(parameter["schema"])
            if not parameter.get("description"):
                parameter["description"] = self._meaning(parameter["name"])
        return parameters

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "request" and isinstance(serializer, StrictFields):
            schema["additionalProperties"] = False
        return schema

    def _shapes(self) -> list[OpenApiParameter]:
        """Describe what narrows and widens a record, where records are shown."""
        if not self._is_of_records() or self.view.action not in {"list", "retrieve"}:
            return []
        names, model = names_of(self.view.serializer_class()), self.view.queryset.model
        shapes = [
            _words(
                "fields",
                self._named(f"{model.__name__}FieldName", names),
                "Only these fields, named with commas between them; a dot leads into what is "
                "nested. What `expand` widens has more fields to name.",
            )
        ]
        if self.view.expandable:
            shapes.append(
                _words(
                    "expand",
                    {"type": "string", "enum": sorted(self.view.expandable)},
                    "Show these whole that are otherwise shown in short.",
                )
            )
        return shapes

    def _named(self, name: str, words: list[str]) -> dict[str, Any]:
        """Put words that stand at several operations among the components."""
        schema = {"type": "string", "enum": words}
        component = ResolvedComponent(name, ResolvedComponent.SCHEMA, schema, name)
        self.registry.register_on_missing(component)
        return component.ref

    def _meaning(self, name: str) -> str:
        """What a parameter means that nothing else describes: a part of the path, or a filter."""
        if name in _PLACES:
            return _PLACES[name]
        filters: Any = self.view.filterset_class.base_filters
        return str(filters[name].label)

    def _has_validator(self) -> bool:
        return bool(getattr(self.view, "has_validator", False))

    def _is_of_records(self) -> bool:
        return hasattr(self.view, "shown_revision")

    def _is_page(self) -> bool:
        return self._is_of_records() and self.view.action == "list"

    def _is_conditional(self) -> bool:
        return self.method == "PATCH" or (self.method == "POST" and self._is_action())

    def _is_action(self) -> bool:
        return bool(getattr(self.view, "needs_permission", None))

    def _problem_statuses(self) -> list[int]:
        statuses = [400, 401, 404, 405, 406, 503]
        if self.method in {"POST", "PATCH", "DELETE"}:
            statuses += [403, 409, 413, 415]
        elif self._is_action():
            statuses += [403, 409]
        if self._is_conditional():
            statuses += [412, 428]
        if getattr(self.view, "throttle_scope", None):
            statuses.append(429)
        return statuses


def _given(schema: dict[str, Any], pattern: str = PRINTABLE) -> dict[str, Any]:
    """Say of a query parameter's schema that there is a value, and no control character in it."""
    if schema.get("type") == "array":
        return {**schema, "items": _given(schema["items"], PRINTABLE_ITEM), "minItems": 1}
    if schema.get("type") == "string" and not schema.keys() & {"enum", "format", "pattern"}:
        return {**schema, "pattern": pattern}
    return schema


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _words(name: str, word: dict[str, Any], description: str) -> OpenApiParameter:
    """A parameter that takes some of several words, with commas between them."""
    return OpenApiParameter(
        name,
        {"type": "array", "items": word, "minItems": 1},
        style="form",
        explode=False,
        description=description,
    )
