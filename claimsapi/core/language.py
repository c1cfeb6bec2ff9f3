"""People choose the language of the desk; programs, which read words as keys, always get one."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

DESK: Final = "/desk/"


class DeskLocaleMiddleware(LocaleMiddleware):
    """Speaks a person's language in the desk: of their cookie, or else of their browser.

    Everything else, the API first, speaks the language of the settings. It says nothing of other
    languages, so that a cache holds one answer and not one for each browser's preferences.
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
