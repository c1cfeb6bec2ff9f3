"""The desk: what all its pages share, and accounts."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from claimsapi.core.admin import account
from claimsapi.core.admin.record import (
    LookedUpOne,
    ReadOnlyInline,
    RecordAdmin,
    RecordInline,
    Refusal,
    error_messages,
    truncate_text,
)

__all__ = [
    "LookedUpOne",
    "ReadOnlyInline",
    "RecordAdmin",
    "RecordInline",
    "Refusal",
    "account",
    "error_messages",
    "truncate_text",
]

admin.site.site_title = admin.site.site_header = _("Fact-checking desk")
admin.site.index_title = _("Records")
admin.site.enable_nav_sidebar = False  # its width is what the columns of a list need
