"""The desk's pages of reviews and of their versions, the page on which a review is written."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claims.admin.actions import staff
from claims.admin.import_page import BringInAdminMixin
from claims.admin.next_version import PrepareAdminMixin, version_url
from claims.admin.source import case_url
from claims.admin.statement import PASSAGE_HINT, PASSAGE_ROWS, WHERE, PassagePartForm
from claims.admin.transitions import MovesAdminMixin
from claims.choices import CorrectionKind, VersionState
from claims.models import Claim, Evidence, Rating, Review, ReviewVersion
from claims.models.review_rules import IMPORTED_FINDING
from claims.services.reviews import open_review
from claimsapi.core.admin import ReadOnlyInline, RecordInline, truncate_text
from claimsapi.core.forms import RecordForm

NOT_A_DRAFT = _(
    "Only a draft is edited: a submitted version has to be returned to its author first."
)
FINDING = ("rating", "headline", "summary", "body")


class VersionInline(ReadOnlyInline):
    """The versions of a review, each with a page of its own."""

    model = ReviewVersion
    verbose_name = _("version")
    verbose_name_plural = _("versions")
    ordering = ("-number",)
    fields = (("number", "state"), "rating", "headline", ("author", "editor"), "published_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super()
            .get_queryset(request)
            .select_related("rating", "author", "editor", "review__publisher", "review__claim")
        )


class RatingFilter(admin.SimpleListFilter):
    """The reviews of which a version bears one rating, as the pages of ratings link to them.

    It offers no others: the labels of all publishers are many.
    """

    title = _("rating")
    parameter_name = "rating"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        chosen: Any = self.value()
        return () if chosen is None else Rating.objects.filter(pk=chosen).values_list("pk", "label")

    def has_output(self) -> bool:
        return self.value() is not None  # also if there is no such rating, which no review bears

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        chosen: Any = self.value()
        if chosen is None:
            return queryset
        bear = ReviewVersion.objects.filter(rating=chosen).order_by()
        return queryset.filter(pk__in=bear.values("review"))


@admin.register(Review)
class ReviewAdmin(BringInAdminMixin, PrepareAdminMixin):
    """A publisher's assessment of a claim. Opening one makes its first draft."""

    list_display = ("about", "publisher", "origin", "versions", "rating", "updated_at")
    list_select_related = ("claim", "publisher")
    list_filter = ("origin", "versions__state", RatingFilter)
    search_fields = ("claim__text", "publisher__name", "versions__headline")
    date_hierarchy = "created_at"
    autocomplete_fields = ("claim", "publisher")
    name_relations = ("claim", "publisher")
    inlines = (VersionInline,)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        return ("claim", "publisher") if obj is None else ("claim", "publisher", "origin")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What a review is of, and whose, never changes: its versions do.
        return super().has_change_permission(request, obj) and obj is None

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # A review has a version, which holds it, from the moment that it is opened.
        return {k: v for k, v in super().get_actions(request).items() if k != "delete_selected"}

    def prefetch_for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        versions = ReviewVersion.objects.select_related("rating").defer("summary", "body")
        return rows.prefetch_related(Prefetch("versions", versions.order_by("-number")))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001  Django's
        opened = open_review(claim=obj.claim, publisher=obj.publisher, author=staff(request))
        obj.pk, obj._state.adding = opened.pk, False
        obj.refresh_from_db()

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go on to the first draft, which is what a person wants who opens a review."""
        if not {"_popup", "_addanother"}.isdisjoint(request.POST):
            return super().response_add(request, obj, post_url_continue)
        self.message_user(request, gettext("The review is open: here is its first draft."))
        return HttpResponseRedirect(version_url(self, obj.versions.get().pk))

    def case_of(self, record: Review) -> Claim:
        return record.claim

    @admin.display(description=_("claim"), ordering="claim__text")
    def about(self, review: Review) -> str:
        return truncate_text(review.claim.text)

    @admin.display(description=_("versions"))
    def versions(self, review: Review) -> str:
        return ", ".join(f"{v.number} {v.get_state_display()}" for v in review.versions.all())

    @admin.display(description=_("published rating"))
    def rating(self, review: Review) -> str:
        published = (v for v in review.versions.all() if v.state == VersionState.PUBLISHED)
        return next((v.rating.label for v in published if v.rating is not None), "")


class ReviewVersionForm(RecordForm):
    """The draft of a review. It offers the ratings of its publisher's scales and of common ones."""

    class Meta:
        model = ReviewVersion
        fields = ("rating", "headline", "summary", "body", "correction_kind", "correction_note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "rating" in self.fields:
            publisher = self.instance.review.publisher_id
            usable = Q(scale__publisher=None) | Q(scale__publisher=publisher)
            offered = Rating.objects.filter(usable | Q(pk=self.instance.rating_id))
            field: Any = self.fields["rating"]
            field.queryset = offered
            scales: dict[str, list[tuple[int, str]]] = {}
            for rating in offered.select_related("scale").order_by(
                "scale__name", "-scale__version", "position"
            ):
                scales.setdefault(str(rating.scale), []).append((rating.pk, rating.label))
            field.choices = [("", gettext("Not rated yet")), *scales.items()]
        if "correction_kind" in self.fields:  # a version is not what retracts one
            kind: Any = self.fields["correction_kind"]
            kind.choices = [one for one in kind.choices if one[0] != CorrectionKind.RETRACTION]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance.state != VersionState.DRAFT:
            self.add_error(None, NOT_A_DRAFT)
        return cleaned


def editable(request: HttpRequest, version: ReviewVersion | None) -> bool:
    """Whether a version's page is open for writing.

    A form that was sent stays open even if the version moved on meanwhile: it is refused by its
    stale revision and its state, with what was typed still there.
    """
    return version is None or request.method == "POST" or version.state == VersionState.DRAFT


class EvidenceInline(RecordInline):
    """What the version rests on; written with the draft, frozen with the version."""

    model = Evidence
    form = PassagePartForm
    verbose_name_plural = _("evidence")
    autocomplete_fields = ("document", "snapshot")
    rows: ClassVar = {**PASSAGE_ROWS, "note": 3, "confidential_reason": 2}
    fieldsets = (
        (None, {"fields": (("stance", "is_primary"), "note", "locator")}),
        (None, {"fields": WHERE, "description": PASSAGE_HINT}),
        (None, {"fields": ("is_confidential", "confidential_reason")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("document")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and editable(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and editable(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and editable(request, obj)


@admin.register(ReviewVersion)
class ReviewVersionAdmin(MovesAdminMixin, PrepareAdminMixin):
    """The working page: rating, finding, reasoning and evidence, and the moves to publication."""

    form = ReviewVersionForm
    list_display = (
        "about",
        "number",
        "state",
        "rating",
        "headline",
        "author",
        "editor",
        "published_at",
        "updated_at",
    )
    list_select_related = ("review__claim", "rating", "author", "editor")
    list_filter = ("state", "correction_kind")
    search_fields = ("headline", "summary", "review__claim__text", "author__handle")
    date_hierarchy = "published_at"
    name_relations = ("review__claim", "review__publisher")
    rows: ClassVar = {"headline": 2, "summary": 4, "body": 16}
    readonly_fields = (
        "review",
        "number",
        "state",
        "return_reason",
        "author",
        "editor",
        "submitted_at",
        "published_at",
        "closed_at",
        "retraction_note",
    )
    inlines = (EvidenceInline,)

    def prefetch_for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.defer("summary", "body")

    def record_fieldsets(self, request: HttpRequest, obj: Any) -> Any:  # noqa: ARG002
        """Show what the version has, and nothing that it cannot have."""
        returned = ("return_reason",) if obj.return_reason else ()
        retracted = ("retraction_note",) if obj.retraction_note else ()
        yield None, {"fields": ("review", ("number", "state"), *returned, *retracted)}
        hint = {"description": str(IMPORTED_FINDING)} if obj.markup else {}
        yield gettext("The finding"), {"fields": FINDING, **hint}
        if obj.number > 1:
            yield gettext("The correction"), {"fields": ("correction_kind", "correction_note")}
        times = ("submitted_at", "published_at", "closed_at")
        yield gettext("Who and when"), {"fields": (("author", "editor"), times)}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return (*fields, *FINDING) if obj is not None and obj.markup else fields

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        # The first comes with its review, the next from 'Prepare next version'.
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and editable(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        draft = obj is None or obj.state == VersionState.DRAFT
        return super().has_delete_permission(request, obj) and draft

    def case_of(self, record: ReviewVersion) -> Claim:
        return record.review.claim

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:  # noqa: ARG002
        return HttpResponseRedirect(case_url(obj.review.claim))

    @admin.display(description=_("claim"), ordering="review__claim__text")
    def about(self, version: ReviewVersion) -> str:
        return truncate_text(version.review.claim.text, 80)
