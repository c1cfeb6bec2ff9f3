"""The desk's page of accounts."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest
from knox.models import get_token_model

from claimsapi.core.admin.record import RefusingAdmin
from claimsapi.core.models import User


@admin.register(User)
class UserAdmin(RefusingAdmin, DjangoUserAdmin):
    """Accounts: login and personal data, the public handle, and roles."""

    list_display = ("username", "handle", "first_name", "last_name", "is_staff", "is_active")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("username", "handle", "first_name", "last_name", "email")
    fieldsets = (
        (None, {"fields": ("username", "handle", "password")}),
        *DjangoUserAdmin.fieldsets[1:],  # type: ignore[index]
    )
    _new = ("username", "handle", "usable_password", "password1", "password2")
    add_fieldsets = ((None, {"classes": ("wide",), "fields": _new}),)

    # Few enough for plain lists, which a screen reader and a narrow window can use.
    filter_horizontal = ()

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["widget"] = forms.CheckboxSelectMultiple()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = (*super().get_readonly_fields(request, obj), "last_login", "date_joined")
        if obj is not None:
            own = (*own, "handle")  # it stands in the ledger for ever
        # Whoever keeps accounts gives roles; only a superuser gives more than a role.
        return own if request.user.is_superuser else (*own, "is_superuser", "user_permissions")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # To set a superuser's password would be to become one.
        return super().has_change_permission(request, obj) and not _above(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _above(request, obj)


def _above(request: HttpRequest, user: User | None) -> bool:
    """Whether the account is a superuser's, and the person is none."""
    return user is not None and user.is_superuser and not request.user.is_superuser


# Knox's page would make a token for anyone: people make their own, with their password.
admin.site.unregister(get_token_model())
