"""Filter sets of publishers, speakers and documents."""

from typing import Any, ClassVar, Final

from django.db.models import OuterRef, QuerySet

from claimsapi.core.api.filter_criteria import Criterion, RecordFilterSet
from sources.choices import DocumentKind, SpeakerKind
from sources.models import Affiliation, Document, Identifier, Publisher, Snapshot, Speaker

_ID: Final = "0199e2a4-1b2c-7d3e-8f40-123456789abc"
_SHA256: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class PublisherFilterSet(RecordFilterSet):
    criteria: ClassVar[tuple[Criterion, ...]] = (
        Criterion(
            "slug", "text", "slug", "The publisher's slug", "harbour-times", lookups=("exact",)
        ),
        Criterion(
            "site", "text", "site", "Its host without www.", "example.org", lookups=("exact",)
        ),
    )

    class Meta:
        model = Publisher
        fields = ()


class SpeakerFilterSet(RecordFilterSet):
    criteria: ClassVar[tuple[Criterion, ...]] = (
        Criterion("slug", "text", "slug", "The speaker's slug", "ada-quill"),
        Criterion("kind", "choice", "kind", "Kind of speaker", "person", choices=SpeakerKind),
        Criterion(
            "organization",
            "text",
            "organization",
            "Organization, by its exact name, of a role that the speaker held",
            "Harbour Authority",
            relation="roles",
        ),
    )

    class Meta:
        model = Speaker
        fields = ()

    def related_roles(self) -> QuerySet[Any]:
        return Affiliation.objects.visible_to(self.request.user).filter(speaker=OuterRef("pk"))


_SPEAKER: Final = Criterion(
    "speaker", "id", "speaker__public_id", "The speaker's id", _ID, lookups=("exact",)
)


class AffiliationFilterSet(RecordFilterSet):
    criteria: ClassVar[tuple[Criterion, ...]] = (_SPEAKER,)

    class Meta:
        model = Affiliation
        fields = ()


class IdentifierFilterSet(RecordFilterSet):
    criteria: ClassVar[tuple[Criterion, ...]] = (
        _SPEAKER,
        Criterion(
            "url",
            "text",
            "url",
            "The whole URL",
            "https://www.wikidata.org/entity/Q42",
            lookups=("exact",),
        ),
    )

    class Meta:
        model = Identifier
        fields = ()


class DocumentFilterSet(RecordFilterSet):
    criteria: ClassVar[tuple[Criterion, ...]] = (
        Criterion(
            "kind",
            "choice",
            "kind",
            "Kind of document",
            "article",
            choices=DocumentKind,
            lookups=("exact", "in"),
        ),
        Criterion(
            "publisher",
            "id",
            "publisher__public_id",
            "The publisher's id",
            _ID,
            lookups=("exact",),
        ),
        Criterion("language", "text", "language", "Language tag", "en", lookups=("exact",)),
        Criterion(
            "url",
            "text",
            "url",
            "The whole canonical URL",
            "https://harbour-times.example/ferries",
            lookups=("exact",),
        ),
        Criterion(
            "sha256",
            "text",
            "sha256",
            "SHA-256, in hexadecimal, of the bytes of one of its snapshots",
            _SHA256,
            relation="snapshots",
            lookups=("exact",),
        ),
    )

    class Meta:
        model = Document
        fields = ()

    def related_snapshots(self) -> QuerySet[Any]:
        return Snapshot.objects.filter(document=OuterRef("pk"))
