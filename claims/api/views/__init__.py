"""Viewsets of claims and reviews, one module per noun."""

from claims.api.views.claim import (
    AssignmentViewSet,
    ClaimRelationViewSet,
    ClaimViewSet,
    TopicViewSet,
)
from claims.api.views.rating import RatingScaleViewSet, RatingViewSet
from claims.api.views.review import (
    CorrectionViewSet,
    EvidenceViewSet,
    ReviewVersionViewSet,
    ReviewViewSet,
)
from claims.api.views.statement import StatementViewSet
from claims.api.views.statistics import StatisticsViewSet

__all__ = [
    "AssignmentViewSet",
    "ClaimRelationViewSet",
    "ClaimViewSet",
    "CorrectionViewSet",
    "EvidenceViewSet",
    "RatingScaleViewSet",
    "RatingViewSet",
    "ReviewVersionViewSet",
    "ReviewViewSet",
    "StatementViewSet",
    "StatisticsViewSet",
    "TopicViewSet",
]
