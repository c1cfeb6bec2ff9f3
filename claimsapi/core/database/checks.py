"""System checks of ``manage.py check --database``: the database has all triggers and views.

They warn and do not fail: ``migrate`` runs the checks first, and ``migrate`` is the remedy.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core import checks
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from claimsapi.core.database.triggers import (
    expected_triggers,
    installed_triggers,
    migrations_pending,
)
from claimsapi.core.database.views import expected_views


def check_triggers(
    app_configs: Any = None,  # noqa: ARG001  Django's signature
    databases: Sequence[str] | None = None,
    **_: Any,
) -> list[checks.CheckMessage]:
    """Warn about missing guards, ledger triggers and refresh triggers.

    A database of another version needs other triggers, so only their complete absence is reported
    for it: writes would be neither checked nor recorded.
    """
    messages: list[checks.CheckMessage] = []
    for connection in _connections(databases):
        expected, installed = expected_triggers(connection), installed_triggers(connection)
        if not migrations_pending(connection):
            missing = [name for name in expected if name not in installed]
            messages += _missing(connection, "guards", missing, "core.W001")
        # A new, empty database has no tables and needs no warning.
        elif not installed and not set(_tables(connection)).isdisjoint(expected.values()):
            messages.append(
                checks.Warning(
                    f"The database {connection.alias!r} is between two versions, without guards:"
                    " writes are neither checked nor recorded.",
                    hint="Run 'manage.py migrate', or restore a backup.",
                    id="core.W002",
                )
            )
    return messages


def check_views(
    app_configs: Any = None,  # noqa: ARG001  Django's signature
    databases: Sequence[str] | None = None,
    **_: Any,
) -> list[checks.CheckMessage]:
    """Warn about missing views."""
    messages: list[checks.CheckMessage] = []
    for connection in _connections(databases):
        if not migrations_pending(connection):
            # The introspection of Django lists views among the tables.
            tables = _tables(connection)
            missing = [name for name in expected_views(connection) if name not in tables]
            messages += _missing(connection, "views", missing, "core.W003")
    return messages


def _connections(databases: Sequence[str] | None) -> Iterator[BaseDatabaseWrapper]:
    yield from (connections[alias] for alias in databases or ())


def _tables(connection: BaseDatabaseWrapper) -> list[str]:
    return connection.introspection.table_names(include_views=True)


def _missing(
    connection: BaseDatabaseWrapper, kind: str, names: Iterable[str], code: str
) -> Iterator[checks.CheckMessage]:
    if missing := ", ".join(names):
        yield checks.Warning(
            f"The database {connection.alias!r} lacks the {kind} {missing}.",
            hint=f"Run 'manage.py migrate': it installs the {kind} at its end.",
            id=code,
        )
