"""The project's page for status 404."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_vary_headers

from claimsapi.core.i18n.middleware import preferred_language


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's
    """Render the page for ``handler404`` in the language of the browser."""
    language = preferred_language(request)
    with translation.override(language):
        # Without the request: its context processors would query the session and the user.
        content = render_to_string("404.html")
    response = HttpResponse(content, status=404)
    response["Cache-Control"] = "no-cache"
    response["Content-Language"] = language
    patch_vary_headers(response, ["Accept-Language"])
    return response
