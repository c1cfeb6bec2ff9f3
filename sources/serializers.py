"""Serializers of sources. Other records nest the brief ones."""

from typing import ClassVar

from claimsapi.core.api.serializers import PartialDateField, RecordSerializer, RelatedRecord
from sources.models import Affiliation, Document, Identifier, Publisher, Snapshot, Speaker


class PublisherBriefSerializer(RecordSerializer):
    class Meta:
        model = Publisher
        fields: ClassVar = ["id", "slug", "name", "site"]


class PublisherSerializer(RecordSerializer):
    class Meta:
        model = Publisher
        fields: ClassVar = [
            "id",
            "slug",
            "name",
            "site",
            "corrections_policy_url",
            "created_at",
            "updated_at",
        ]


class SpeakerBriefSerializer(RecordSerializer):
    class Meta:
        model = Speaker
        fields: ClassVar = ["id", "slug", "name", "kind"]


class AffiliationBriefSerializer(RecordSerializer):
    start_on = PartialDateField()
    end_on = PartialDateField()

    class Meta:
        model = Affiliation
        fields: ClassVar = ["id", "role", "organization", "start_on", "end_on"]


class AffiliationSerializer(RecordSerializer):
    speaker = RelatedRecord(SpeakerBriefSerializer)
    start_on = PartialDateField()
    end_on = PartialDateField()

    class Meta:
        model = Affiliation
        fields: ClassVar = [
            "id",
            "speaker",
            "role",
            "organization",
            "start_on",
            "end_on",
            "created_at",
            "updated_at",
        ]


class IdentifierBriefSerializer(RecordSerializer):
    class Meta:
        model = Identifier
        fields: ClassVar = ["id", "url"]


class IdentifierSerializer(RecordSerializer):
    speaker = RelatedRecord(SpeakerBriefSerializer)

    class Meta:
        model = Identifier
        fields: ClassVar = ["id", "speaker", "url", "created_at", "updated_at"]


class SpeakerSerializer(RecordSerializer):
    affiliations = AffiliationBriefSerializer(many=True, read_only=True)
    identifiers = IdentifierBriefSerializer(many=True, read_only=True)

    class Meta:
        model = Speaker
        fields: ClassVar = [
            "id",
            "slug",
            "name",
            "kind",
            "description",
            "affiliations",
            "identifiers",
            "created_at",
            "updated_at",
        ]


class SnapshotBriefSerializer(RecordSerializer):
    """Snapshot without its text, which is under the publisher's copyright."""

    class Meta:
        model = Snapshot
        fields: ClassVar = ["id", "sha256", "media_type", "size", "length", "retrieved_at"]
        read_only_fields: ClassVar = fields


class DocumentBriefSerializer(RecordSerializer):
    publisher = PublisherBriefSerializer(read_only=True, allow_null=True)
    published_on = PartialDateField()

    class Meta:
        model = Document
        fields: ClassVar = ["id", "kind", "title", "url", "publisher", "published_on"]


class DocumentSerializer(RecordSerializer):
    publisher = RelatedRecord(PublisherBriefSerializer, allow_null=True, required=False)
    published_on = PartialDateField()
    snapshots = SnapshotBriefSerializer(many=True, read_only=True)

    class Meta:
        model = Document
        fields: ClassVar = [
            "id",
            "kind",
            "title",
            "url",
            "publisher",
            "byline",
            "published_on",
            "language",
            "snapshots",
            "created_at",
            "updated_at",
        ]
