"""Decorators of public views: methods, caching and language."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import conditional_page, require_safe

from claimsapi.core.i18n.middleware import preferred_language

View = Callable[..., HttpResponse]

# Not API_CACHE_CONTROL: some shared caches ignore Vary, and would serve a page in another reader's
# language. With no-cache they revalidate each time, and the ETag differs between languages.
_REVALIDATE_ALWAYS: Final = "public, no-cache"


def public_resource(view: View) -> View:
    """Serve a feed or sitemap for programs, in one language for everyone."""

    @require_safe
    @conditional_page
    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = settings.API_CACHE_CONTROL
        return response

    return wrapper


def public_page(view: View) -> View:
    """Serve a page for people, in the language of their browser."""

    @require_safe
    @conditional_page
    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        language = preferred_language(request)
        with translation.override(language):
            response = view(request, *args, **kwargs)
        response["Cache-Control"] = _REVALIDATE_ALWAYS
        response["Content-Language"] = language
        patch_vary_headers(response, ["Accept-Language"])
        return response

    return wrapper
