"""The desk's pages for reviews and for their versions, where people write a review."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claims.admin.actions import staff_user
from claims.admin.import_page import ImportAdminMixin
from claims.admin.next_version import NextVersionAdminMixin, version_url
from claims.admin.source_panel import case_url
from claims.admin.statement import PASSAGE_FIELDS, PASSAGE_HINT, PASSAGE_ROWS, PassagePartForm
from claims.admin.transitions import TransitionsAdminMixin
from claims.choices import CorrectionKind, VersionState
from claims.models import Claim, Evidence, Rating, Review, ReviewVersion
from claims.models.review_rules import IMPORTED_FINDING
from claims.services.reviews import open_review
from claimsapi.core.admin import ReadOnlyInline, RecordInline, truncate_text
from claimsapi.core.forms import RecordForm

NOT_A_DRAFT = _("Only a draft can be edited. Return a submitted version to its author first.")
FINDING_FIELDS = ("rating", "headline", "summary", "body")


class VersionInline(ReadOnlyInline):
    """The versions of a review, each with a link to its own page."""

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
    """Filters reviews by the rating of any version. The pages of ratings link to it.

    It has no list of choices: the publishers together have thousands of labels.
    """

    title = _("rating")
    parameter_name = "rating"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        rating: Any = self.value()
        return () if rating is None else Rating.objects.filter(pk=rating).values_list("pk", "label")

    def has_output(self) -> bool:
        return self.value() is not None  # also for a rating that does not exist

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        rating: Any = self.value()
        if rating is None:
            return queryset
        # A subquery, since a join would list a review once per version.
        versions = ReviewVersion.objects.filter(rating=rating).order_by()
        return queryset.filter(pk__in=versions.values("review"))


@admin.register(Review)
class ReviewAdmin(ImportAdminMixin, NextVersionAdminMixin):
    """Reviews of claims by publishers. Adding a review creates its first draft."""

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
        # The claim and the publisher of a review never change. Its versions change.
        return super().has_change_permission(request, obj) and obj is None

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # Every review has a version from the start, and its foreign key prevents the deletion.
        return {k: v for k, v in super().get_actions(request).items() if k != "delete_selected"}

    def prefetch_for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        versions = ReviewVersion.objects.select_related("rating").defer("summary", "body")
        return rows.prefetch_related(Prefetch("versions", versions.order_by("-number")))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001  Django's
        review = open_review(claim=obj.claim, publisher=obj.publisher, author=staff_user(request))
        # Django goes on with its own object, so make it the saved one.
        obj.pk, obj._state.adding = review.pk, False
        obj.refresh_from_db()

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Redirect to the first draft, where the author continues."""
        if not {"_popup", "_addanother"}.isdisjoint(request.POST):
            return super().response_add(request, obj, post_url_continue)
        self.message_user(request, gettext("The review was created. This is its first draft."))
        return HttpResponseRedirect(version_url(self, obj.versions.get().pk))

    def get_claim(self, record: Review) -> Claim:
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
    """Form of a draft. It offers the ratings of the publisher's scales and of common scales."""

    class Meta:
        model = ReviewVersion
        fields = ("rating", "headline", "summary", "body", "correction_kind", "correction_note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "rating" in self.fields:
            publisher = self.instance.review.publisher_id
            # The version's own rating stays a choice even if its scale is another publisher's.
            scales_of_publisher = Q(scale__publisher=None) | Q(scale__publisher=publisher)
            ratings = Rating.objects.filter(scales_of_publisher | Q(pk=self.instance.rating_id))
            field: Any = self.fields["rating"]
            field.queryset = ratings
            labels_by_scale: dict[str, list[tuple[int, str]]] = {}
            for rating in ratings.select_related("scale").order_by(
                "scale__name", "-scale__version", "position"
            ):
                labels_by_scale.setdefault(str(rating.scale), []).append((rating.pk, rating.label))
            field.choices = [("", gettext("Not rated yet")), *labels_by_scale.items()]
        # A transition retracts a version; a new version never does.
        if "correction_kind" in self.fields:
            kind: Any = self.fields["correction_kind"]
            kind.choices = [c for c in kind.choices if c[0] != CorrectionKind.RETRACTION]

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if self.instance.state != VersionState.DRAFT:
            self.add_error(None, NOT_A_DRAFT)
        return data


def is_editable(request: HttpRequest, version: ReviewVersion | None) -> bool:
    """Return whether the page of a version is a form.

    A POST stays a form even if the version is no longer a draft: the form reports the stale
    revision and the state, and keeps the user's input.
    """
    return version is None or request.method == "POST" or version.state == VersionState.DRAFT


class EvidenceInline(RecordInline):
    """The evidence of a version, editable as long as the version is a draft."""

    model = Evidence
    form = PassagePartForm
    verbose_name_plural = _("evidence")
    autocomplete_fields = ("document", "snapshot")
    rows: ClassVar = {**PASSAGE_ROWS, "note": 3, "confidential_reason": 2}
    fieldsets = (
        (None, {"fields": (("stance", "is_primary"), "note", "locator")}),
        (None, {"fields": PASSAGE_FIELDS, "description": PASSAGE_HINT}),
        (None, {"fields": ("is_confidential", "confidential_reason")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("document")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and is_editable(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and is_editable(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and is_editable(request, obj)


@admin.register(ReviewVersion)
class ReviewVersionAdmin(TransitionsAdminMixin, NextVersionAdminMixin):
    """The page of a version: rating, texts, evidence and the transitions to publication."""

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
        """Yield the fieldsets, without fields that this version cannot have."""
        return_reason = ("return_reason",) if obj.return_reason else ()
        retraction_note = ("retraction_note",) if obj.retraction_note else ()
        fields = ("review", ("number", "state"), *return_reason, *retraction_note)
        yield None, {"fields": fields}
        hint = {"description": str(IMPORTED_FINDING)} if obj.markup else {}
        yield gettext("The finding"), {"fields": FINDING_FIELDS, **hint}
        if obj.number > 1:
            yield gettext("The correction"), {"fields": ("correction_kind", "correction_note")}
        times = ("submitted_at", "published_at", "closed_at")
        yield gettext("Who and when"), {"fields": (("author", "editor"), times)}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return (*fields, *FINDING_FIELDS) if obj is not None and obj.markup else fields

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        # A review creates its first version, and 'Prepare next version' the others.
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and is_editable(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_draft = obj is None or obj.state == VersionState.DRAFT
        return super().has_delete_permission(request, obj) and is_draft

    def get_claim(self, record: ReviewVersion) -> Claim:
        return record.review.claim

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:  # noqa: ARG002
        return HttpResponseRedirect(case_url(obj.review.claim))

    @admin.display(description=_("claim"), ordering="review__claim__text")
    def about(self, version: ReviewVersion) -> str:
        return truncate_text(version.review.claim.text, 80)
