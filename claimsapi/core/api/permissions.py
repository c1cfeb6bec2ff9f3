"""Who may do what, by Django's model permissions, which roles (groups) carry."""

from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated
from rest_framework.permissions import AllowAny, DjangoModelPermissionsOrAnonReadOnly
from rest_framework.request import Request

from claimsapi.core.models import User

if TYPE_CHECKING:
    from rest_framework.views import APIView


class Everyone(AllowAny):
    """Lets everyone do what there is to do."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        _check_method(request, view)
        return True


class ModelPermissions(DjangoModelPermissionsOrAnonReadOnly):
    """Reading is open, since ``visible_to`` decides what there is to read.

    Writing needs the model's permission; an action that declares ``needs_permission`` that one.
    """

    perms_map = {  # noqa: RUF012  as the framework declares it
        **DjangoModelPermissionsOrAnonReadOnly.perms_map,
        "GET": [],
        "HEAD": [],
        "OPTIONS": [],
    }

    def has_permission(self, request: Request, view: "APIView") -> bool:
        _check_method(request, view)
        if needed := getattr(view, "needs_permission", None):
            return bool(request.user.has_perm(needed))
        return super().has_permission(request, view)

    def _queryset(self, view: "APIView") -> Any:
        # Asked for its model alone: to build what the page is read by costs more than the page.
        return view.queryset  # type: ignore[attr-defined]


def _check_method(request: Request, view: "APIView") -> None:
    """What nobody can do is a question neither of the caller's role nor of the parameters."""
    if not hasattr(view, str(request.method).lower()):
        raise MethodNotAllowed(str(request.method))


def account(request: Request) -> User:
    """The account of a caller who was let through to a write, which nobody is without one."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user
