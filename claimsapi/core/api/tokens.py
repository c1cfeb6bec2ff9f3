"""Token endpoints. Tokens are created with a login and password, stored hashed, and expire."""

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in, user_logged_out
from drf_spectacular.utils import extend_schema
from knox.models import get_token_model
from rest_framework import serializers, status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from claimsapi.core.api.authentication import StrictTokenAuthentication


class CredentialsSerializer(serializers.Serializer):
    """A login and its password."""

    login = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class TokenSerializer(serializers.Serializer):
    """A new token. It is returned only once."""

    token = serializers.CharField(help_text="Send it as `Authorization: Token …`.")
    expires_at = serializers.DateTimeField()


class Tokens(APIView):
    """Tokens for programs."""

    # An expired token in the header must not stop its owner from getting a new one.
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "login"

    def get_authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401. Without it DRF returns 403."""
        return str(StrictTokenAuthentication().authenticate_header(request))

    @extend_schema(request=CredentialsSerializer, responses={201: TokenSerializer}, auth=[])
    def post(self, request: Request) -> Response:
        """Create a token with a login and its password."""
        credentials = CredentialsSerializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        # Django hashes a password also for an unknown login, so that the duration of the response
        # does not disclose which logins exist.
        user = authenticate(
            request._request,
            username=credentials.validated_data["login"],
            password=credentials.validated_data["password"],
        )
        if user is None:
            raise AuthenticationFailed("The login or the password is wrong.")
        record, token = get_token_model().objects.create(user=user)
        user_logged_in.send(sender=type(user), request=request._request, user=user)
        body = TokenSerializer({"token": token, "expires_at": record.expiry}).data
        return Response(body, status=status.HTTP_201_CREATED)


class CurrentToken(APIView):
    """The token of the request."""

    authentication_classes = (StrictTokenAuthentication,)
    permission_classes = (IsAuthenticated,)

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Revoke the token of this request."""
        request.auth.delete()
        user_logged_out.send(sender=type(request.user), request=request._request, user=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
