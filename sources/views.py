"""API viewsets of sources."""

from typing import ClassVar

from claimsapi.core.api.viewsets import RecordViewSet
from sources import filters, models, serializers


class PublisherViewSet(RecordViewSet):
    """Organizations that publish documents or fact-checks."""

    queryset = models.Publisher.objects.all()
    serializer_class = serializers.PublisherSerializer
    filterset_class = filters.PublisherFilterSet
    ordering_fields: ClassVar = {**RecordViewSet.ordering_fields, "name": "name"}


class SpeakerViewSet(RecordViewSet):
    """People, organizations and anonymous sources who make statements."""

    queryset = models.Speaker.objects.all()
    serializer_class = serializers.SpeakerSerializer
    filterset_class = filters.SpeakerFilterSet
    ordering_fields: ClassVar = {**RecordViewSet.ordering_fields, "name": "name"}


class AffiliationViewSet(RecordViewSet):
    """The roles that speakers hold or held."""

    queryset = models.Affiliation.objects.all()
    serializer_class = serializers.AffiliationSerializer
    filterset_class = filters.AffiliationFilterSet
    expandable: ClassVar = {"speaker": serializers.SpeakerSerializer}


class IdentifierViewSet(RecordViewSet):
    """URLs that identify exactly one speaker, such as register entries and official sites."""

    queryset = models.Identifier.objects.all()
    serializer_class = serializers.IdentifierSerializer
    filterset_class = filters.IdentifierFilterSet
    expandable: ClassVar = {"speaker": serializers.SpeakerSerializer}


class DocumentViewSet(RecordViewSet):
    """Works that contain statements or serve as evidence."""

    queryset = models.Document.objects.all()
    serializer_class = serializers.DocumentSerializer
    filterset_class = filters.DocumentFilterSet
