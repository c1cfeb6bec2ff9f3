"""Viewset of statements."""

from typing import ClassVar

from claims import models
from claims.api.serializers import claim, statement
from claims.search import filters
from claimsapi.core.api.viewsets import RecordViewSet
from sources.serializers import DocumentSerializer, SpeakerSerializer


class StatementViewSet(RecordViewSet):
    """Appearances of claims: speaker, document, date and exact words."""

    queryset = models.Statement.objects.all()
    serializer_class = statement.StatementSerializer
    filterset_class = filters.StatementFilterSet
    expandable: ClassVar = {
        "claim": claim.ClaimSerializer,
        "speaker": SpeakerSerializer,
        "document": DocumentSerializer,
    }
