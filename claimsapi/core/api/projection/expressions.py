"""SQL expressions that return JSON text, byte for byte as orjson writes it.

Text is concatenated with ``||``, which works alike in both databases. SQLite's nested JSON
functions differ between its versions: newer ones return a nested list as a string. PostgreSQL's
JSON functions put spaces between members.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Expression, F, Func, Subquery, TextField

from claimsapi.core.database.json_sql import (
    json_string,
    timestamp_to_microseconds,
    uuid_text,
)

_COLUMN: Final = "%(expressions)s"  # which Django replaces by the column's SQL


def _quoted(text: str) -> str:
    """Return a template of a JSON string, or null. The text needs no escaping."""
    return f"""coalesce('"' || {text} || '"', 'null')"""


class _JSONText(Func):
    """JSON text of one column. A subclass is a type of column, with a template per database."""

    output_field = TextField()
    sqlite = "%(expressions)s"
    postgresql = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self.as_sql(compiler, connection, template=self.sqlite)

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self.as_sql(compiler, connection, template=self.postgresql)


class JSONString(_JSONText):
    """A JSON string, or null."""

    sqlite = json_string(_COLUMN, "sqlite")  # of NULL, it is the text null
    postgresql = f"coalesce({json_string(_COLUMN, 'postgresql')}, 'null')"


class JSONNumber(_JSONText):
    """An integer, or null."""

    sqlite = postgresql = "coalesce(CAST(%(expressions)s AS text), 'null')"


class JSONBoolean(_JSONText):
    """A boolean, or null."""

    sqlite = postgresql = (
        "CASE %(expressions)s WHEN true THEN 'true' WHEN false THEN 'false' ELSE 'null' END"
    )


class JSONUUID(_JSONText):
    """A UUID with hyphens. SQLite stores it without."""

    sqlite = _quoted(uuid_text(_COLUMN, "sqlite"))
    postgresql = _quoted(uuid_text(_COLUMN, "postgresql"))


class JSONTimestamp(_JSONText):
    """A timestamp in UTC, with microseconds unless they are zero."""

    sqlite = _quoted(timestamp_to_microseconds(_COLUMN, "sqlite"))
    postgresql = _quoted(timestamp_to_microseconds(_COLUMN, "postgresql"))


class JSONDate(_JSONText):
    """A date."""

    sqlite = _quoted(_COLUMN)
    postgresql = _quoted(f"to_char({_COLUMN}, 'YYYY-MM-DD')")


class JSONPartialDate(_JSONText):
    """A partial date, from two columns: the date and its precision."""

    arity = 2
    _template = (
        "CASE {1} WHEN 'day' THEN '\"' || {0} || '\"' WHEN 'month' THEN '\"' || substr({0}, 1, 7)"
        " || '\"' WHEN 'year' THEN '\"' || substr({0}, 1, 4) || '\"' ELSE 'null' END"
    )

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> Any:  # type: ignore[override]
        # Both sources are columns and have no parameters. The date is used three times.
        day, precision = (compiler.compile(source)[0] for source in self.get_source_expressions())
        if connection.vendor == "postgresql":
            day = f"to_char({day}, 'YYYY-MM-DD')"
        return self._template.format(day, precision), []

    as_sqlite = as_postgresql = as_sql


class Concatenation(Func):
    """Concatenated text: constants, and expressions that are never null."""

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
                # Field names and punctuation from our own code, so they need no escaping.
                parts.append(f"'{constant}'")
                continue
            sql, own = compiler.compile(next(expressions))
            parts.append(sql)
            params += own
        return f"({' || '.join(parts)})", params


class NullIfNull(Func):
    """JSON null if the foreign key is null, else the text."""

    output_field = TextField()
    arity = 2
    template = "CASE WHEN %(expressions)s END"
    arg_joiner = " IS NULL THEN 'null' ELSE "

    def __init__(self, key: F, text: Expression) -> None:
        super().__init__(key, text)


class _RowsText(Subquery):
    """Text from the rows of a subquery with the single column ``_json``."""

    output_field = TextField()


class JSONArray(_RowsText):
    """The rows as a JSON array, in the subquery's order."""

    # The aggregate reads the ordered subquery from top to bottom, which keeps its order.
    # PostgreSQL before 16 requires the alias of the subquery.
    template = (
        "(SELECT '[' || coalesce(group_concat(_json, ','), '') || ']' FROM (%(subquery)s) AS _rows)"
    )

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = self.template.replace("group_concat", "string_agg")
        return self.as_sql(compiler, connection, template=template, **extra)


class SingleRow(_RowsText):
    """The single row, or null."""

    template = "coalesce((%(subquery)s), 'null')"
