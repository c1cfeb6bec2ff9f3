"""Admin pages of publishers, speakers, documents and snapshots."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claimsapi.core.admin import ReadOnlyInline, RecordAdmin, RecordInline, truncate_text
from sources.models import Affiliation, Document, Identifier, Publisher, Snapshot, Speaker


@admin.register(Publisher)
class PublisherAdmin(RecordAdmin):
    """Admin of publishers."""

    list_display = ("name", "site", "updated_at")
    search_fields = ("name", "site", "slug")
    fields = ("name", "slug", "site", "corrections_policy_url")
    prepopulated_fields: ClassVar = {"slug": ("name",)}


_ROLE = (("role", "organization"), ("start_on", "start_precision"), ("end_on", "end_precision"))


class AffiliationInline(RecordInline):
    """Inline of a speaker's affiliations."""

    model = Affiliation
    fields = _ROLE
    show_change_link = False


class IdentifierInline(RecordInline):
    """Inline of the URLs that identify a speaker."""

    model = Identifier
    fields = ("url",)
    show_change_link = False


@admin.register(Speaker)
class SpeakerAdmin(RecordAdmin):
    """Admin of speakers."""

    list_display = ("name", "kind", "short_description", "updated_at")
    list_filter = ("kind",)
    search_fields = ("name", "slug", "description")
    fields = ("name", "slug", "kind", "description")
    prepopulated_fields: ClassVar = {"slug": ("name",)}
    rows: ClassVar = {"description": 3}
    inlines = (AffiliationInline, IdentifierInline)

    @admin.display(description=_("description"))
    def short_description(self, speaker: Speaker) -> str:
        return truncate_text(speaker.description)


@admin.register(Affiliation)
class AffiliationAdmin(RecordAdmin):
    """Admin of affiliations, for the autocomplete of statements. The speaker's page edits them."""

    list_display = ("role", "organization", "speaker", "start_on", "end_on")
    list_select_related = ("speaker",)
    search_fields = ("role", "organization", "speaker__name")
    autocomplete_fields = ("speaker",)
    fields = ("speaker", *_ROLE)
    name_relations = ("speaker",)

    # Not in the index of the desk: people reach these records through their speaker.
    def has_module_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False


@admin.register(Identifier)
class IdentifierAdmin(RecordAdmin):
    """Admin of identifiers. The page of the speaker edits them."""

    list_display = ("url", "speaker")
    list_select_related = ("speaker",)
    search_fields = ("url", "speaker__name")
    autocomplete_fields = ("speaker",)
    fields = ("speaker", "url")
    name_relations = ("speaker",)

    # Not in the index of the desk: people reach these records through their speaker.
    def has_module_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False


class SnapshotInline(ReadOnlyInline):
    """Inline of a document's snapshots, without their text."""

    model = Snapshot
    fields = ("sha256", ("media_type", "size", "length"), "retrieved_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # A text can have megabytes, and the inline does not show it.
        return super().get_queryset(request).select_related("document").defer("text")


@admin.register(Document)
class DocumentAdmin(RecordAdmin):
    """Admin of documents: works with statements, or works that serve as evidence."""

    list_display = (
        "short_title",
        "kind",
        "publisher",
        "publication_date",
        "language",
        "updated_at",
    )
    list_select_related = ("publisher",)
    list_filter = ("kind", "published_precision", "language")
    search_fields = ("title", "url", "byline", "publisher__name")
    date_hierarchy = "published_on"
    autocomplete_fields = ("publisher",)
    fields = (
        "kind",
        "title",
        "url",
        "publisher",
        "byline",
        ("published_on", "published_precision"),
        "language",
    )
    rows: ClassVar = {"title": 2}
    inlines = (SnapshotInline,)

    @admin.display(description=_("title"), ordering="title")
    def short_title(self, document: Document) -> str:
        return truncate_text(document.title)

    @admin.display(description=_("published"), ordering="published_on")
    def publication_date(self, document: Document) -> str:
        return str(document.published_date)


@admin.register(Snapshot)
class SnapshotAdmin(RecordAdmin):
    """Read-only admin of snapshots. Ingestion creates them, and they never change."""

    list_display = ("short_sha256", "document", "media_type", "length", "retrieved_at")
    list_filter = ("media_type",)
    search_fields = ("sha256", "document__title", "document__url")
    date_hierarchy = "retrieved_at"
    name_relations = ("document",)
    fields = ("document", "sha256", ("media_type", "size", "length"), "retrieved_at", "reading")
    readonly_fields = ("reading",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Lists must not load megabytes of text. The change page loads the text on access.
        return super().get_queryset(request).defer("text")

    @admin.display(description=_("SHA-256"), ordering="sha256")
    def short_sha256(self, snapshot: Snapshot) -> str:
        return f"{snapshot.sha256[:12]}…"

    @admin.display(description=_("text"))
    def reading(self, snapshot: Snapshot) -> str:
        if snapshot.text is None:
            return gettext("This installation does not store the text.")
        return format_html(
            # The region is focusable, so that the keyboard can scroll a long text.
            '<div class="desk-text" dir="auto" role="region" aria-label="{}" tabindex="0"'
            ' lang="{}">{}</div>',
            gettext("Text"),
            snapshot.document.language,
            snapshot.text,
        )

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False
