"""Serializers of reviews, their versions and evidence."""

from typing import Any, ClassVar

from rest_framework import serializers

from claims.api.serializers.rating import RatingBriefSerializer
from claims.api.serializers.statement import PASSAGE_FIELDS, ClaimBriefSerializer
from claims.choices import CorrectionKind, Verdict, VersionState
from claims.models import Evidence, Review, ReviewVersion
from claims.services.reviews import open_draft
from claims.workflow import MAX_TEXT_LENGTH
from claimsapi.core.api.serializers import (
    FirstRelated,
    RecordSerializer,
    RelatedRecord,
    StrictChoiceField,
    StrictSerializer,
)
from claimsapi.core.errors import Conflict
from sources.serializers import (
    DocumentBriefSerializer,
    PublisherBriefSerializer,
    SnapshotBriefSerializer,
)


def _correction_kind() -> serializers.ChoiceField:
    """Build the read-only field of the kind of correction; empty in a first version."""
    return serializers.ChoiceField(choices=CorrectionKind.choices, allow_blank=True, read_only=True)


class EvidenceOfVersionSerializer(RecordSerializer):
    """A piece of evidence, nested in its version."""

    document = DocumentBriefSerializer(read_only=True)

    class Meta:
        model = Evidence
        fields: ClassVar = [
            "id",
            "document",
            "stance",
            *PASSAGE_FIELDS,
            "locator",
            "is_primary",
            "note",
        ]


class ReviewVersionSerializer(RecordSerializer):
    """A version of a review. Author and editor are handles."""

    rating = RatingBriefSerializer(read_only=True, allow_null=True)
    author = serializers.CharField(source="author.handle", read_only=True)
    editor = serializers.CharField(
        source="editor.handle", read_only=True, default=None, allow_null=True
    )
    correction_kind = _correction_kind()
    evidence = EvidenceOfVersionSerializer(many=True, read_only=True)

    class Meta:
        model = ReviewVersion
        fields: ClassVar = [
            "id",
            "number",
            "state",
            "rating",
            "headline",
            "summary",
            "body",
            "author",
            "editor",
            "submitted_at",
            "published_at",
            "closed_at",
            "correction_kind",
            "correction_note",
            "retraction_note",
            "evidence",
        ]
        read_only_fields: ClassVar = fields


class OpenVersionSerializer(ReviewVersionSerializer):
    """A draft or submitted version, with the reason of its last return."""

    class Meta(ReviewVersionSerializer.Meta):
        fields: ClassVar = [*ReviewVersionSerializer.Meta.fields, "return_reason"]
        read_only_fields: ClassVar = fields


class VersionBriefSerializer(RecordSerializer):
    """A version in a review's history."""

    verdict = serializers.ChoiceField(
        source="rating.verdict",
        choices=Verdict.choices,
        read_only=True,
        allow_null=True,
        default=None,
    )
    correction_kind = _correction_kind()

    class Meta:
        model = ReviewVersion
        fields: ClassVar = [
            "id",
            "number",
            "state",
            "verdict",
            "published_at",
            "closed_at",
            "correction_kind",
            "correction_note",
        ]
        read_only_fields: ClassVar = fields


class VersionInShortSerializer(RecordSerializer):
    """Rating and summary of a version."""

    rating = RatingBriefSerializer(read_only=True)

    class Meta:
        model = ReviewVersion
        fields: ClassVar = ["state", "rating", "headline", "summary", "published_at"]
        read_only_fields: ClassVar = fields


class ReviewOfClaimSerializer(RecordSerializer):
    """A review, nested in its claim. It has no drafts or submitted versions."""

    publisher = PublisherBriefSerializer(read_only=True)
    current_version = FirstRelated(VersionInShortSerializer, source="public_versions")

    class Meta:
        model = Review
        fields: ClassVar = ["id", "publisher", "current_version"]


