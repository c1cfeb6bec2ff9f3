"""The app of what all share."""

from typing import Any

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate

from claimsapi.core import guards
from claimsapi.core.ledger.acting import tell


class CoreConfig(AppConfig):
    name = "claimsapi.core"
    label = "core"
    verbose_name = "accounts"

    def ready(self) -> None:
        register(Tags.database)(guards.check_installed)
        connection_created.connect(tell)
        pre_migrate.connect(_drop_guards, sender=self)
        post_migrate.connect(_install_guards, sender=self)


def _drop_guards(*, using: str, plan: Any = (), **_: Any) -> None:
    if plan:  # otherwise others may be writing, and must be recorded
        guards.drop(connections[using])


def _install_guards(*, using: str, **_: Any) -> None:
    guards.install(connections[using])
