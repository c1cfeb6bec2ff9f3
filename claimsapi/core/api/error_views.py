"""Answers below ``/api/`` that no resource gives: still problem documents, never HTML."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from claimsapi.core.api.problems import HTTP_PROBLEMS, as_http
from claimsapi.core.errors import DomainError

_PREFIX = "/api/"


@csrf_exempt  # there is nothing to forge a write of
def not_found(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The address does not exist."""
    slash = "" if rest.endswith("/") or not rest else _with_a_slash(f"{_PREFIX}{rest}/")
    return as_http(request, 404, HTTP_PROBLEMS[404][1] + slash)


def _with_a_slash(path: str) -> str:
    """Say that the address exists with a slash at its end, if it does."""
    return "" if resolve(path).func is not_found else " There is one with a slash at its end."


def bad_request(request: HttpRequest, exception: Exception) -> Any:
    """The project's ``handler400``."""
    if request.path.startswith(_PREFIX):
        return as_http(request, 400)
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> Any:
    """The project's ``handler500``."""
    if request.path.startswith(_PREFIX):
        return as_http(request, 500)
    return defaults.server_error(request)


def _kinds() -> dict[str, str]:
    own = {error.slug: (error.__doc__ or "").strip() for error in DomainError.kinds()}
    return dict(HTTP_PROBLEMS.values()) | own


@extend_schema(exclude=True)
class ProblemKinds(APIView):
    """What the ``type`` of a problem document leads to."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request, slug: str = "") -> Response | HttpResponse:
        kinds = _kinds()
        if not slug:
            return Response(dict(sorted(kinds.items())))
        if slug not in kinds:
            return as_http(request._request, 404)
        return Response({"type": slug, "meaning": kinds[slug]})
