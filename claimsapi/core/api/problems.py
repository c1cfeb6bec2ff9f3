"""Errors as problem documents (RFC 9457) with stable types.

A ``type`` is a URL path on the same server. ``error_views`` explains it there.
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

# SQLSTATE classes (PostgreSQL documentation, appendix A): connection failure, transaction rollback,
# insufficient resources, lock not available, operator intervention.
_TRANSIENT_STATES: Final = ("08", "40", "53", "55P03", "57")

# Type and meaning by status. Domain errors describe their own types.
HTTP_PROBLEMS: Final[dict[int, tuple[str, str]]] = {
    400: ("malformed-request", "The request could not be read."),
    401: ("not-authenticated", "This request needs a session or a valid token."),
    403: ("permission-denied", "The account's role does not allow this."),
    404: ("not-found", "The resource does not exist, or this caller may not see it."),
    405: ("method-not-allowed", "The resource does not support this method."),
    406: ("not-acceptable", "The requested media type is not available."),
    413: ("too-large", "The request body is too large."),
    415: ("unsupported-media-type", "The request body must be application/json in UTF-8."),
    429: ("throttled", "Too many requests. Wait for the seconds in Retry-After."),
    500: ("server-error", "The server failed. It saved nothing of the request."),
    503: ("busy", "The database is busy. Try again after the seconds in Retry-After."),
}


def build_problem(
    status: int, detail: str, *, slug: str = "", title: str = "", faults: Any = None
) -> dict[str, Any]:
    """Return a problem document. ``faults`` become its member ``errors``."""
    body = {
        "type": TYPE_PATH + (slug or HTTP_PROBLEMS[status][0]),
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return {**body, "errors": faults} if faults else body


def problem_response(exc: Exception, _context: dict[str, Any]) -> Response | None:
    """Return the response for an exception; DRF's ``EXCEPTION_HANDLER``.

    None makes the exception a server error.
    """
    headers: dict[str, str] = {}
    match exc:
        case ParameterError():
            body = _render_domain_error(exc) | {
                "errors": [{"parameter": exc.parameter, "detail": str(exc)}]
            }
        case errors.DomainError():
            body = _render_domain_error(exc)
        case exceptions.ValidationError() | DjangoValidationError():
            detail = exc.detail if isinstance(exc, exceptions.ValidationError) else None
            tree = detail if detail is not None else as_serializer_error(exc)
            faults = list(_flatten_faults(tree))
            body = build_problem(
                400,
                "; ".join(f"{f['pointer'][2:] or 'body'}: {f['detail']}" for f in faults[:3]),
                slug=errors.Invalid.slug,
                title=errors.Invalid.title,
                faults=faults,
            )
        # The exception's own text may name a model or a hidden record.
        case Http404():
            body = build_problem(404, HTTP_PROBLEMS[404][1])
        case PermissionDenied():
            body = build_problem(403, HTTP_PROBLEMS[403][1])
        case SuspiciousOperation():  # for example, more parameters than Django accepts
            body = build_problem(413 if isinstance(exc, RequestDataTooBig) else 400, str(exc))
        case exceptions.APIException():
            headers = _collect_headers(exc)
            body = build_problem(exc.status_code, str(exc.detail))
        # Model validation catches most violations. The others are races between two writers.
        case IntegrityError():
            body = build_problem(
                409, describe_violation(exc), slug=errors.Conflict.slug, title=errors.Conflict.title
            )
        case DatabaseError() if _is_transient(exc):
            headers = {"Retry-After": "2"}
            body = build_problem(503, HTTP_PROBLEMS[503][1])
        case _:
            return None
    return Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


class ParameterError(errors.Invalid):
    """An error in one query parameter."""

    def __init__(self, parameter: str, detail: str, kind: type[errors.Invalid]) -> None:
        super().__init__(detail)
        self.parameter = parameter
        self.slug, self.title = kind.slug, kind.title  # type: ignore[misc]


def problem_http_response(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:  # noqa: ARG001
    """Return a problem response outside of DRF."""
    body = build_problem(status, detail or HTTP_PROBLEMS[status][1])
    return HttpResponse(JSONRenderer().render(body), status=status, content_type=MEDIA_TYPE)


def _render_domain_error(exc: errors.DomainError) -> dict[str, Any]:
    faults = [{"pointer": "#", "detail": sentence} for sentence in exc.missing]
    if exc.field:
        faults.append({"pointer": f"#/{_escape_pointer_step(exc.field)}", "detail": str(exc)})
    return build_problem(exc.status, str(exc), slug=exc.slug, title=exc.title, faults=faults)


def _flatten_faults(tree: Any, pointer: str = "#") -> Iterator[dict[str, str]]:
    """Flatten DRF's nested errors to JSON pointers (RFC 6901) as URI fragments."""
    if isinstance(tree, dict):
        for name, below in tree.items():
            is_about_object = name in {api_settings.NON_FIELD_ERRORS_KEY, "__all__"}
            yield from _flatten_faults(
                below, pointer if is_about_object else f"{pointer}/{_escape_pointer_step(name)}"
            )
    elif isinstance(tree, list):
        for index, below in enumerate(tree):
            nested = isinstance(below, dict | list)
            yield from _flatten_faults(below, f"{pointer}/{index}" if nested else pointer)
    else:
        yield {"pointer": pointer, "detail": str(tree)}


def _escape_pointer_step(name: Any) -> str:
    """Escape a step of a JSON pointer (RFC 6901, section 3), then for a URI fragment."""
    return quote(str(name).replace("~", "~0").replace("/", "~1"), safe="!$&'()*+,;=:@?")


def _is_transient(exc: DatabaseError) -> bool:
    """Return whether the same request may succeed later, by the error code of the driver.

    Error texts are not compared: they differ between versions and languages of the server.
    """
    cause: Any = exc.__cause__
    if isinstance(cause, sqlite3.Error):
        # Another connection writes.
        name = getattr(cause, "sqlite_errorname", None) or ""
        return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    if not hasattr(cause, "sqlstate"):
        return False
    if cause.sqlstate is None:
        # No server has answered: the connection or the pool failed.
        return isinstance(exc, OperationalError)
    return str(cause.sqlstate).startswith(_TRANSIENT_STATES)


def _collect_headers(exc: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(exc, "wait", None):
        # Whole seconds, rounded up: a client that waits too short is refused again.
        headers["Retry-After"] = str(int(wait) + 1)
    return headers
