"""Rules that compare a row before and after, or one row with another, held by the database.

A check constraint sees one row at one time. A :class:`Guard` sees the old row, the new row and
other tables: it becomes a trigger on SQLite and on PostgreSQL and refuses what its condition
matches, whoever writes and by whatever way. Models declare theirs in a ``guards`` attribute.

Guards are dropped before migrations run and made anew after them, because SQLite loses the
triggers of a table that a migration rebuilds, and because migrating data is not editing.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.apps import apps
from django.core import checks
from django.db import IntegrityError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext, gettext_noop

from claimsapi.core import kept
from claimsapi.core.ledger import recording

_PREFIX: Final = "guard_"
_PREFIXES: Final = (_PREFIX, recording.PREFIX, kept.PREFIX)


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


def changed(*columns: str) -> str:
    """An SQL condition: one of the columns gets another value."""
    return "(" + " OR ".join(f"OLD.{c} IS DISTINCT FROM NEW.{c}" for c in columns) + ")"


# Guards look through foreign keys, which are checked at a transaction's end only: a row that could
# change its number, and get it back, would meanwhile be out of their sight.
SAME_ID: Final = Guard(
    "same_id", "UPDATE", changed("id"), gettext_noop("A record keeps its number in the database.")
)


_SAME_PUBLIC_ID: Final = Guard(
    "same_public_id",
    "UPDATE",
    changed("public_id"),
    gettext_noop("A record keeps its id: others, and the ledger, name it so."),
)


def same_identity(model: Any) -> Iterator[Guard]:
    """The guards of what names a row, which nothing may change."""
    columns = {field.column for field in model._meta.concrete_fields}
    if "id" in columns:
        yield SAME_ID
    if "public_id" in columns:
        yield _SAME_PUBLIC_ID


def not_replaced(table: str, *same: str) -> Guard:
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
            yield f"{_PREFIX}{table}_{guard.name}_{guard.on.lower()}", table, guard


def expected(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """The triggers that this database should have, each with its table."""
    triggers = {name: table for name, table, _guard in declared(connection.vendor)}
    if connection.vendor == "postgresql":
        triggers |= {f"{_PREFIX}{table}_truncate": table for table in triggers.values()}
    recorders = {name: table for name, table, *_ in recording.triggers(connection.vendor)}
    keepers = {name: keeper.table for name, keeper in kept.triggers(connection.vendor)}
    return triggers | recorders | keepers


def install(connection: BaseDatabaseWrapper, *, reconcile: bool = True) -> None:
    """Make every declared guard anew, and with them what records and what keeps, all at once.

    Where a trigger of the ledger's was missing, what was changed without it is appended to the
    ledger, unless ``reconcile`` is off; where one that keeps a table was, the table is made anew.
    Does nothing while migrations are unapplied.
    """
    if migrations_pending(connection):
        return
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        present = {name for name, _table in _installed(connection, cursor)}
        recorders = {name for name, *_ in recording.triggers(connection.vendor)}
        missed = reconcile and not recorders <= present
        stale = not {name for name, _ in kept.triggers(connection.vendor)} <= present
        drop(connection)
        for name, table, guard in declared(connection.vendor):
            for statement in _creation(connection.vendor, name, table, guard):
                cursor.execute(statement)
        if connection.vendor == "postgresql":
            _not_truncated(cursor)
        for statement in recording.creation(connection.vendor):
            cursor.execute(statement)
        for statement in recording.reconciliation(connection.vendor) if missed else ():
            cursor.execute(statement)
        for statement in kept.rebuilding(connection.vendor) if stale else ():
            cursor.execute(statement)
        for statement in kept.creation(connection.vendor):
            cursor.execute(statement)


def drop(connection: BaseDatabaseWrapper) -> None:
    """Remove every guard that the database has, declared or not."""
    with connection.cursor() as cursor:
        for name, table in _installed(connection, cursor):
            if connection.vendor == "sqlite":
                cursor.execute(f'DROP TRIGGER "{name}"')
            else:
                cursor.execute(f'DROP TRIGGER "{name}" ON "{table}"; DROP FUNCTION "{name}"()')


def broken_rule(exc: IntegrityError) -> str:
    """Say which rule of the database a write broke, without the database's own words."""
    first_line = str(exc).partition("\n")[0]
    if any(first_line == guard.message for _, _, guard in declared("sqlite")):
        return gettext(first_line)
    if "unique" in first_line.lower():
        return gettext("A record with the same identifying values exists already.")
    return gettext("The change breaks a rule that the database holds.")


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Take the guards away for a block that empties tables, or fills empty ones; put them back."""
    drop(connection)
    try:
        yield
    finally:
        install(connection, reconcile=False)


def check_installed(
    app_configs: Any = None,  # noqa: ARG001  what every check is given
    databases: Sequence[str] | None = None,
    **_: Any,
) -> list[checks.CheckMessage]:
    """System check of ``manage.py check --database``: every declared guard is in the database.

    A warning, since ``migrate`` runs the checks first and is what mends it. Which guards a database
    of another version has to have is not known here, but that it has none is no version's way.
    """
    messages: list[checks.CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        with connection.cursor() as cursor:
            present = {name for name, _table in _installed(connection, cursor)}
            tables = connection.introspection.table_names(cursor)
        if migrations_pending(connection):
            if not present and not set(tables).isdisjoint(expected(connection).values()):
                messages.append(
                    checks.Warning(
                        f"The database {alias!r} stands between two versions, without guards:"
                        " nothing that is written is checked or recorded.",
                        hint="Run 'manage.py migrate', or go back to a backup.",
                        id="core.W002",
                    )
                )
            continue
        if missing := [name for name in expected(connection) if name not in present]:
            messages.append(
                checks.Warning(
                    f"The database {alias!r} lacks the guards {', '.join(missing)}.",
                    hint="Run 'manage.py migrate': it puts the guards in place at its end.",
                    id="core.W001",
                )
            )
    return messages


def migrations_pending(connection: BaseDatabaseWrapper) -> bool:
    """Whether the database is not yet what the code expects."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _installed(connection: BaseDatabaseWrapper, cursor: Any) -> list[tuple[str, str]]:
    if connection.vendor == "sqlite":
        cursor.execute(
            "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
            " AND (name GLOB %s OR name GLOB %s OR name GLOB %s)",
            [f"{prefix}*" for prefix in _PREFIXES],
        )
    else:
        cursor.execute(
            "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND t.tgname ~ %s"
            " AND c.relnamespace = current_schema()::regnamespace",
            [f"^({'|'.join(_PREFIXES)})"],
        )
    return [(name, table) for name, table in cursor.fetchall()]


