"""The desk's page of rating scales, frozen once a review uses them."""

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


def shown_frozen(request: HttpRequest, scale: RatingScale | None) -> bool:
    """Whether the page shows the scale as frozen, or showed it so when it was opened.

    If the scale came into use since then, the form stays open, and the database's refusal appears
    on it beside what was typed.
    """
    if scale is None or (request.method == "POST" and "slug" in request.POST):
        return False
    return ReviewVersion.objects.filter(rating__scale=scale).exists()


def reviews_of(rating: Rating) -> QuerySet[Review]:
    """The reviews of which a version bears the rating."""
    return Review.objects.filter(pk__in=rating.versions.order_by().values("review"))


def reviews_link(rating: Rating, number: int) -> str:
    """How many reviews bear the rating, with the way to the list of those."""
    told = ngettext("%(number)s review", "%(number)s reviews", number)
    shown = told % {"number": number_format(number, force_grouping=True)}
    if not number:
        return shown
    address = reverse("admin:claims_review_changelist", query={"rating": rating.pk})
    return format_html('<a href="{}">{}</a>', address, shown)


class RatingForm(InlineRecordForm):
    """One word of a scale. Its verdict can be decided once if nobody had decided on it."""

    class Meta:
        model = Rating
        fields = ("position", "label", "value", "verdict", "definition")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        frozen = "label" not in self.fields
        if frozen and "verdict" in self.fields and self.instance.verdict != Verdict.UNMAPPED:
            self.fields["verdict"].disabled = True


class RatingInline(RecordInline):
    """The words of a scale, in order."""

    model = Rating
    form = RatingForm
    ordering = ("position",)
    rows: ClassVar = {"definition": 2}
    fields = (("position", "label", "value"), "verdict", "definition")
    show_change_link = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        frozen = ("position", "label", "value", "definition")
        return (*own, *frozen) if shown_frozen(request, obj) else own

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and not shown_frozen(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not shown_frozen(request, obj)


@admin.register(RatingScale)
class RatingScaleAdmin(RecordAdmin):
    """Publishers' own words for verdicts, in order."""

    list_display = ("name", "slug", "version", "publisher", "updated_at")
    list_select_related = ("publisher",)
    search_fields = ("name", "slug", "publisher__name", "ratings__label")
    autocomplete_fields = ("publisher",)
    prepopulated_fields: ClassVar = {"slug": ("name",)}
    fields = ("name", ("slug", "version"), "publisher")
    inlines = (RatingInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        return (*own, "name", "slug", "version", "publisher") if shown_frozen(request, obj) else own


@admin.register(Rating)
class RatingAdmin(RecordAdmin):
    """The labels of all scales: here those that nobody has decided on are found and decided."""

    list_display = ("label", "of_publisher", "verdict", "number_of_reviews", "updated_at")
    list_filter = ("verdict", "scale__origin")
    list_select_related = ("scale__publisher",)
    search_fields = ("label", "scale__publisher__name", "scale__name")
    fields = ("scale", "label", "definition", "value", "verdict", "its_reviews")
    readonly_fields = ("scale", "label", "definition", "value", "its_reviews")
    name_relations = ("scale",)

    def prefetch_for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        reviews = ReviewVersion.objects.filter(rating=OuterRef("pk")).order_by().values("rating")
        number = reviews.annotate(number=Count("review", distinct=True)).values("number")
        counted: QuerySet[Any] = rows.annotate(number=Coalesce(Subquery(number), 0))
        return counted

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False  # a word is added on its scale's page

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        decided = obj is not None and obj.verdict != Verdict.UNMAPPED and request.method != "POST"
        return (*own, "verdict") if decided and shown_frozen(request, obj.scale) else own

    @admin.display(description=_("publisher"), ordering="scale__publisher__name")
    def of_publisher(self, rating: Rating) -> str:
        return str(rating.scale.publisher or rating.scale)

    @admin.display(description=_("reviews"))
    def number_of_reviews(self, rating: Any) -> str:
        return reviews_link(rating, int(rating.number))

    @admin.display(description=_("reviews"))
    def its_reviews(self, rating: Rating) -> str:
        return reviews_link(rating, reviews_of(rating).count())


@admin.register(LabelVerdict)
class LabelVerdictAdmin(RecordAdmin):
    """What the labels of other publishers stand for, where an editor has decided."""

    list_display = ("label", "site", "verdict", "updated_at")
    list_filter = ("verdict",)
    search_fields = ("label", "key", "site")
    fields = ("label", "site", "verdict")
