"""Serializers of rating scales and their ratings."""

from typing import ClassVar

from rest_framework import serializers

from claims.models import Rating, RatingScale
from claimsapi.core.api.serializers import RecordSerializer, RelatedRecord
from sources.serializers import PublisherBriefSerializer


class RatingBriefSerializer(RecordSerializer):
    """A publisher's rating and the common verdict that it maps to."""

    scale = serializers.CharField(source="scale.slug", read_only=True)
    scale_version = serializers.IntegerField(source="scale.version", read_only=True)

    class Meta:
        model = Rating
        fields: ClassVar = ["id", "label", "value", "verdict", "scale", "scale_version"]
        read_only_fields: ClassVar = fields


class RatingOfScaleSerializer(RecordSerializer):
    class Meta:
        model = Rating
        fields: ClassVar = ["id", "position", "label", "value", "definition", "verdict"]


class RatingScaleBriefSerializer(RecordSerializer):
    class Meta:
        model = RatingScale
        fields: ClassVar = ["id", "slug", "version", "name"]


class RatingScaleSerializer(RecordSerializer):
    publisher = RelatedRecord(PublisherBriefSerializer, allow_null=True, required=False)
    ratings = RatingOfScaleSerializer(many=True, read_only=True)

    class Meta:
        model = RatingScale
        fields: ClassVar = [
            "id",
            "slug",
            "version",
            "name",
            "publisher",
            "ratings",
            "created_at",
            "updated_at",
        ]


class RatingSerializer(RecordSerializer):
    scale = RelatedRecord(RatingScaleBriefSerializer)

    class Meta:
        model = Rating
        fields: ClassVar = [
            "id",
            "scale",
            "position",
            "label",
            "value",
            "definition",
            "verdict",
            "created_at",
            "updated_at",
        ]
