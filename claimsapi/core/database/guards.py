"""Rules that compare a row before and after, or one row with another, held by the database.

A check constraint sees one row at one time. A :class:`Guard` sees the old row, the new row and
other tables: it becomes a trigger on SQLite and on PostgreSQL and refuses what its condition
matches, whoever writes and by whatever way. Models declare theirs in a ``guards`` attribute.

Guards are dropped before migrations run and made anew after them, because SQLite loses the
triggers of a table that a migration rebuilds, and because migrating data is not editing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.apps import apps
from django.db import IntegrityError
from django.utils.translation import gettext, gettext_noop

PREFIX: Final = "guard_"


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses a row operation.

    ``on`` is the operation, on ``table`` or else the model's own; ``when`` is an SQL condition over
    ``OLD`` and ``NEW`` that both databases understand, true for what is refused; ``message`` is the
    sentence of the error, which Django raises as ``IntegrityError``. ``lock`` selects the rows of
    other tables that the condition looks at: PostgreSQL locks them first, so that two transactions
    cannot each decide on what the other is changing. SQLite has one writer at a time. ``only``
    names the database that needs the guard, if the other does without.
    """

    name: str
    on: Literal["INSERT", "UPDATE", "DELETE"]
    when: str
    message: str
    table: str = ""
    lock: str = ""
    only: Literal["", "sqlite"] = ""


def columns_changed(*columns: str) -> str:
    """An SQL condition: one of the columns gets another value."""
    return "(" + " OR ".join(f"OLD.{c} IS DISTINCT FROM NEW.{c}" for c in columns) + ")"


# Guards look through foreign keys, which are checked at a transaction's end only: a row that could
# change its number, and get it back, would meanwhile be out of their sight.
SAME_ID: Final = Guard(
    "same_id",
    "UPDATE",
    columns_changed("id"),
    gettext_noop("A record keeps its number in the database."),
)


_SAME_PUBLIC_ID: Final = Guard(
    "same_public_id",
    "UPDATE",
    columns_changed("public_id"),
    gettext_noop("A record keeps its id: others, and the ledger, name it so."),
)


def same_identity(model: Any) -> Iterator[Guard]:
    """The guards of what names a row, which nothing may change."""
    columns = {field.column for field in model._meta.concrete_fields}
    if "id" in columns:
        yield SAME_ID
    if "public_id" in columns:
        yield _SAME_PUBLIC_ID


def forbid_replace(table: str, *same: str) -> Guard:
    """No insert takes a row's place: SQLite's INSERT OR REPLACE is neither UPDATE nor DELETE.

    ``same`` are columns that together name a row, beside its number and public id.
    """
    named = " AND ".join(f"o.{column} = NEW.{column}" for column in same)
    return Guard(
        "not_replaced",
        "INSERT",
        f"EXISTS (SELECT 1 FROM {table} o WHERE o.id = NEW.id OR o.public_id = NEW.public_id"  # noqa: S608  names of the models' own
        + (f" OR ({named}))" if named else ")"),
        gettext_noop("There is such a record already: it is changed, not replaced."),
    )


def declared(vendor: str) -> Iterator[tuple[str, str, Guard]]:
    """Yield the trigger's name, the table and the guard for every guard that a database needs."""
    for model in apps.get_models():
        if (own := getattr(model, "guards", None)) is None:
            continue
        for guard in (*same_identity(model), *own):
            if guard.only not in {"", vendor}:
                continue
            table = guard.table or model._meta.db_table
            yield f"{PREFIX}{table}_{guard.name}_{guard.on.lower()}", table, guard


def describe_violation(exc: IntegrityError) -> str:
    """Say which rule of the database a write broke, without the database's own words."""
    first_line = str(exc).partition("\n")[0]
    if any(first_line == guard.message for _, _, guard in declared("sqlite")):
        return gettext(first_line)
    if "unique" in first_line.lower():
        return gettext("A record with the same identifying values exists already.")
    return gettext("The change breaks a rule that the database holds.")
