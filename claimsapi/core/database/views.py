"""Database views: read-only models over the tables of other models.

A model declares the SELECT of its view for each database in its attribute ``view_sql`` and is
unmanaged. Views are dropped before migrations and created again after, as the guards are: SQLite
cannot rebuild a table that a view reads, PostgreSQL cannot change the type of a column of one.
"""

from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from claimsapi.core.database.triggers import migrations_pending


class DerivedDataRouter:
    """Keeps views and read models out of fixtures: the database derives them from the records."""

    def allow_migrate(
        self,
        db: str,  # noqa: ARG002  Django's signature
        app_label: str,  # noqa: ARG002
        model: Any = None,
        **_: Any,
    ) -> bool | None:
        # The historical model of a migration has no attribute ``read_model``: its table is created.
        is_derived = model is not None and (not model._meta.managed or hasattr(model, "read_model"))
        return False if is_derived else None


def expected_views(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """The views that the models declare for this database, each with its SELECT."""
    return {
        model._meta.db_table: model.view_sql[connection.vendor]
        for model in apps.get_models()
        if hasattr(model, "view_sql")
    }


def install(connection: BaseDatabaseWrapper) -> None:
    """Drop and create all views in one transaction. Does nothing while migrations are pending."""
    if migrations_pending(connection):
        return
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        drop(connection)
        for name, select in expected_views(connection).items():
            cursor.execute(f'CREATE VIEW "{name}" AS {select}')


def drop(connection: BaseDatabaseWrapper) -> None:
    """Drop all views that the models declare."""
    with connection.cursor() as cursor:
        for name in expected_views(connection):
            cursor.execute(f'DROP VIEW IF EXISTS "{name}"')
