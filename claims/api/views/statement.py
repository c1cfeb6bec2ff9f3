"""Statements in the API."""

from typing import ClassVar

from claims import models
from claims.api.serializers import claim, statement
from claims.search import filters
from claimsapi.core.api.viewsets import RecordViewSet
from sources.serializers import DocumentSerializer, SpeakerSerializer


class StatementViewSet(RecordViewSet):
    """The appearances of claims: who said it, where, when, and in which words."""

    queryset = models.Statement.objects.all()
    serializer_class = statement.StatementSerializer
    filterset_class = filters.StatementFilterSet
    expandable: ClassVar = {
        "claim": claim.ClaimSerializer,
        "speaker": SpeakerSerializer,
        "document": DocumentSerializer,
    }
