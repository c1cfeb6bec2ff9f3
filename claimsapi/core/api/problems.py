"""Errors as problem details (RFC 9457): one handler, one body, and stable types.

A ``type`` is a path on the server that answered, where the kind of problem is explained.
"""

import sqlite3
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DatabaseError, IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.settings import api_settings

from claimsapi.core import errors
from claimsapi.core.api.json_media import JSONRenderer
from claimsapi.core.database.violations import describe_violation

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PATH: Final = "/api/problems/"

# Connection, transaction rolled back, resources, lock not available, operator's intervention.
_PASSING: Final = ("08", "40", "53", "55P03", "57")

# What each kind means, beside those that the tree of domain errors describes itself.
HTTP_PROBLEMS: Final[dict[int, tuple[str, str]]] = {
    400: ("malformed-request", "The request could not be read."),
    401: ("not-authenticated", "The address needs a session or a valid token."),
    403: ("permission-denied", "The account's role does not allow this."),
    404: ("not-found", "There is nothing here, or nothing that this caller may know of."),
    405: ("method-not-allowed", "The address does not take this method."),
    406: ("not-acceptable", "The answer is not available in the media type asked for."),
    413: ("too-large", "The request's body is larger than the server reads."),
    415: ("unsupported-media-type", "The request's body has to be application/json in UTF-8."),
    429: ("throttled", "Too many requests: wait as Retry-After says."),
    500: ("server-error", "The server failed. Nothing of the request was kept."),
    503: ("busy", "The database is busy: try again as Retry-After says."),
}


def problem(
    status: int, detail: str, *, slug: str = "", title: str = "", faults: Any = None
) -> dict[str, Any]:
    """Build a problem document; ``faults`` become its member ``errors``."""
    body = {
        "type": TYPE_PATH + (slug or HTTP_PROBLEMS[status][0]),
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return {**body, "errors": faults} if faults else body


def problem_response(exc: Exception, _context: dict[str, Any]) -> Response | None:
    """Turn an exception into its answer; DRF's ``EXCEPTION_HANDLER``."""
    headers: dict[str, str] = {}
    match exc:
        case ParameterError():
            body = _domain_problem(exc) | {
                "errors": [{"parameter": exc.parameter, "detail": str(exc)}]
            }
        case errors.DomainError():
            body = _domain_problem(exc)
        case exceptions.ValidationError() | DjangoValidationError():
            detail = exc.detail if isinstance(exc, exceptions.ValidationError) else None
            tree = detail if detail is not None else as_serializer_error(exc)
            faults = list(_faults(tree))
            body = problem(
                400,
                "; ".join(f"{f['pointer'][2:] or 'body'}: {f['detail']}" for f in faults[:3]),
                slug=errors.Invalid.slug,
                title=errors.Invalid.title,
                faults=faults,
            )
        case Http404():
            body = problem(404, HTTP_PROBLEMS[404][1])
        case PermissionDenied():
            body = problem(403, HTTP_PROBLEMS[403][1])
        case SuspiciousOperation():  # such as more parameters than Django reads
            body = problem(413 if isinstance(exc, RequestDataTooBig) else 400, str(exc))
        case exceptions.APIException():
            headers = _headers(exc)
            body = problem(exc.status_code, str(exc.detail))
        case IntegrityError():
            body = problem(
                409, describe_violation(exc), slug=errors.Conflict.slug, title=errors.Conflict.title
            )
        case DatabaseError() if _passes(exc):
            headers = {"Retry-After": "2"}
            body = problem(503, HTTP_PROBLEMS[503][1])
        case _:
            return None
    return Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


class ParameterError(errors.Invalid):
    """A fault of one query parameter."""

    def __init__(self, parameter: str, detail: str, kind: type[errors.Invalid]) -> None:
        super().__init__(detail)
        self.parameter = parameter
        self.slug, self.title = kind.slug, kind.title  # type: ignore[misc]


def as_http(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:  # noqa: ARG001
    """Build a problem answer outside of the API framework."""
    body = problem(status, detail or HTTP_PROBLEMS[status][1])
    return HttpResponse(JSONRenderer().render(body), status=status, content_type=MEDIA_TYPE)


def _domain_problem(exc: errors.DomainError) -> dict[str, Any]:
    faults = [{"pointer": "#", "detail": sentence} for sentence in exc.missing]
    if exc.field:
        faults.append({"pointer": f"#/{_token(exc.field)}", "detail": str(exc)})
    return problem(exc.status, str(exc), slug=exc.slug, title=exc.title, faults=faults)


def _faults(tree: Any, pointer: str = "#") -> Iterator[dict[str, str]]:
    """Flatten the framework's nested errors to JSON pointers (RFC 6901) as URI fragments."""
    if isinstance(tree, dict):
        for name, below in tree.items():
            inside = name in {api_settings.NON_FIELD_ERRORS_KEY, "__all__"}
            yield from _faults(below, pointer if inside else f"{pointer}/{_token(name)}")
    elif isinstance(tree, list):
        for index, below in enumerate(tree):
            nested = isinstance(below, dict | list)
            yield from _faults(below, f"{pointer}/{index}" if nested else pointer)
    else:
        yield {"pointer": pointer, "detail": str(tree)}


def _token(name: Any) -> str:
    """A step of a JSON pointer: escaped (RFC 6901, section 3), then as in a URI fragment."""
    return quote(str(name).replace("~", "~0").replace("/", "~1"), safe="!$&'()*+,;=:@?")


def _passes(exc: DatabaseError) -> bool:
    """Whether the same request may well succeed later, as the database's driver names its error.

    In PostgreSQL that is a state of one of the classes below (its documentation, appendix A), or no
    state at all, when no connection was to be had; in SQLite that another connection writes.
    """
    cause: Any = exc.__cause__
    if isinstance(cause, sqlite3.Error):
        name = getattr(cause, "sqlite_errorname", None) or ""
        return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    if not hasattr(cause, "sqlstate"):
        return False
    if cause.sqlstate is None:
        return isinstance(exc, OperationalError)
    return str(cause.sqlstate).startswith(_PASSING)


def _headers(exc: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    return headers
