"""Filter sets of rating scales and ratings."""

from typing import ClassVar

from claims.choices import Verdict
from claims.models import Rating, RatingScale
from claims.search.filters.criteria import EXAMPLE_ID
from claimsapi.core.api.filter_criteria import Criterion, RecordFilterSet


class RatingScaleFilterSet(RecordFilterSet):
    criteria: ClassVar[tuple[Criterion, ...]] = (
        Criterion("slug", "text", "slug", "The scale's slug", "truth", lookups=("exact",)),
        Criterion(
            "publisher",
            "id",
            "publisher__public_id",
            "The publisher's id",
            EXAMPLE_ID,
            lookups=("exact",),
        ),
    )

    class Meta:
        model = RatingScale
        fields = ()


class RatingFilterSet(RecordFilterSet):
    criteria: ClassVar[tuple[Criterion, ...]] = (
        Criterion("verdict", "choice", "verdict", "The common verdict", "false", choices=Verdict),
        Criterion(
            "scale", "id", "scale__public_id", "The scale's id", EXAMPLE_ID, lookups=("exact",)
        ),
    )

    class Meta:
        model = Rating
        fields = ()
