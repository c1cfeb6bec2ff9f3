"""Installs and drops the triggers of guards, of the ledger and of read models."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from claimsapi.core.database import guards, ledger_triggers, read_models

_PREFIXES: Final = (guards.PREFIX, ledger_triggers.PREFIX, read_models.PREFIX)


def expected_triggers(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Return the names of the declared triggers with their tables."""
    vendor = connection.vendor
    return {
        **{trigger.name: trigger.table for trigger in guards.guard_triggers(vendor)},
        **(guards.truncation_guards() if vendor == "postgresql" else {}),
        **{name: table for name, table, *_ in ledger_triggers.triggers(vendor)},
        **{name: trigger.table for name, trigger in read_models.triggers(vendor)},
    }


def installed_triggers(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Return the names of our triggers in the database with their tables."""
    with connection.cursor() as cursor:
        # The prefix tells our triggers from those that an operator added.
        if connection.vendor == "sqlite":
            # GLOB and not LIKE, in which the underscore of a prefix matches any character.
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
        return dict(cursor.fetchall())


def install(connection: BaseDatabaseWrapper, *, reconcile: bool = True) -> None:
    """Drop and create all triggers in one transaction. Does nothing while migrations are pending.

    If a ledger trigger was missing, the ledger first receives the changes that it missed; not with
    ``reconcile=False``. If a refresh trigger was missing, the read models are rebuilt.
    """
    if migrations_pending(connection):
        return
    vendor = connection.vendor
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        installed = installed_triggers(connection).keys()
        ledger_names = {name for name, *_ in ledger_triggers.triggers(vendor)}
        missed_entries = reconcile and not ledger_names <= installed
        stale_tables = not {name for name, _ in read_models.triggers(vendor)} <= installed
        drop(connection)
        # The refresh triggers come last: they would only slow down the rebuild.
        statements = [*guards.create_statements(vendor), *ledger_triggers.create_statements(vendor)]
        if missed_entries:
            statements += ledger_triggers.reconcile_statements(vendor)
        if stale_tables:
            statements += read_models.rebuild_statements(vendor)
        statements += read_models.create_statements(vendor)
        for statement in statements:
            cursor.execute(statement)


def drop(connection: BaseDatabaseWrapper) -> None:
    """Drop all our triggers, also those that no model declares any more."""
    with connection.cursor() as cursor:
        for name, table in installed_triggers(connection).items():
            if connection.vendor == "sqlite":
                cursor.execute(f'DROP TRIGGER "{name}"')
            else:
                cursor.execute(f'DROP TRIGGER "{name}" ON "{table}"; DROP FUNCTION "{name}"()')


@contextmanager
def without_triggers(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Run a block without triggers, which empties tables or fills empty ones."""
    # No reconciliation afterwards: the ledger must not record the emptied or filled rows as edits.
    drop(connection)
    try:
        yield
    finally:
        install(connection, reconcile=False)


def migrations_pending(connection: BaseDatabaseWrapper) -> bool:
    """Whether the database lacks a migration that the code has."""
    executor = MigrationExecutor(connection)
    plan: list[Any] = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return bool(plan)
