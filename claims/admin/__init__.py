"""The desk's pages of claims and reviews, by noun."""

from claims.admin import claim, rating, review, statement, webhook

__all__ = ["claim", "rating", "review", "statement", "webhook"]
