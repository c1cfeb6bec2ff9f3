"""Compiles a serializer and its queryset to one SQL statement that returns rendered JSON.

The serializer defines the fields of a record; the queryset of ``for_api`` defines the related rows.
A statement is compiled once for SQLite or PostgreSQL, and each request binds the keys of its page.
A field that only Python can render raises ``NotCompilable``. See docs/internals/projection.md.
"""

from claimsapi.core.api.projection.compiler import NotCompilable
from claimsapi.core.api.projection.statement import ProjectedRecord, Projection

__all__ = ["NotCompilable", "ProjectedRecord", "Projection"]
