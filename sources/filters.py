"""By what sources are filtered."""

from typing import Any, ClassVar

import django_filters
from django.db.models import OuterRef, QuerySet

from claimsapi.core.api.filter_criteria import Criterion, CriterionFilterSet
from claimsapi.core.api.filters import ChoiceInFilter, RecordFilterSet
from sources.choices import DocumentKind, SpeakerKind
from sources.models import Affiliation, Document, Identifier, Publisher, Speaker


class PublisherFilterSet(RecordFilterSet):
    slug = django_filters.CharFilter("slug", label="The publisher's slug.")
    site = django_filters.CharFilter("site", label="Its host without www., such as example.org.")

    class Meta:
        model = Publisher
        fields = ()


class SpeakerFilterSet(CriterionFilterSet):
    facts: ClassVar[tuple[Criterion, ...]] = (
        Criterion("slug", "text", "slug", "The speaker's slug", "ada-quill"),
        Criterion("kind", "word", "kind", "What the speaker is", "person", choices=SpeakerKind),
        Criterion(
            "organization",
            "text",
            "organization",
            "Organization, by its exact name, of a role that the speaker held",
            "Harbour Authority",
            on="roles",
        ),
    )

    class Meta:
        model = Speaker
        fields = ()

    def about_roles(self) -> QuerySet[Any]:
        return Affiliation.objects.visible_to(self.request.user).filter(speaker=OuterRef("pk"))


class AffiliationFilterSet(RecordFilterSet):
    speaker = django_filters.UUIDFilter("speaker__public_id", label="The speaker's id.")

    class Meta:
        model = Affiliation
        fields = ()


class IdentifierFilterSet(RecordFilterSet):
    speaker = django_filters.UUIDFilter("speaker__public_id", label="The speaker's id.")
    url = django_filters.CharFilter("url", label="The address, whole.")

    class Meta:
        model = Identifier
        fields = ()


class DocumentFilterSet(RecordFilterSet):
    kind = django_filters.ChoiceFilter(choices=DocumentKind.choices, label="What sort of work.")
    kind__in = ChoiceInFilter(
        "kind", choices=DocumentKind.choices, label="Any of these, with commas."
    )
    publisher = django_filters.UUIDFilter("publisher__public_id", label="The publisher's id.")
    language = django_filters.CharFilter("language", label="Language tag, such as en.")
    url = django_filters.CharFilter("url", label="The canonical URL, whole.")
    sha256 = django_filters.CharFilter(
        "snapshots__sha256", distinct=True, label="Has a snapshot of bytes with this SHA-256."
    )

    class Meta:
        model = Document
        fields = ()
