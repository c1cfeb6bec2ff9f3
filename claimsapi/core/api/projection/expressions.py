"""SQL expressions whose values are pieces of JSON text, byte for byte as orjson writes them.

Text is put together by concatenation, which both databases do alike: what SQLite makes of nested
JSON functions differs between its versions, and PostgreSQL's put spaces between the members.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import Expression, F, Func, Subquery, TextField


class _Text(Func):
    output_field = TextField()

    # One class for each kind of column, with its two templates.
    sqlite = "%(expressions)s"
    postgresql = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self.as_sql(compiler, connection, template=self.sqlite)

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self.as_sql(compiler, connection, template=self.postgresql)


class Quoted(_Text):
    """A text, escaped; null where there is none."""

    sqlite = "json_quote(%(expressions)s)"
    postgresql = "coalesce(to_json(%(expressions)s)::text, 'null')"


class Number(_Text):
    """A whole number."""

    sqlite = postgresql = "coalesce(CAST(%(expressions)s AS text), 'null')"


class Flag(_Text):
    """A truth value."""

    sqlite = postgresql = (
        "CASE %(expressions)s WHEN true THEN 'true' WHEN false THEN 'false' ELSE 'null' END"
    )


class Identifier(_Text):
    """A UUID with its dashes, which SQLite keeps without."""

    sqlite = (
        "coalesce('\"' || substr(%(expressions)s, 1, 8) || '-' || substr(%(expressions)s, 9, 4)"
        " || '-' || substr(%(expressions)s, 13, 4) || '-' || substr(%(expressions)s, 17, 4)"
        " || '-' || substr(%(expressions)s, 21) || '\"', 'null')"
    )
    postgresql = "coalesce('\"' || CAST(%(expressions)s AS text) || '\"', 'null')"


class Moment(_Text):
    """A time in UTC with its microseconds, if it has any."""

    sqlite = "coalesce('\"' || replace(%(expressions)s, ' ', 'T') || 'Z\"', 'null')"
    postgresql = (
        "coalesce('\"' || replace(to_char(%(expressions)s AT TIME ZONE 'UTC',"
        " 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '.000000', '') || 'Z\"', 'null')"
    )


class Day(_Text):
    """A date."""

    sqlite = "coalesce('\"' || %(expressions)s || '\"', 'null')"
    postgresql = "coalesce('\"' || to_char(%(expressions)s, 'YYYY-MM-DD') || '\"', 'null')"


class PartialDay(_Text):
    """A date as far as it is known, of two columns: the date and its precision."""

    arity = 2
    _form = (
        "CASE {1} WHEN 'day' THEN '\"' || {0} || '\"' WHEN 'month' THEN '\"' || substr({0}, 1, 7)"
        " || '\"' WHEN 'year' THEN '\"' || substr({0}, 1, 4) || '\"' ELSE 'null' END"
    )

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> Any:  # type: ignore[override]
        day, precision = (compiler.compile(source)[0] for source in self.get_source_expressions())
        if connection.vendor == "postgresql":
            day = f"to_char({day}, 'YYYY-MM-DD')"
        return self._form.format(day, precision), []

    as_sqlite = as_postgresql = as_sql


class Joined(Func):
    """Pieces of text one after the other: constants, and expressions that are never null."""

    output_field = TextField()

    def __init__(self, pieces: Sequence[str | Expression]) -> None:
        self.constants = [piece if isinstance(piece, str) else None for piece in pieces]
        super().__init__(*(piece for piece in pieces if not isinstance(piece, str)))

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> Any:  # type: ignore[override]  # noqa: ARG002
        expressions = iter(self.get_source_expressions())
        parts: list[str] = []
        params: list[Any] = []
        for constant in self.constants:
            if constant is not None:
                # Names of fields and punctuation: nothing that needs escaping in SQL or JSON.
                parts.append(f"'{constant}'")
                continue
            sql, own = compiler.compile(next(expressions))
            parts.append(sql)
            params += own
        return f"({' || '.join(parts)})", params


class NullWithout(Func):
    """The second expression, unless the first, a foreign key, is null."""

    output_field = TextField()
    arity = 2
    template = "CASE WHEN %(expressions)s END"
    arg_joiner = " IS NULL THEN 'null' ELSE "

    def __init__(self, key: F, text: Expression) -> None:
        super().__init__(key, text)


class _FromRows(Subquery):
    """A text made of the rows of a subquery, whose one column is called ``_json``."""

    output_field = TextField()


class Listed(_FromRows):
    """The rows as a JSON array, in the subquery's order."""

    template = "(SELECT '[' || coalesce(group_concat(_json, ','), '') || ']' FROM (%(subquery)s))"

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = self.template.replace("group_concat", "string_agg")
        return self.as_sql(compiler, connection, template=template, **extra)


class Only(_FromRows):
    """The one row, or null."""

    template = "coalesce((%(subquery)s), 'null')"
