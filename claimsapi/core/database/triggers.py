"""Installs the triggers of guards, of the ledger and of read models, and checks that they exist."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from django.core import checks
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from claimsapi.core.database import ledger_triggers, read_models
from claimsapi.core.database.guards import PREFIX, Guard, declared

_PREFIXES: Final = (PREFIX, ledger_triggers.PREFIX, read_models.PREFIX)


def expected(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """The triggers that this database should have, each with its table."""
    triggers = {name: table for name, table, _guard in declared(connection.vendor)}
    if connection.vendor == "postgresql":
        triggers |= {f"{PREFIX}{table}_truncate": table for table in triggers.values()}
    recorders = {name: table for name, table, *_ in ledger_triggers.triggers(connection.vendor)}
    keepers = {name: keeper.table for name, keeper in read_models.triggers(connection.vendor)}
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
        recorders = {name for name, *_ in ledger_triggers.triggers(connection.vendor)}
        missed = reconcile and not recorders <= present
        stale = not {name for name, _ in read_models.triggers(connection.vendor)} <= present
        drop(connection)
        for name, table, guard in declared(connection.vendor):
            for statement in _creation(connection.vendor, name, table, guard):
                cursor.execute(statement)
        if connection.vendor == "postgresql":
            _not_truncated(cursor)
        for statement in ledger_triggers.creation(connection.vendor):
            cursor.execute(statement)
        for statement in ledger_triggers.reconciliation(connection.vendor) if missed else ():
            cursor.execute(statement)
        for statement in read_models.rebuilding(connection.vendor) if stale else ():
            cursor.execute(statement)
        for statement in read_models.creation(connection.vendor):
            cursor.execute(statement)


def drop(connection: BaseDatabaseWrapper) -> None:
    """Remove every guard that the database has, declared or not."""
    with connection.cursor() as cursor:
        for name, table in _installed(connection, cursor):
            if connection.vendor == "sqlite":
                cursor.execute(f'DROP TRIGGER "{name}"')
            else:
                cursor.execute(f'DROP TRIGGER "{name}" ON "{table}"; DROP FUNCTION "{name}"()')


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
        name = f"{PREFIX}{table}_truncate"
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
