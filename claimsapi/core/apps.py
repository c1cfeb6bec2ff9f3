"""The app of what all share."""

from typing import Any

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.migrations import Migration, RunPython
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

from claimsapi.core.database import triggers, views
from claimsapi.core.i18n.labels import Labelled
from claimsapi.core.ledger.audit_context import tell


class CoreConfig(Labelled, AppConfig):
    name = "claimsapi.core"
    label = "core"
    verbose_name = _("accounts")
    desk_stylesheets = ("desk/desk.css",)

    def ready(self) -> None:
        super().ready()
        register(Tags.database)(triggers.check_installed)
        register(Tags.database)(views.check_installed)
        connection_created.connect(tell)
        pre_migrate.connect(_make_way, sender=self)
        post_migrate.connect(_put_back, sender=self)


def _make_way(*, using: str, apps: Any = None, plan: Any = (), **_: Any) -> None:
    if not plan:  # others may be reading and writing, and must be recorded
        return
    for migration, backwards in plan:
        if backwards:
            _ask(migration, apps, connections[using])
    views.drop(connections[using])
    triggers.drop(connections[using])


def _ask(migration: Migration, apps: Any, connection: BaseDatabaseWrapper) -> None:
    """Let a migration refuse the way back before any of those after it was undone.

    One that only refuses does nothing on the way there.
    """
    for operation in migration.operations:
        if isinstance(operation, RunPython) and operation.code is RunPython.noop:
            refuse: Any = operation.reverse_code
            refuse(apps, connection.schema_editor())


def _put_back(*, using: str, **_: Any) -> None:
    triggers.install(connections[using])
    views.install(connections[using])
