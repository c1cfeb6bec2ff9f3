"""How the public is answered: what everyone may keep, and in whose language."""

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

# Not API_CACHE_CONTROL: some shared caches take no notice of Vary. One that asks each time gives
# nobody another's language, for the answer is made, and its ETag compared, for who asked.
_ASKED_EACH_TIME: Final = "public, no-cache"


def public(view: View) -> View:
    """What is the same for everyone: a feed, a map. Programs read it, in one language."""

    @require_safe
    @conditional_page
    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = settings.API_CACHE_CONTROL
        return response

    return shown


def page(view: View) -> View:
    """A page for people, in the language of their browser."""

    @require_safe
    @conditional_page
    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        language = preferred_language(request)
        with translation.override(language):
            response = view(request, *args, **kwargs)
        response["Cache-Control"] = _ASKED_EACH_TIME
        response["Content-Language"] = language
        patch_vary_headers(response, ["Accept-Language"])
        return response

    return shown
