"""The desk's pages of claims and reviews, by noun."""

from claims.admin import api_key, claim, delivery, rating, review, statement, webhook

__all__ = ["api_key", "claim", "delivery", "rating", "review", "statement", "webhook"]
