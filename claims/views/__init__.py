"""Claims and reviews in the API, by noun."""

from claims.views.claim import (
    AssignmentViewSet,
    ClaimRelationViewSet,
    ClaimViewSet,
    TopicViewSet,
)
from claims.views.rating import RatingScaleViewSet, RatingViewSet
from claims.views.review import (
    CorrectionViewSet,
    EvidenceViewSet,
    ReviewVersionViewSet,
    ReviewViewSet,
)
from claims.views.statement import StatementViewSet
from claims.views.statistics import StatisticsViewSet

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
