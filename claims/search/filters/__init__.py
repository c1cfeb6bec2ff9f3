"""Filter sets of claims, statements, ratings, reviews and their parts.

A filter over related records matches only records that the caller may see.
"""

from claims.search.filters.assignment import AssignmentFilterSet
from claims.search.filters.claim import ClaimFilterSet, ClaimRelationFilterSet, TopicFilterSet
from claims.search.filters.rating import RatingFilterSet, RatingScaleFilterSet
from claims.search.filters.review import CorrectionFilterSet, EvidenceFilterSet, ReviewFilterSet
from claims.search.filters.speaker import extend_speaker_filters
from claims.search.filters.statement import StatementFilterSet

extend_speaker_filters()

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
