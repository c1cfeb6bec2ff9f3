"""Authentication by a token in the ``Authorization`` header.

The views that create tokens are in ``tokens``. They cannot share a module with these classes: DRF's
``APIView`` imports the authentication classes of the settings while it is itself being imported.
"""

from typing import Any

from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request


class StrictTokenAuthentication(TokenAuthentication):
    """Knox tokens. A header that is not text is an invalid token, not a server error."""

    def authenticate(self, request: Request) -> Any:
        try:
            return super().authenticate(request)
        except UnicodeError:
            raise AuthenticationFailed("The token is not valid.") from None


class BearerTokenAuthentication(StrictTokenAuthentication):
    """The same tokens with the scheme ``Bearer`` (RFC 6750), which other vendors' clients send."""

    def authenticate(self, request: Request) -> Any:
        scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer":
            return super().authenticate(request)
        try:
            return self.authenticate_credentials(token.strip().encode())
        except UnicodeError:
            raise AuthenticationFailed("The token is not valid.") from None
