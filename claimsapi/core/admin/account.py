"""Admin of accounts."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest
from knox.models import get_token_model

from claimsapi.core.admin.record import RefusalAdmin
from claimsapi.core.models import User


@admin.register(User)
class UserAdmin(RefusalAdmin, DjangoUserAdmin):
    """Admin of accounts: login, personal data, public handle and roles."""

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

    # Plain checkboxes instead: few groups exist, and the two-list widget fails in screen readers
    # and narrow windows.
    filter_horizontal = ()

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["widget"] = forms.CheckboxSelectMultiple()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = (*super().get_readonly_fields(request, obj), "last_login", "date_joined")
        if obj is not None:
            fields = (*fields, "handle")  # ledger entries name the account by its handle
        if not request.user.is_superuser:
            # Account administrators assign roles. More than a role needs a superuser.
            fields = (*fields, "is_superuser", "user_permissions")
        return fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Whoever sets the password of a superuser can log in as that superuser.
        return super().has_change_permission(request, obj) and not _outranks(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _outranks(request, obj)


def _outranks(request: HttpRequest, user: User | None) -> bool:
    """Return whether the account is a superuser and the user of the request is not."""
    return user is not None and user.is_superuser and not request.user.is_superuser


# The page of Knox creates tokens for any account. Users create their own with their password.
admin.site.unregister(get_token_model())
