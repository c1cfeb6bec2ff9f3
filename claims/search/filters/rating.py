"""By what ratings and their scales are filtered."""

from typing import ClassVar

import django_filters

from claims.choices import Verdict
from claims.models import Rating, RatingScale
from claimsapi.core.api.filter_criteria import Criterion, CriterionFilterSet
from claimsapi.core.api.filters import RecordFilterSet


class RatingScaleFilterSet(RecordFilterSet):
    slug = django_filters.CharFilter("slug", label="The scale's slug.")
    publisher = django_filters.UUIDFilter("publisher__public_id", label="The publisher's id.")

    class Meta:
        model = RatingScale
        fields = ()


class RatingFilterSet(CriterionFilterSet):
    facts: ClassVar[tuple[Criterion, ...]] = (
        Criterion("verdict", "word", "verdict", "The common verdict", "false", choices=Verdict),
    )
    scale = django_filters.UUIDFilter("scale__public_id", label="The scale's id.")

    class Meta:
        model = Rating
        fields = ()
