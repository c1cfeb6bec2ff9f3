"""Viewsets of rating scales and ratings."""

from typing import ClassVar

from claims import models
from claims.api.serializers import rating
from claims.search import filters
from claimsapi.core.api.viewsets import RecordViewSet


class RatingScaleViewSet(RecordViewSet):
    """Rating scales of publishers: their own ratings, in order."""

    queryset = models.RatingScale.objects.all()
    serializer_class = rating.RatingScaleSerializer
    filterset_class = filters.RatingScaleFilterSet


class RatingViewSet(RecordViewSet):
    """Ratings of rating scales."""

    queryset = models.Rating.objects.all()
    serializer_class = rating.RatingSerializer
    filterset_class = filters.RatingFilterSet
    expandable: ClassVar = {"scale": rating.RatingScaleSerializer}
