"""Reviews, their versions and evidence."""

from typing import Any, ClassVar

from rest_framework import serializers

from claims.api.serializers.rating import RatingBriefSerializer
from claims.api.serializers.statement import ClaimBriefSerializer
from claims.choices import CorrectionKind, Verdict, VersionState
from claims.models import Evidence, Review, ReviewVersion
from claims.services.reviews import open_draft
from claims.workflow import LONGEST_TEXT
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

_PASSAGE = ("exact", "prefix", "suffix", "start", "end")


def _correction() -> serializers.ChoiceField:
    """The kind of correction as it reads: empty in a first version."""
    return serializers.ChoiceField(choices=CorrectionKind.choices, allow_blank=True, read_only=True)


class EvidenceOfVersionSerializer(RecordSerializer):
    """A piece of evidence as nested in the version that rests on it."""

    document = DocumentBriefSerializer(read_only=True)

    class Meta:
        model = Evidence
        fields: ClassVar = [
            "id",
            "document",
            "stance",
            *_PASSAGE,
            "locator",
            "is_primary",
            "note",
        ]


class ReviewVersionSerializer(RecordSerializer):
    """One version of a review; author and editor by their public handles."""

    rating = RatingBriefSerializer(read_only=True, allow_null=True)
    author = serializers.CharField(source="author.handle", read_only=True)
    editor = serializers.CharField(
        source="editor.handle", read_only=True, default=None, allow_null=True
    )
    correction_kind = _correction()
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
    """A version in the making, with what was said when it was returned."""

    class Meta(ReviewVersionSerializer.Meta):
        fields: ClassVar = [*ReviewVersionSerializer.Meta.fields, "return_reason"]
        read_only_fields: ClassVar = fields


class VersionBriefSerializer(RecordSerializer):
    """A line of a review's history."""

    verdict = serializers.ChoiceField(
        source="rating.verdict",
        choices=Verdict.choices,
        read_only=True,
        allow_null=True,
        default=None,
    )
    correction_kind = _correction()

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
    """What a version found, in short."""

    rating = RatingBriefSerializer(read_only=True)

    class Meta:
        model = ReviewVersion
        fields: ClassVar = ["state", "rating", "headline", "summary", "published_at"]
        read_only_fields: ClassVar = fields


class ReviewOfClaimSerializer(RecordSerializer):
    """A review as nested in its claim: its finding in short, nothing of a version in the making."""

    publisher = PublisherBriefSerializer(read_only=True)
    current_version = FirstRelated(VersionInShortSerializer, source="public_versions")

    class Meta:
        model = Review
        fields: ClassVar = ["id", "publisher", "current_version"]


class ReviewSerializer(RecordSerializer):
    """A review with the version that stands, the one in the making, and its history."""

    claim = ClaimBriefSerializer(read_only=True)
    publisher = PublisherBriefSerializer(read_only=True)
    current_version = FirstRelated(
        ReviewVersionSerializer,
        source="public_versions",
        help_text="The version that stands for the public, null if none was published yet.",
    )
    open_version = FirstRelated(
        OpenVersionSerializer,
        source="open_versions",
        help_text="The version in the making, null if there is none that the caller may know of.",
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
    """What is edited of a review: its draft."""

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
        number = self.instance.number if self.instance is not None else 1
        for name in ("correction_kind", "correction_note"):
            if attrs.get(name) and number == 1:
                raise serializers.ValidationError({name: "Version 1 corrects nothing."})
        # What opens a review is no version yet: the service asks the model.
        return attrs if self.instance is None else super().validate(attrs)


class ReviewOpeningSerializer(ReviewDraftSerializer):
    """What opens a review: claim, publisher, and what the first draft already says."""

    claim = RelatedRecord(ClaimBriefSerializer)
    publisher = RelatedRecord(PublisherBriefSerializer)

    class Meta(ReviewDraftSerializer.Meta):
        fields: ClassVar = ["claim", "publisher", "rating", "headline", "summary", "body"]


class CorrectionSerializer(StrictSerializer):
    """What begins the next version of a published review."""

    kind = StrictChoiceField(choices=CorrectionKind.choices)
    note = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_TEXT,
        help_text="What the public is told.",
    )


class MoveSerializer(StrictSerializer):
    """What a move asks for; leave it out where the move asks for nothing."""

    text = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_TEXT,
        help_text="The reason or the public note that the move asks for.",
    )


class CheckSerializer(serializers.Serializer):
    """A rule, and whether the version keeps it; `sentence` says what to do where it does not."""

    code = serializers.CharField(help_text="Names the rule, and stays the same.")
    sentence = serializers.CharField()
    blocks = serializers.BooleanField(
        help_text="Whether the version is not submitted or published before this is mended."
    )
    kept = serializers.BooleanField()


class ReviewChecksSerializer(serializers.Serializer):
    """What is checked before the open version of a review is published."""

    checks = CheckSerializer(many=True)


class SameAsSerializer(MoveSerializer):
    """The claim that stays, and perhaps a reason."""

    claim = RelatedRecord(ClaimBriefSerializer)


class ReviewBriefSerializer(RecordSerializer):
    class Meta:
        model = Review
        fields: ClassVar = ["id"]


class EvidenceSerializer(RecordSerializer):
    """A document that a version of a review rests on, with the passage relied on."""

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
            *_PASSAGE,
            "locator",
            "is_primary",
            "note",
            "is_confidential",
            "confidential_reason",
            "created_at",
            "updated_at",
        ]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Evidence is added to its review's draft, stays there, and changes while it is one."""
        named = attrs.pop("version", None)
        if self.instance is None:
            attrs["version"] = open_draft(named["review"])
        elif named:
            raise serializers.ValidationError({"review": "Evidence stays with its review."})
        elif self.instance.version.state != VersionState.DRAFT:
            raise Conflict("Its version was submitted: evidence changes with a draft only.")
        return super().validate(attrs)
