"""Responses and errors in the format of Google's API."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse, JsonResponse

from claimsapi.core.api.problems import problem_response

# Names of google.rpc.Code by HTTP status.
_STATUS_NAMES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ABORTED",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}


class ApiError(Exception):
    """An error response.

    ``field`` is the invalid parameter or member, if there is one. ``violations`` are several
    fields with a description each. ``status`` replaces the usual name of the HTTP status.
    """

    def __init__(
        self,
        code: int,
        message: str,
        field: str = "",
        *,
        violations: Sequence[tuple[str, str]] = (),
        status: str = "",
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status or _STATUS_NAMES[code]
        self.violations = tuple(violations) or (((field, message),) if field else ())


def render_error(error: ApiError) -> HttpResponse:
    body: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        "status": error.status,
    }
    if error.violations:
        body["details"] = [
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [
                    {"field": field, "description": description}
                    for field, description in error.violations
                ],
            }
        ]
    response = JsonResponse({"error": body}, status=HTTPStatus(error.code))
    if error.code == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    if error.code == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = "2"
    return response


def convert_exception(exception: Exception) -> ApiError | None:
    """Return another exception of the project as an ``ApiError``; ``None`` for a server error."""
    problem = problem_response(exception, {})
    if problem is None:
        return None
    detail = str(problem.data["detail"])
    match problem.status_code:
        case HTTPStatus.PRECONDITION_FAILED:
            # Google's API has no 412. ABORTED tells the client to read the page again.
            return ApiError(409, detail)
        case code if code in _STATUS_NAMES:
            return ApiError(code, detail, getattr(exception, "field", ""))
    return ApiError(400, detail)


def render_json(body: dict[str, Any], *, indent: bool, private: bool = False) -> HttpResponse:
    """Return a JSON response. No cache stores a ``private`` response, which depends on the user."""
    response = JsonResponse(body, json_dumps_params={"indent": 2} if indent else {})
    response["Cache-Control"] = "private, no-store" if private else settings.API_CACHE_CONTROL
    return response
