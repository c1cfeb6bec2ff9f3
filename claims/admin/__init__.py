"""The desk's pages for claims and reviews, one module per noun."""

from claims.admin import api_key, claim, delivery, rating, review, statement, webhook

__all__ = ["api_key", "claim", "delivery", "rating", "review", "statement", "webhook"]
