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


class BearerTokenAuthentication(StrictTokenAuthentication):
    """The same tokens, sent as ``Bearer`` (RFC 6750), which is how clients of others send them."""

    def authenticate(self, request: Request) -> Any:
        scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer":
            return super().authenticate(request)
        try:
            return self.authenticate_credentials(token.strip().encode())
        except UnicodeError:
            raise AuthenticationFailed("The token is not valid.") from None
