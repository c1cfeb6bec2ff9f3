"""Claims, statements, reviews and evidence, and the tables of the desk and of webhooks."""

from claims.models.api_key import ApiKey, ApiKeyCount
from claims.models.assignment import Assignment
from claims.models.claim import Claim, ClaimRelation, Topic
from claims.models.correction import Correction
from claims.models.public import PublicClaim, PublicTally
from claims.models.rating import LabelVerdict, Rating, RatingScale
from claims.models.review import Evidence, Review, ReviewVersion
from claims.models.search import ClaimSearch
from claims.models.statement import Statement
from claims.models.webhook import WebhookDelivery, WebhookEndpoint

__all__ = [
    "ApiKey",
    "ApiKeyCount",
    "Assignment",
    "Claim",
    "ClaimRelation",
    "ClaimSearch",
    "Correction",
    "Evidence",
    "LabelVerdict",
    "PublicClaim",
    "PublicTally",
    "Rating",
    "RatingScale",
    "Review",
    "ReviewVersion",
    "Statement",
    "Topic",
    "WebhookDelivery",
    "WebhookEndpoint",
]