def _not_truncated(cursor: Any) -> None:
    """PostgreSQL empties a table without firing the triggers of its rows: refuse that too."""
    for table in {table for _name, table, _guard in declared("postgresql")}:
        name = f"{_PREFIX}{table}_truncate"
        cursor.execute(
            f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $guard$'
            " BEGIN RAISE EXCEPTION USING MESSAGE = 'Records are not truncated.',"
            " ERRCODE = 'check_violation'; END $guard$"
        )
        cursor.execute(
            f'CREATE TRIGGER "{name}" BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT'
            f' EXECUTE FUNCTION "{name}"()'
        )


def _creation(vendor: str, name: str, table: str, guard: Guard) -> list[str]:
    message = guard.message.replace("'", "''")
    trigger = f'CREATE TRIGGER "{name}" BEFORE {guard.on} ON "{table}" FOR EACH ROW'
    if vendor == "sqlite":
        # SQLite writes the standard's IS DISTINCT FROM only since 3.39, IS NOT always.
        condition = guard.when.replace("IS DISTINCT FROM", "IS NOT")
        return [f"{trigger} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"]
    lock = f"PERFORM 1 {guard.lock} FOR UPDATE;" if guard.lock else ""
    row = "OLD" if guard.on == "DELETE" else "NEW"
    body = (
        f"BEGIN {lock} IF {guard.when} THEN RAISE EXCEPTION USING MESSAGE = '{message}',"
        f" ERRCODE = 'check_violation'; END IF; RETURN {row}; END"
    )
    function = f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql'
    return [f"{function} AS $guard$ {body} $guard$", f'{trigger} EXECUTE FUNCTION "{name}"()']
