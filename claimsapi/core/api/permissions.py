"""Who may do what, by Django's model permissions, which roles (groups) carry."""

from typing import TYPE_CHECKING, ClassVar

from rest_framework.permissions import DjangoModelPermissionsOrAnonReadOnly
from rest_framework.request import Request

if TYPE_CHECKING:
    from rest_framework.views import APIView


class ModelPermissions(DjangoModelPermissionsOrAnonReadOnly):
    """Reading is open, since ``visible_to`` decides what there is to read; writing needs the
    model's permission. An action that declares ``needs_permission`` needs that one instead.
    """

    perms_map: ClassVar[dict[str, list[str]]] = {
        **DjangoModelPermissionsOrAnonReadOnly.perms_map,
        "GET": [],
        "HEAD": [],
        "OPTIONS": [],
    }

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if needed := getattr(view, "needs_permission", None):
            return bool(request.user and request.user.has_perm(needed))
        return super().has_permission(request, view)
