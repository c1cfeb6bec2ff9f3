"""The page of an address that there is not."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_vary_headers

from claimsapi.core.i18n.middleware import preferred_language


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's
    """The project's ``handler404``: without the request, so that nothing is read for it."""
    language = preferred_language(request)
    with translation.override(language):
        content = render_to_string("404.html")
    response = HttpResponse(content, status=404)
    response["Cache-Control"] = "no-cache"
    response["Content-Language"] = language
    patch_vary_headers(response, ["Accept-Language"])
    return response
