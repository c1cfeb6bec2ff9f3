"""The desk's page of statements, and statements as parts of their claim's page."""

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from claims.models import Statement
from claimsapi.core.admin import RecordAdmin, RecordInline, shortened

WHO = (("speaker", "affiliation"), "quotation", "attributed_as", "source_given")
WHEN = ("stated_on", "stated_precision")
WHERE = (("document", "snapshot"), ("start", "end"), "exact", ("prefix", "suffix"))
LOOKED_UP = ("speaker", "affiliation", "document", "snapshot")
PASSAGE_ROWS: dict[str, int] = {"exact": 3, "prefix": 1, "suffix": 1}
PASSAGE_HINT = (
    "With a snapshot, start and end (positions in its text) the words are filled in when you save."
)


class StatementInline(RecordInline):
    """Where a claim appears."""

    model = Statement
    autocomplete_fields = LOOKED_UP
    rows: ClassVar = PASSAGE_ROWS
    fieldsets = (
        (None, {"fields": (*WHO, WHEN)}),
        (None, {"fields": WHERE, "description": PASSAGE_HINT}),
    )


@admin.register(Statement)
class StatementAdmin(RecordAdmin):
    """The appearances of claims: who said it, where, when, and in which words."""

    list_display = ("words", "speaker", "about", "quotation", "document", "stated_on", "updated_at")
    list_select_related = ("speaker", "claim", "document")
    list_filter = ("quotation", "source_given", "stated_precision")
    search_fields = ("exact", "attributed_as", "speaker__name", "claim__text", "document__title")
    date_hierarchy = "stated_on"
    autocomplete_fields = ("claim", *LOOKED_UP)
    rows: ClassVar = PASSAGE_ROWS
    fieldsets = (
        (None, {"fields": ("claim",)}),
        (_("Who said it, and when"), {"fields": (*WHO, WHEN)}),
        (_("Where, in which words"), {"fields": WHERE, "description": PASSAGE_HINT}),
    )

    @admin.display(description=_("words"), ordering="exact")
    def words(self, statement: Statement) -> str:
        return shortened(str(statement))

    @admin.display(description=_("claim"), ordering="claim__text")
    def about(self, statement: Statement) -> str:
        return shortened(statement.claim.text, 80)
