"""The desk's page for statements, and the statements on the page of their claim."""

from contextlib import suppress
from itertools import islice
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from claims.admin.actions import parse_key
from claims.admin.source_panel import case_url
from claims.models import Statement
from claims.text_selectors import find_quotation, to_text_quote
from claimsapi.core.admin import RecordAdmin, RecordInline, truncate_text
from claimsapi.core.forms import InlineRecordForm, RecordForm
from sources.models import Snapshot

SPEAKER_FIELDS = (("speaker", "affiliation"), "quotation", "attributed_as", "source_given")
DATE_FIELDS = ("stated_on", "stated_precision")
PASSAGE_FIELDS = (("document", "snapshot"), ("start", "end"), "exact", ("prefix", "suffix"))
AUTOCOMPLETE_FIELDS = ("speaker", "affiliation", "document", "snapshot")
PASSAGE_ROWS: dict[str, int] = {"exact": 3, "prefix": 1, "suffix": 1}
PASSAGE_HINT = _(
    "Saving fills in the position of words that occur once in the document's text. "
    "With a snapshot, start and end (positions in its text), it fills in the words."
)


class PassageForm(RecordForm):
    """Form of a passage. It fills in the position of words that occur once in the document."""

    def clean(self) -> dict[str, Any] | None:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        exact, document = data.get("exact"), data.get("document")
        if not exact or document is None or not {"start", "end"}.isdisjoint(self.errors):
            return data
        if data.get("start") is None and data.get("end") is None:
            newest = document.snapshots.filter(text__isnull=False).order_by("-retrieved_at", "-pk")
            snapshot = data.get("snapshot") or newest.first()
            text = snapshot.text or "" if snapshot is not None else ""
            # Two occurrences are enough to know that the position is ambiguous.
            match list(islice(find_quotation(text, exact), 2)):
                case [(start, end)]:
                    data |= {"snapshot": snapshot, "start": start, "end": end}
                    data["exact"] = text[start:end]  # with the line breaks of the text
        return data


class PassagePartForm(PassageForm, InlineRecordForm):
    """Form of a passage as an inline of its parent record's page."""


class StatementInline(RecordInline):
    """The statements of a claim."""

    model = Statement
    form = PassagePartForm
    autocomplete_fields = AUTOCOMPLETE_FIELDS
    rows: ClassVar = PASSAGE_ROWS
    fieldsets = (
        (None, {"fields": (*SPEAKER_FIELDS, DATE_FIELDS)}),
        (None, {"fields": PASSAGE_FIELDS, "description": PASSAGE_HINT}),
    )


def _find_snapshot(request: HttpRequest, key: Any) -> Snapshot | None:
    """Return the snapshot with this primary key, or None if this user may not read it."""
    pk = parse_key(key)
    if pk is None or not request.user.has_perm("sources.view_snapshot"):
        return None
    return Snapshot.objects.filter(pk=pk).select_related("document").first()


@admin.register(Statement)
class StatementAdmin(RecordAdmin):
    """Appearances of claims, each with its speaker, document, date and exact words."""

    form = PassageForm
    list_display = ("words", "speaker", "about", "quotation", "document", "stated_on", "updated_at")
    list_select_related = ("speaker", "claim", "document")
    list_filter = ("quotation", "source_given", "stated_precision")
    search_fields = ("exact", "attributed_as", "speaker__name", "claim__text", "document__title")
    date_hierarchy = "stated_on"
    autocomplete_fields = ("claim", *AUTOCOMPLETE_FIELDS)
    rows: ClassVar = PASSAGE_ROWS
    fieldsets = (
        (None, {"fields": ("claim",)}),
        (_("Speaker and date"), {"fields": (*SPEAKER_FIELDS, DATE_FIELDS)}),
        (_("Document and passage"), {"fields": PASSAGE_FIELDS, "description": PASSAGE_HINT}),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Fill in the document, date and words of a position that the case page puts in the URL."""
        data: dict[str, Any] = super().get_changeform_initial_data(request)
        snapshot = _find_snapshot(request, data.get("snapshot"))
        if snapshot is None:
            return data
        document = snapshot.document
        data = {
            "document": document.pk,
            "stated_on": document.published_on,
            "stated_precision": document.published_precision,
            **data,
        }
        # Without a valid position the fields stay as they are: saving reports the error.
        with suppress(ValueError, TypeError):
            position = (int(data["start"]), int(data["end"]))
            data["exact"] = to_text_quote(snapshot.text or "", *position).exact
        return data

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:  # noqa: ARG002
        return HttpResponseRedirect(case_url(obj.claim))

    response_post_save_change = response_post_save_add

    @admin.display(description=_("words"), ordering="exact")
    def words(self, statement: Statement) -> str:
        return truncate_text(str(statement))

    @admin.display(description=_("claim"), ordering="claim__text")
    def about(self, statement: Statement) -> str:
        return truncate_text(statement.claim.text, 80)
