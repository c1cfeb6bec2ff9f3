"""Describes the errors, headers and sparse fieldsets of every operation in the OpenAPI document."""

from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from claimsapi.core.api import headers
from claimsapi.core.api.problems import HTTP_PROBLEMS, MEDIA_TYPE
from claimsapi.core.api.serializers import StrictSerializer
from claimsapi.core.api.sparse_fields import list_field_names
from claimsapi.core.api.stream_renderers import CSVRenderer, NDJSONRenderer
from claimsapi.core.errors import PreconditionRequired, Stale
from claimsapi.core.text import PRINTABLE, PRINTABLE_ITEM


class TokenScheme(OpenApiAuthenticationExtension):
    """Documents authentication by token."""

    target_class = "claimsapi.core.api.authentication.StrictTokenAuthentication"
    name = "tokenAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token …`. Create a token at `/api/v1/tokens/`.",
        }


class FaultSerializer(serializers.Serializer):
    """One error in a request."""

    detail = serializers.CharField(help_text="What is wrong and how to fix it.")
    pointer = serializers.CharField(
        required=False,
        help_text="Location in the body: a JSON pointer as a URI fragment (RFC 6901).",
    )
    parameter = serializers.CharField(required=False, help_text="Name of the query parameter.")


class ProblemSerializer(serializers.Serializer):
    """A problem document (RFC 9457)."""

    type = serializers.CharField(help_text="Problem type: a stable URL path with an explanation.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="Explanation of this occurrence.")
    errors = FaultSerializer(many=True, required=False)  # type: ignore[assignment] # a field


_MEANINGS = {
    **{status: meaning for status, (_, meaning) in HTTP_PROBLEMS.items()},
    400: "The query or the body is invalid. `errors` lists each error and its location.",
    409: "The record's state or a rule of the database does not allow this.",
    412: f"{Stale.title}.",
    428: f"{PreconditionRequired.title}.",
}


_STREAMS = {
    NDJSONRenderer.media_type: "All rows without pages, one record of `results` a line.",
    CSVRenderer.media_type: "All rows without pages. The first line contains the column names.",
}
_LINKED_DATA = {
    "type": "object",
    "description": "Linked data: a schema.org `ClaimReview`, or for a list a `DataFeed` of them.",
}
_PATH_PARAMETERS = {
    "id": "Public id of the record.",
}


class ProblemAutoSchema(AutoSchema):
    """Adds problem responses, headers and sparse fieldsets to each operation."""

    view: Any  # a viewset of `viewsets` or a plain APIView

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
            bodies["304"] = {"description": "`If-None-Match` contains the current entity tag."}
        for code, body in bodies.items():
            for media_type in _STREAMS.keys() & body.get("content", {}).keys():
                body["content"][media_type] = {"schema": _text_schema(_STREAMS[media_type])}
            if "application/ld+json" in body.get("content", {}):
                body["content"]["application/ld+json"] = {
                    "schema": _LINKED_DATA,
                    "example": {"@context": "https://schema.org", "@type": "ClaimReview"},
                }
            if response_headers := self._describe_headers(int(code)):
                body["headers"] = response_headers
        return dict(sorted(bodies.items()))

    def _describe_headers(self, status: int) -> dict[str, Any]:
        """Return the headers of responses with a status."""
        names = dict.fromkeys(headers.HEADERS_BY_STATUS.get(status, ()), True)
        if self._has_validator() and status in {200, 201, 304}:
            names |= dict.fromkeys(headers.CACHE_HEADERS, True)
            # Streamed responses have no entity tag: it is known only after the last byte.
            names["ETag"] = not self._is_page()
            if self.method == "GET" and self._is_of_records():
                names["Last-Modified"] = False
            if self._is_page():
                names["Link"] = False
        return {name: headers.response_header(name, always=names[name]) for name in sorted(names)}

    def get_override_parameters(self) -> list[Any]:
        parameters = [*super().get_override_parameters(), *self._fieldset_parameters()]
        if self._is_conditional():
            return [*parameters, headers.request_header("If-Match", required=True)]
        if self.method == "GET" and self._has_validator():
            return [*parameters, headers.request_header("If-None-Match", required=False)]
        return parameters

    def get_auth(self) -> list[dict[str, Any]]:
        """Make authentication optional for every GET."""
        auth: list[dict[str, Any]] = super().get_auth()
        return auth if self.method != "GET" or {} in auth or not auth else [*auth, {}]

    def _get_parameters(self) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super()._get_parameters()
        for parameter in parameters:
            if parameter["in"] == "query":
                parameter["schema"] = _require_text(parameter["schema"])
            if not parameter.get("description"):
                parameter["description"] = self._describe_parameter(parameter["name"])
        return parameters

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        # Only requests: a response may get new members without breaking clients.
        if direction == "request" and isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
        return schema

    def _fieldset_parameters(self) -> list[OpenApiParameter]:
        """Describe ``fields`` and ``expand`` for operations that return records."""
        if not self._is_of_records() or self.view.action not in {"list", "retrieve"}:
            return []
        names, model = list_field_names(self.view.serializer_class()), self.view.queryset.model
        parameters = [
            _list_parameter(
                "fields",
                self._name_component(f"{model.__name__}FieldName", names),
                "Return only these fields. Separate names with commas, and put a dot before a "
                "nested field. A record that `expand` embeds has more fields.",
            )
        ]
        if self.view.expandable:
            parameters.append(
                _list_parameter(
                    "expand",
                    {"type": "string", "enum": sorted(self.view.expandable)},
                    "Embed these related records in full.",
                )
            )
        return parameters

    def _name_component(self, name: str, words: list[str]) -> dict[str, Any]:
        """Return a reference to a named component, which several operations share."""
        schema = {"type": "string", "enum": words}
        component = ResolvedComponent(name, ResolvedComponent.SCHEMA, schema, name)
        self.registry.register_on_missing(component)
        return component.ref

    def _describe_parameter(self, name: str) -> str:
        """Return the description of a path parameter or a filter."""
        if name in _PATH_PARAMETERS:
            return _PATH_PARAMETERS[name]
        filters: Any = self.view.filterset_class.base_filters
        return str(filters[name].label)

    def _has_validator(self) -> bool:
        return bool(getattr(self.view, "has_validator", False))

    def _is_of_records(self) -> bool:
        return hasattr(self.view, "response_revision")

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


def _require_text(schema: dict[str, Any], pattern: str = PRINTABLE) -> dict[str, Any]:
    """Require a value without control characters, as ``check_parameters`` does."""
    if schema.get("type") == "array":
        return {**schema, "items": _require_text(schema["items"], PRINTABLE_ITEM), "minItems": 1}
    if schema.get("type") == "string" and not schema.keys() & {"enum", "format", "pattern"}:
        return {**schema, "pattern": pattern}
    return schema


def _text_schema(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _list_parameter(name: str, item: dict[str, Any], description: str) -> OpenApiParameter:
    """Describe a parameter that takes several names, separated by commas."""
    return OpenApiParameter(
        name,
        {"type": "array", "items": item, "minItems": 1},
        style="form",
        explode=False,
        description=description,
    )
