"""Problem documents for errors outside DRF's views, such as unknown URLs below ``/api/``."""

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

from claimsapi.core.api.problems import HTTP_PROBLEMS, problem_http_response
from claimsapi.core.errors import DomainError

_PREFIX = "/api/"


@csrf_exempt  # a 404 writes nothing, and a CSRF failure would be an HTML page
def not_found(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Return 404 for an unknown URL."""
    hint = "" if rest.endswith("/") or not rest else _slash_hint(f"{_PREFIX}{rest}/")
    return problem_http_response(request, 404, HTTP_PROBLEMS[404][1] + hint)


def _slash_hint(path: str) -> str:
    """Return a hint if the URL path exists with a slash at its end."""
    return "" if resolve(path).func is not_found else " Add a slash at the end of the URL."


def bad_request(request: HttpRequest, exception: Exception) -> Any:
    """Return 400; the project's ``handler400``."""
    if request.path.startswith(_PREFIX):
        return problem_http_response(request, 400)
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> Any:
    """Return 500; the project's ``handler500``."""
    if request.path.startswith(_PREFIX):
        return problem_http_response(request, 500)
    return defaults.server_error(request)


def _list_problem_types() -> dict[str, str]:
    domain_errors = {error.slug: (error.__doc__ or "").strip() for error in DomainError.kinds()}
    return dict(HTTP_PROBLEMS.values()) | domain_errors


@extend_schema(exclude=True)
class ProblemTypes(APIView):
    """Explains the problem types. The ``type`` of a problem document is a URL path of this view."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request, slug: str = "") -> Response | HttpResponse:
        meanings = _list_problem_types()
        if not slug:
            return Response(dict(sorted(meanings.items())))
        if slug not in meanings:
            return problem_http_response(request._request, 404)
        return Response({"type": slug, "meaning": meanings[slug]})
