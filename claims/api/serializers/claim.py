"""Serializers of claims, topics and relations."""

from typing import ClassVar

from rest_framework import serializers

from claims.api.serializers.review import ReviewOfClaimSerializer
from claims.api.serializers.statement import ClaimBriefSerializer, StatementOfClaimSerializer
from claims.models import Claim, ClaimRelation, Topic
from claimsapi.core.api.serializers import PartialDateField, RecordSerializer, RelatedRecord


class TopicBriefSerializer(RecordSerializer):
    class Meta:
        model = Topic
        fields: ClassVar = ["id", "slug", "name"]


class TopicSerializer(RecordSerializer):
    class Meta:
        model = Topic
        fields: ClassVar = ["id", "slug", "name", "created_at", "updated_at"]


class RelationOutSerializer(RecordSerializer):
    """This claim's relation to another claim: it contradicts it, repeats it and so on."""

    # Nested relations call the other end "claim" in both directions.
    claim = ClaimBriefSerializer(source="to_claim", read_only=True)

    class Meta:
        model = ClaimRelation
        fields: ClassVar = ["id", "kind", "state", "claim"]
        read_only_fields: ClassVar = fields


class RelationInSerializer(RelationOutSerializer):
    """Another claim's relation to this claim."""

    claim = ClaimBriefSerializer(source="from_claim", read_only=True)


class ClaimSerializer(RecordSerializer):
    """A claim with its statements, reviews and relations."""

    # A request may set topics. The other related records have their own endpoints.
    topics = RelatedRecord(TopicBriefSerializer, many=True, required=False)
    decidable_on = PartialDateField()
    statements = StatementOfClaimSerializer(many=True, read_only=True)
    reviews = ReviewOfClaimSerializer(many=True, read_only=True)
    relations_out = RelationOutSerializer(many=True, read_only=True)
    relations_in = RelationInSerializer(many=True, read_only=True)

    class Meta:
        model = Claim
        fields: ClassVar = [
            "id",
            "text",
            "kind",
            "checkability",
            "status",
            "status_reason",
            "language",
            "topics",
            "decidable_on",
            "listed_at",
            "statements",
            "reviews",
            "relations_out",
            "relations_in",
            "created_at",
            "updated_at",
        ]
        read_only_fields: ClassVar = ["status", "status_reason", "listed_at"]
        # The column has a default, because imports do not know the kind. People must choose it.
        extra_kwargs: ClassVar = {"kind": {"required": True}}


class ClaimRelationSerializer(RecordSerializer):
    from_claim = RelatedRecord(ClaimBriefSerializer)
    to_claim = RelatedRecord(ClaimBriefSerializer)
    decided_by = serializers.CharField(
        source="decided_by.handle", read_only=True, default=None, allow_null=True
    )

    class Meta:
        model = ClaimRelation
        fields: ClassVar = [
            "id",
            "from_claim",
            "to_claim",
            "kind",
            "state",
            "method",
            "decided_by",
            "created_at",
            "updated_at",
        ]
