"""By what claims, statements, ratings and reviews are filtered.

A filter over related records looks only at those that the caller may see.
"""

from claims.filters.assignment import AssignmentFilterSet
from claims.filters.claim import ClaimFilterSet, ClaimRelationFilterSet, TopicFilterSet
from claims.filters.rating import RatingFilterSet, RatingScaleFilterSet
from claims.filters.review import CorrectionFilterSet, EvidenceFilterSet, ReviewFilterSet
from claims.filters.speaker import teach
from claims.filters.statement import StatementFilterSet

teach()

__all__ = [
    "AssignmentFilterSet",
    "ClaimFilterSet",
    "ClaimRelationFilterSet",
    "CorrectionFilterSet",
    "EvidenceFilterSet",
    "RatingFilterSet",
    "RatingScaleFilterSet",
    "ReviewFilterSet",
    "StatementFilterSet",
    "TopicFilterSet",
]
