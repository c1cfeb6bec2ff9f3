"""Serializers of published corrections."""

from typing import ClassVar

from rest_framework import serializers

from claims.api.serializers.rating import RatingBriefSerializer
from claims.api.serializers.review import ReviewBriefSerializer
from claims.api.serializers.statement import ClaimBriefSerializer
from claims.choices import Verdict
from claims.models import Correction, ReviewVersion
from claimsapi.core.api.serializers import RecordSerializer
from sources.serializers import PublisherBriefSerializer


class CorrectedVersionSerializer(RecordSerializer):
    """Rating and summary of a version."""

    rating = RatingBriefSerializer(read_only=True)
    verdict = serializers.ChoiceField(
        source="rating.verdict", choices=Verdict.choices, read_only=True
    )

    class Meta:
        model = ReviewVersion
        fields: ClassVar = [
            "id",
            "number",
            "rating",
            "verdict",
            "headline",
            "summary",
            "published_at",
        ]
        read_only_fields: ClassVar = fields


class PublishedCorrectionSerializer(RecordSerializer):
    """A correction of a published review, with the versions before and after it."""

    review = ReviewBriefSerializer(read_only=True)
    claim = ClaimBriefSerializer(source="review.claim", read_only=True)
    publisher = PublisherBriefSerializer(source="review.publisher", read_only=True)
    before = CorrectedVersionSerializer(
        read_only=True, allow_null=True, help_text="The version that was current before."
    )
    after = CorrectedVersionSerializer(
        read_only=True,
        allow_null=True,
        help_text="The version that replaced it; null if the review was retracted.",
    )

    class Meta:
        model = Correction
        fields: ClassVar = [
            "id",
            "kind",
            "at",
            "note",
            "review",
            "claim",
            "publisher",
            "before",
            "after",
        ]
        read_only_fields: ClassVar = fields
