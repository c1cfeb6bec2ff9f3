"""Serializers of statements, complete and nested in their claim."""

from typing import ClassVar, Final

from claims.models import Claim, Statement
from claimsapi.core.api.serializers import PartialDateField, RecordSerializer, RelatedRecord
from sources.serializers import (
    AffiliationBriefSerializer,
    DocumentBriefSerializer,
    SnapshotBriefSerializer,
    SpeakerBriefSerializer,
)

# The selectors of a passage: its exact words and its position.
PASSAGE_FIELDS: Final = ("exact", "prefix", "suffix", "start", "end")


class ClaimBriefSerializer(RecordSerializer):
    class Meta:
        model = Claim
        fields: ClassVar = ["id", "text", "kind", "status", "language"]


class StatementOfClaimSerializer(RecordSerializer):
    """A statement, nested in its claim."""

    # Null for authorial statements; the document is null if its origin is unknown.
    speaker = SpeakerBriefSerializer(read_only=True, allow_null=True)
    affiliation = AffiliationBriefSerializer(read_only=True, allow_null=True)
    document = DocumentBriefSerializer(read_only=True, allow_null=True)
    stated_on = PartialDateField()

    class Meta:
        model = Statement
        fields: ClassVar = [
            "id",
            "speaker",
            "affiliation",
            "document",
            "quotation",
            "attributed_as",
            *PASSAGE_FIELDS,
            "stated_on",
            "source_given",
        ]


class StatementSerializer(RecordSerializer):
    claim = RelatedRecord(ClaimBriefSerializer)
    speaker = RelatedRecord(SpeakerBriefSerializer, allow_null=True, required=False)
    affiliation = RelatedRecord(AffiliationBriefSerializer, allow_null=True, required=False)
    document = RelatedRecord(DocumentBriefSerializer, allow_null=True, required=False)
    snapshot = RelatedRecord(SnapshotBriefSerializer, allow_null=True, required=False)
    stated_on = PartialDateField()

    class Meta:
        model = Statement
        fields: ClassVar = [
            "id",
            "claim",
            "speaker",
            "affiliation",
            "document",
            "snapshot",
            "quotation",
            "attributed_as",
            *PASSAGE_FIELDS,
            "stated_on",
            "source_given",
            "created_at",
            "updated_at",
        ]
