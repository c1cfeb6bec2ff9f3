"""People are spoken to in their language; programs, which read words as keys, always get one."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

DESK: Final = "/desk/"


def preferred_language(request: HttpRequest) -> str:
    """The language that the browser asks for before others, of those that we speak.

    By the header alone, which is what ``Vary: Accept-Language`` says; no cookie decides.
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
    """Speaks a person's language in the desk: of their cookie, or else of their browser.

    Everything else, the API first, speaks the language of the settings. It says nothing of other
    languages, so that a cache holds one answer and not one for each browser's preferences. A view
    of pages for the public asks ``preferred_language`` and says so itself.
    """

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(DESK):
            super().process_request(request)
        else:
            # The thread may still speak the language of its last request.
            translation.activate(settings.LANGUAGE_CODE)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if request.path_info.startswith(DESK):
            response = super().process_response(request, response)
            translation.activate(settings.LANGUAGE_CODE)  # what follows in this thread is no page
        return response
