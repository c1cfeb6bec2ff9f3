"""Serializers compiled to SQL: the database writes the JSON that a serializer would render.

A serializer and the queryset of ``for_api`` say what a record looks like and which related records
belong to it. Both are compiled once into one statement for SQLite or PostgreSQL; a request then
binds the keys of its page. What is not understood is not compiled: see ``NotCompilable``.
"""

from claimsapi.core.api.projection.compiler import NotCompilable
from claimsapi.core.api.projection.statement import Projected, Projection

__all__ = ["NotCompilable", "Projected", "Projection"]
