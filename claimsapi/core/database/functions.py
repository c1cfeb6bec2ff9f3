"""Functions of the database, for queries and for indexes."""

from typing import Any

from django.db.models import CharField, Func


class WithoutFragment(Func):
    """An address up to its ``#``.

    Its values are constants of the statement: by parameters SQLite would not know an index on it.
    """

    template = "substr(%(expressions)s, 1, instr(%(expressions)s || '#', '#') - 1)"
    arity = 1
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "split_part(%(expressions)s, '#', 1)"
        return self.as_sql(compiler, connection, template=template, **extra)
