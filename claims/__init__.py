"""Fact-checking: claims, statements, ratings, reviews and their publication."""
