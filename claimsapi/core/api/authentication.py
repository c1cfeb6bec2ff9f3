"""Tokens in the ``Authorization`` header."""

from typing import Any

from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request


class StrictTokenAuthentication(TokenAuthentication):
    """Knox tokens; a header that is no text is a wrong token, not a failure of the server."""

    def authenticate(self, request: Request) -> Any:
        try:
            return super().authenticate(request)
        except UnicodeError:
            raise AuthenticationFailed("The token is not valid.") from None
