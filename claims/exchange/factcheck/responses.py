"""Answers and errors in the shape that the contract has."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse, JsonResponse

from claimsapi.core.api.problems import problem_response

_STATUS: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ABORTED",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}


class Refused(Exception):
    """A request that is not answered.

    ``field`` is the parameter or member at fault, if it is one; ``violations`` are several, each
    with what is wrong with it. ``status`` is another name than the code's own.
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
        self.code, self.message, self.status = code, message, status or _STATUS[code]
        self.violations = tuple(violations) or (((field, message),) if field else ())


def refusal(refused: Refused) -> HttpResponse:
    """The error as a body."""
    error: dict[str, Any] = {
        "code": refused.code,
        "message": refused.message,
        "status": refused.status,
    }
    if refused.violations:
        error["details"] = [
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [
                    {"field": field, "description": description}
                    for field, description in refused.violations
                ],
            }
        ]
    response = JsonResponse({"error": error}, status=HTTPStatus(refused.code))
    if refused.code == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    if refused.code == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = "2"
    return response


def as_refused(error: Exception) -> Refused | None:
    """What the rest of the project refuses, in the contract's words; none for a failure."""
    shown = problem_response(error, {})
    if shown is None:
        return None
    detail = str(shown.data["detail"])
    match shown.status_code:
        case HTTPStatus.PRECONDITION_FAILED:
            return Refused(409, detail)
        case code if code in _STATUS:
            return Refused(code, detail, getattr(error, "field", ""))
    return Refused(400, detail)


def answer(body: dict[str, Any], *, indent: bool, private: bool = False) -> HttpResponse:
    """The body; what is ``private`` is one caller's, and is kept for nobody else."""
    response = JsonResponse(body, json_dumps_params={"indent": 2} if indent else {})
    response["Cache-Control"] = "private, no-store" if private else settings.API_CACHE_CONTROL
    return response
