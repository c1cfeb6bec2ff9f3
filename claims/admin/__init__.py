"""The desk's pages of claims and reviews, by noun."""

from claims.admin import claim, delivery, rating, review, statement, webhook

__all__ = ["claim", "delivery", "rating", "review", "statement", "webhook"]
