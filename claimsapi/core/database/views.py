"""Models that are a query over other models' tables: read-only, a view in the database.

A model declares the view's SELECT for each database in its attribute ``derived``, and is unmanaged.
Views are dropped before migrations run and made anew after them, as the guards are: SQLite does not
rebuild a table that a view reads, PostgreSQL does not change the type of a column of one.
"""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.core import checks
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from claimsapi.core.database.triggers import migrations_pending


class DerivedRouter:
    """Keeps views and kept tables out of fixtures: they come back with what they follow from."""

    def allow_migrate(
        self,
        db: str,  # noqa: ARG002  what every router is given
        app_label: str,  # noqa: ARG002
        model: Any = None,
        **_: Any,
    ) -> bool | None:
        # A migration's own picture of a model knows no ``kept``: its table is made.
        derived = model is not None and (not model._meta.managed or hasattr(model, "kept"))
        return False if derived else None


def declared(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """The views that this database should have, each with its SELECT."""
    return {
        model._meta.db_table: model.derived[connection.vendor]
        for model in apps.get_models()
        if hasattr(model, "derived")
    }


def install(connection: BaseDatabaseWrapper) -> None:
    """Make every declared view anew, all at once. Does nothing while migrations are unapplied."""
    if migrations_pending(connection):
        return
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        drop(connection)
        for name, select in declared(connection).items():
            cursor.execute(f'CREATE VIEW "{name}" AS {select}')


def drop(connection: BaseDatabaseWrapper) -> None:
    """Remove every declared view that the database has."""
    with connection.cursor() as cursor:
        for name in declared(connection):
            cursor.execute(f'DROP VIEW IF EXISTS "{name}"')


def check_installed(
    app_configs: Any = None,  # noqa: ARG001  what every check is given
    databases: Sequence[str] | None = None,
    **_: Any,
) -> list[checks.CheckMessage]:
    """System check of ``manage.py check --database``: every declared view is in the database.

    A warning, since ``migrate`` runs the checks first and is what mends it.
    """
    messages: list[checks.CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if migrations_pending(connection):
            continue
        present = connection.introspection.table_names(include_views=True)
        if missing := [name for name in declared(connection) if name not in present]:
            messages.append(
                checks.Warning(
                    f"The database {alias!r} lacks the views {', '.join(missing)}.",
                    hint="Run 'manage.py migrate': it puts the views in place at its end.",
                    id="core.W002",
                )
            )
    return messages
