"""The desk's page of statements, and statements as parts of their claim's page."""

from contextlib import suppress
from itertools import islice
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from claims.admin.highlighting import places
from claims.admin.source import case_url
from claims.models import Statement
from claims.selectors import select
from claimsapi.core.admin import RecordAdmin, RecordInline, truncate_text
from claimsapi.core.forms import InlineRecordForm, RecordForm
from sources.models import Snapshot

WHO = (("speaker", "affiliation"), "quotation", "attributed_as", "source_given")
WHEN = ("stated_on", "stated_precision")
WHERE = (("document", "snapshot"), ("start", "end"), "exact", ("prefix", "suffix"))
LOOKED_UP = ("speaker", "affiliation", "document", "snapshot")
PASSAGE_ROWS: dict[str, int] = {"exact": 3, "prefix": 1, "suffix": 1}
PASSAGE_HINT = _(
    "Words that stand once in the document's text get their place when you save; with a snapshot,"
    " start and end (positions in its text) the words are filled in."
)


class PassageForm(RecordForm):
    """A passage. Words that stand once in the text of their document get their place."""

    def clean(self) -> dict[str, Any] | None:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        exact, document = given.get("exact"), given.get("document")
        if not exact or document is None or not {"start", "end"}.isdisjoint(self.errors):
            return given
        if given.get("start") is None and given.get("end") is None:
            held = document.snapshots.filter(text__isnull=False).order_by("-retrieved_at", "-pk")
            snapshot = given.get("snapshot") or held.first()
            text = snapshot.text or "" if snapshot is not None else ""
            match list(islice(places(text, exact), 2)):
                case [(start, end)]:
                    place = {"start": start, "end": end, "exact": text[start:end]}
                    given |= {"snapshot": snapshot, **place}
        return given


class PassagePartForm(PassageForm, InlineRecordForm):
    """A passage on the page of what it is a part of."""


class StatementInline(RecordInline):
    """Where a claim appears."""

    model = Statement
    form = PassagePartForm
    autocomplete_fields = LOOKED_UP
    rows: ClassVar = PASSAGE_ROWS
    fieldsets = (
        (None, {"fields": (*WHO, WHEN)}),
        (None, {"fields": WHERE, "description": PASSAGE_HINT}),
    )


def _snapshot(request: HttpRequest, key: Any) -> Snapshot | None:
    """The snapshot that an address names, if this person may read it."""
    if not request.user.has_perm("sources.view_snapshot"):
        return None
    if not (isinstance(key, str) and key.isascii() and key.isdecimal() and len(key) < 19):
        return None
    return Snapshot.objects.filter(pk=int(key)).select_related("document").first()


@admin.register(Statement)
class StatementAdmin(RecordAdmin):
    """The appearances of claims: who said it, where, when, and in which words."""

    form = PassageForm
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

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Fill in what follows from a place in a snapshot, as a selection in a case gives it."""
        known: dict[str, Any] = super().get_changeform_initial_data(request)
        snapshot = _snapshot(request, known.get("snapshot"))
        if snapshot is None:
            return known
        document = snapshot.document
        said = {
            "stated_on": document.published_on,
            "stated_precision": document.published_precision,
        }
        known = {"document": document.pk, **said, **known}
        with suppress(ValueError, TypeError):  # no place of the text: the form says so when saved
            place = (int(known["start"]), int(known["end"]))
            known["exact"] = select(snapshot.text or "", *place).exact
        return known

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:  # noqa: ARG002
        return HttpResponseRedirect(case_url(obj.claim))

    response_post_save_change = response_post_save_add

    @admin.display(description=_("words"), ordering="exact")
    def words(self, statement: Statement) -> str:
        return truncate_text(str(statement))

    @admin.display(description=_("claim"), ordering="claim__text")
    def about(self, statement: Statement) -> str:
        return truncate_text(statement.claim.text, 80)
