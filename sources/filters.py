"""By what sources are filtered."""

import django_filters

from claimsapi.core.api.filters import ChoiceInFilter, RecordFilterSet
from sources.choices import DocumentKind, SpeakerKind
from sources.models import Affiliation, Document, Publisher, Speaker


class PublisherFilterSet(RecordFilterSet):
    slug = django_filters.CharFilter("slug", label="The publisher's slug.")
    site = django_filters.CharFilter("site", label="Its host without www., such as example.org.")

    class Meta:
        model = Publisher
        fields = ()


class SpeakerFilterSet(RecordFilterSet):
    slug = django_filters.CharFilter("slug", label="The speaker's slug.")
    kind = django_filters.ChoiceFilter(choices=SpeakerKind, label="What the speaker is.")
    kind__in = ChoiceInFilter("kind", choices=SpeakerKind, label="Any of these, with commas.")

    class Meta:
        model = Speaker
        fields = ()


class AffiliationFilterSet(RecordFilterSet):
    speaker = django_filters.UUIDFilter("speaker__public_id", label="The speaker's id.")

    class Meta:
        model = Affiliation
        fields = ()


class DocumentFilterSet(RecordFilterSet):
    kind = django_filters.ChoiceFilter(choices=DocumentKind, label="What sort of work.")
    kind__in = ChoiceInFilter("kind", choices=DocumentKind, label="Any of these, with commas.")
    publisher = django_filters.UUIDFilter("publisher__public_id", label="The publisher's id.")
    language = django_filters.CharFilter("language", label="Language tag, such as en.")
    url = django_filters.CharFilter("url", label="The canonical URL, whole.")
    sha256 = django_filters.CharFilter(
        "snapshots__sha256", distinct=True, label="Has a snapshot of bytes with this SHA-256."
    )

    class Meta:
        model = Document
        fields = ()
