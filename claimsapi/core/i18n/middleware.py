"""Chooses the language: the desk follows the person, the API always uses the language of settings.

Programs read messages of the API as keys, so that these must not depend on a header.
"""

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

DESK: Final = "/desk/"


def preferred_language(request: HttpRequest) -> str:
    """Return the first language of ``Accept-Language`` for which there is a translation.

    It reads the header only and no cookie: pages send ``Vary: Accept-Language`` to caches.
    """
    for language, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if language == "*":
            break
        try:
            return translation.get_supported_language_variant(language)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


class DeskLocaleMiddleware(LocaleMiddleware):
    """Activates the language of the cookie or the browser at the desk.

    All other URLs get the language of the settings and no ``Vary: Accept-Language``: a cache stores
    one response and not one for each browser's preferences. A view of the public site calls
    ``preferred_language`` and sets ``Vary`` itself.
    """

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(DESK):
            super().process_request(request)
        else:
            # The thread may still have the language of its previous request.
            translation.activate(settings.LANGUAGE_CODE)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if request.path_info.startswith(DESK):
            response = super().process_response(request, response)
            # Code that runs in this thread after the request must not depend on its language.
            translation.activate(settings.LANGUAGE_CODE)
        return response
