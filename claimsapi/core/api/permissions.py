"""Access by Django's model permissions, which roles (groups) grant."""

from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated
from rest_framework.permissions import AllowAny, DjangoModelPermissionsOrAnonReadOnly
from rest_framework.request import Request

from claimsapi.core.models import User

if TYPE_CHECKING:
    from rest_framework.views import APIView


class Everyone(AllowAny):
    """Allows everyone every method that the view has."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        _check_method(request, view)
        return True


class ModelPermissions(DjangoModelPermissionsOrAnonReadOnly):
    """Allows everyone to read; ``visible_to`` decides which records they see.

    A write needs the model's permission, or the permission that the action declares as
    ``needs_permission``.
    """

    perms_map = {  # noqa: RUF012  as DRF declares it
        **DjangoModelPermissionsOrAnonReadOnly.perms_map,
        "GET": [],
        "HEAD": [],
        "OPTIONS": [],
    }

    def has_permission(self, request: Request, view: "APIView") -> bool:
        _check_method(request, view)
        if permission := getattr(view, "needs_permission", None):
            return bool(request.user.has_perm(permission))
        return super().has_permission(request, view)

    def _queryset(self, view: "APIView") -> Any:
        # DRF reads only the model from it. ``get_queryset`` would cost more than the page.
        return view.queryset  # type: ignore[attr-defined]


def _check_method(request: Request, view: "APIView") -> None:
    """Raise ``MethodNotAllowed`` before any check of the caller's role or the parameters.

    A method that the view lacks is a 405 for everyone, not a 403.
    """
    if not hasattr(view, str(request.method).lower()):
        raise MethodNotAllowed(str(request.method))


def get_account(request: Request) -> User:
    """Return the caller's account. Raises ``NotAuthenticated`` for an anonymous caller."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user
