"""What the OpenAPI document says of every operation: its errors, its headers, their bodies."""

from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from claimsapi.core.api.problems import HTTP_PROBLEMS, MEDIA_TYPE
from claimsapi.core.errors import PreconditionRequired, Stale


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


class ProblemAutoSchema(AutoSchema):
    """Adds to each operation the problems that it can answer with, and conditional requests."""

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
        if self.method == "GET" and self._is_record():
            bodies["304"] = {"description": "`If-None-Match` names the present state."}
        if self._is_record():
            for code, body in bodies.items():
                if code in {"200", "201", "304"}:
                    body.setdefault("headers", {})["ETag"] = {
                        "description": "The state that was read; send it as If-Match to change it.",
                        "schema": {"type": "string"},
                    }
        return dict(sorted(bodies.items()))

    def get_override_parameters(self) -> list[Any]:
        if self._is_record() and self._is_conditional():
            return [_header("If-Match", "ETag of the record as you read it.", required=True)]
        if self._is_record() and self.method == "GET":
            return [_header("If-None-Match", "ETag you hold: 304 if current.", required=False)]
        return super().get_override_parameters()

    def _is_record(self) -> bool:
        return hasattr(self.view, "shown_revision")

    def _is_conditional(self) -> bool:
        return self.method == "PATCH" or bool(getattr(self.view, "needs_permission", None))

    def _problem_statuses(self) -> list[int]:
        statuses = [400, 401, 404, 405, 406, 503]
        if self.method in {"POST", "PATCH", "DELETE"}:
            statuses += [403, 409, 413, 415]
        if self._is_conditional():
            statuses += [412, 428]
        if getattr(self.view, "throttle_scope", None):
            statuses.append(429)
        return statuses


def _header(name: str, description: str, *, required: bool) -> OpenApiParameter:
    return OpenApiParameter(
        name, str, OpenApiParameter.HEADER, required=required, description=description
    )
