"""Admin framework of the desk: base classes of its pages, and the admin of accounts."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from claimsapi.core.admin import account
from claimsapi.core.admin.record import (
    REFUSAL_ERRORS,
    ReadOnlyInline,
    RecordAdmin,
    RecordInline,
    RecordSelect,
    error_messages,
    truncate_text,
)

__all__ = [
    "REFUSAL_ERRORS",
    "ReadOnlyInline",
    "RecordAdmin",
    "RecordInline",
    "RecordSelect",
    "account",
    "error_messages",
    "truncate_text",
]

admin.site.site_title = admin.site.site_header = _("Fact-checking desk")
admin.site.index_title = _("Records")
admin.site.enable_nav_sidebar = False  # lists need the width
