"""The desk's pages for rating scales, ratings and the verdicts of labels."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from claims.choices import Verdict
from claims.models import LabelVerdict, Rating, RatingScale, Review, ReviewVersion
from claimsapi.core.admin import RecordAdmin, RecordInline
from claimsapi.core.forms import InlineRecordForm


def is_read_only(request: HttpRequest, scale: RatingScale | None) -> bool:
    """Return whether the page shows the scale as read-only, since reviews use it.

    A POST of an open form stays open even if a review used the scale meanwhile. The database
    rejects the change, and the page shows the error beside the user's input.
    """
    if scale is None or (request.method == "POST" and "slug" in request.POST):
        return False
    return ReviewVersion.objects.filter(rating__scale=scale).exists()


def reviews_with(rating: Rating) -> QuerySet[Review]:
    """Return the reviews with a version that has this rating."""
    return Review.objects.filter(pk__in=rating.versions.order_by().values("review"))


def reviews_link(rating: Rating, number: int) -> str:
    """Return a link to the list of a rating's reviews, with their number as its text."""
    text = ngettext("%(number)s review", "%(number)s reviews", number) % {
        "number": number_format(number, force_grouping=True)
    }
    if not number:
        return text
    url = reverse("admin:claims_review_changelist", query={"rating": rating.pk})
    return format_html('<a href="{}">{}</a>', url, text)


class RatingForm(InlineRecordForm):
    """A rating of a scale. An unmapped rating can get its verdict once, even on a used scale."""

    class Meta:
        model = Rating
        fields = ("position", "label", "value", "verdict", "definition")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scale_is_used = "label" not in self.fields
        is_mapped = self.instance.verdict != Verdict.UNMAPPED
        if scale_is_used and "verdict" in self.fields and is_mapped:
            self.fields["verdict"].disabled = True


class RatingInline(RecordInline):
    """The ratings of a scale, in order."""

    model = Rating
    form = RatingForm
    ordering = ("position",)
    rows: ClassVar = {"definition": 2}
    fields = (("position", "label", "value"), "verdict", "definition")
    show_change_link = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        if is_read_only(request, obj):
            return (*fields, "position", "label", "value", "definition")
        return fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and not is_read_only(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not is_read_only(request, obj)


@admin.register(RatingScale)
class RatingScaleAdmin(RecordAdmin):
    """Rating scales of publishers, and common ones. A scale that reviews use is read-only."""

    list_display = ("name", "slug", "version", "publisher", "updated_at")
    list_select_related = ("publisher",)
    search_fields = ("name", "slug", "publisher__name", "ratings__label")
    autocomplete_fields = ("publisher",)
    prepopulated_fields: ClassVar = {"slug": ("name",)}
    fields = ("name", ("slug", "version"), "publisher")
    inlines = (RatingInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        if is_read_only(request, obj):
            return (*fields, "name", "slug", "version", "publisher")
        return fields


@admin.register(Rating)
class RatingAdmin(RecordAdmin):
    """The ratings of all scales. Editors find unmapped ratings here and map them to a verdict."""

    list_display = ("label", "scale_publisher", "verdict", "number_of_reviews", "updated_at")
    list_filter = ("verdict", "scale__origin")
    list_select_related = ("scale__publisher",)
    search_fields = ("label", "scale__publisher__name", "scale__name")
    fields = ("scale", "label", "definition", "value", "verdict", "reviews")
    readonly_fields = ("scale", "label", "definition", "value", "reviews")
    name_relations = ("scale",)

    def prefetch_for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        # A subquery counts only for the rows of one page. A join would group all versions.
        reviews = ReviewVersion.objects.filter(rating=OuterRef("pk")).order_by().values("rating")
        number = reviews.annotate(number=Count("review", distinct=True)).values("number")
        annotated: QuerySet[Any] = rows.annotate(number=Coalesce(Subquery(number), 0))
        return annotated

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False  # the page of its scale adds a rating

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        # On POST the field stays: the database decides, and the form shows its error.
        is_mapped = obj is not None and obj.verdict != Verdict.UNMAPPED
        if is_mapped and request.method != "POST" and is_read_only(request, obj.scale):
            return (*fields, "verdict")
        return fields

    @admin.display(description=_("publisher"), ordering="scale__publisher__name")
    def scale_publisher(self, rating: Rating) -> str:
        return str(rating.scale.publisher or rating.scale)

    @admin.display(description=_("reviews"))
    def number_of_reviews(self, rating: Any) -> str:
        return reviews_link(rating, int(rating.number))

    @admin.display(description=_("reviews"))
    def reviews(self, rating: Rating) -> str:
        return reviews_link(rating, reviews_with(rating).count())


@admin.register(LabelVerdict)
class LabelVerdictAdmin(RecordAdmin):
    """Editors' decisions on the verdict of other publishers' labels."""

    list_display = ("label", "site", "verdict", "updated_at")
    list_filter = ("verdict",)
    search_fields = ("label", "key", "site")
    fields = ("label", "site", "verdict")
