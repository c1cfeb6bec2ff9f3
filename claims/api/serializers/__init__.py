"""Serializers of claims, statements, ratings and reviews.

Class names are the names of the components in the OpenAPI document.
"""
