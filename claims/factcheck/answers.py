"""Answers and errors in the shape that the contract has."""

from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse, JsonResponse

_STATUS: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ABORTED",
    501: "UNIMPLEMENTED",
}


class Refused(Exception):
    """A request that is not answered; ``field`` is the parameter at fault, if it is one."""

    def __init__(self, code: int, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.field = code, message, field


def refusal(refused: Refused) -> HttpResponse:
    """The error as a body."""
    error: dict[str, Any] = {
        "code": refused.code,
        "message": refused.message,
        "status": _STATUS[refused.code],
    }
    if refused.field:
        violation = {"field": refused.field, "description": refused.message}
        error["details"] = [
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [violation],
            }
        ]
    return JsonResponse({"error": error}, status=HTTPStatus(refused.code))


def answer(body: dict[str, Any], *, indent: bool) -> HttpResponse:
    response = JsonResponse(body, json_dumps_params={"indent": 2} if indent else {})
    response["Cache-Control"] = settings.API_CACHE_CONTROL
    return response


def without_nothing(members: dict[str, Any]) -> dict[str, Any]:
    """What has no value is left out."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}
