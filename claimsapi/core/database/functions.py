"""Database functions for queries and indexes."""

from typing import Any

from django.db.models import CharField, Func


class WithoutFragment(Func):
    """A URL without its fragment: the text before ``#``."""

    # The template has literals instead of parameters: SQLite matches a query to an index on an
    # expression only if both texts are equal.

    template = "substr(%(expressions)s, 1, instr(%(expressions)s || '#', '#') - 1)"
    arity = 1
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "split_part(%(expressions)s, '#', 1)"
        return self.as_sql(compiler, connection, template=template, **extra)