class ReviewSerializer(RecordSerializer):
    """A review with its current version, its open version and its history."""

    claim = ClaimBriefSerializer(read_only=True)
    publisher = PublisherBriefSerializer(read_only=True)
    current_version = FirstRelated(
        ReviewVersionSerializer,
        source="public_versions",
        help_text="The newest public version; null if none was published yet.",
    )
    open_version = FirstRelated(
        OpenVersionSerializer,
        source="open_versions",
        help_text="The draft or submitted version; null if you may not see one.",
    )
    versions = VersionBriefSerializer(source="visible_versions", many=True, read_only=True)

    class Meta:
        model = Review
        fields: ClassVar = [
            "id",
            "claim",
            "publisher",
            "origin",
            "slug",
            "identifier",
            "current_version",
            "open_version",
            "versions",
            "created_at",
            "updated_at",
        ]
        read_only_fields: ClassVar = fields


class ReviewDraftSerializer(RecordSerializer):
    """The editable part of a review: its draft."""

    rating = RelatedRecord(RatingBriefSerializer, allow_null=True, required=False)

    class Meta:
        model = ReviewVersion
        fields: ClassVar = [
            "rating",
            "headline",
            "summary",
            "body",
            "correction_kind",
            "correction_note",
        ]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        # A correction describes the change from the version before, which version 1 lacks.
        number = self.instance.number if self.instance is not None else 1
        for name in ("correction_kind", "correction_note"):
            if attrs.get(name) and number == 1:
                raise serializers.ValidationError(
                    {name: "Leave it out: version 1 has no correction."}
                )
        # A new review has no version yet. The service validates it with the model.
        return attrs if self.instance is None else super().validate(attrs)


class ReviewOpeningSerializer(ReviewDraftSerializer):
    """A new review: its claim, its publisher and the content of its first draft."""

    claim = RelatedRecord(ClaimBriefSerializer)
    publisher = RelatedRecord(PublisherBriefSerializer)

    class Meta(ReviewDraftSerializer.Meta):
        fields: ClassVar = ["claim", "publisher", "rating", "headline", "summary", "body"]


class CorrectionSerializer(StrictSerializer):
    """The correction that the next version of a published review makes."""

    kind = StrictChoiceField(choices=CorrectionKind.choices)
    note = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=MAX_TEXT_LENGTH,
        help_text="The public note about the correction.",
    )


class TransitionSerializer(StrictSerializer):
    """Text of a transition. Leave it out if the transition needs none."""

    text = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=MAX_TEXT_LENGTH,
        help_text="The reason or the public note that the transition needs.",
    )


class CheckSerializer(serializers.Serializer):
    """A publication check and its result. `sentence` says how to pass a failed check."""

    code = serializers.CharField(help_text="Stable name of the check.")
    sentence = serializers.CharField()
    blocks = serializers.BooleanField(
        help_text="Whether a failure prevents submission and publication."
    )
    passed = serializers.BooleanField()


class ReviewChecksSerializer(serializers.Serializer):
    """The publication checks of a review's open version."""

    checks = CheckSerializer(many=True)


class SameAsSerializer(TransitionSerializer):
    """The claim that remains, with an optional reason."""

    claim = RelatedRecord(ClaimBriefSerializer)


class ReviewBriefSerializer(RecordSerializer):
    class Meta:
        model = Review
        fields: ClassVar = ["id"]


class EvidenceSerializer(RecordSerializer):
    """A document that a version of a review cites, with the cited passage."""

    review = RelatedRecord(ReviewBriefSerializer, source="version.review")
    version = serializers.IntegerField(source="version.number", read_only=True)
    document = RelatedRecord(DocumentBriefSerializer)
    snapshot = RelatedRecord(SnapshotBriefSerializer, allow_null=True, required=False)

    class Meta:
        model = Evidence
        fields: ClassVar = [
            "id",
            "review",
            "version",
            "document",
            "snapshot",
            "stance",
            *PASSAGE_FIELDS,
            "locator",
            "is_primary",
            "note",
            "is_confidential",
            "confidential_reason",
            "created_at",
            "updated_at",
        ]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Add evidence to the review's draft only, and change it while the version is a draft."""
        # Clients name the review. Its draft becomes the version of the evidence.
        version = attrs.pop("version", None)
        if self.instance is None:
            attrs["version"] = open_draft(version["review"])
        elif version:
            raise serializers.ValidationError({"review": "Evidence cannot move to another review."})
        elif self.instance.version.state != VersionState.DRAFT:
            raise Conflict(
                "Evidence changes only while its version is a draft. This version was submitted."
            )
        return super().validate(attrs)
