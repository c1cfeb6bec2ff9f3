"""App configuration of core, which installs the checks, the triggers and the views."""

from typing import Any

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

from claimsapi.core.database import triggers, views
from claimsapi.core.database.checks import check_triggers, check_views
from claimsapi.core.i18n.labels import TranslatedLabels
from claimsapi.core.ledger.audit_context import register_with_connection


class CoreConfig(TranslatedLabels, AppConfig):
    name = "claimsapi.core"
    label = "core"
    verbose_name = _("accounts")
    desk_stylesheets = ("desk/desk.css",)

    def ready(self) -> None:
        super().ready()
        register(Tags.database)(check_triggers)
        register(Tags.database)(check_views)
        connection_created.connect(register_with_connection)
        pre_migrate.connect(_drop_triggers_and_views, sender=self)
        post_migrate.connect(_install_triggers_and_views, sender=self)


def _drop_triggers_and_views(*, using: str, plan: Any = (), **_: Any) -> None:
    # Without migrations to run, the triggers stay: other connections may write, and the ledger
    # must record their changes.
    if plan:
        views.drop(connections[using])
        triggers.drop(connections[using])


def _install_triggers_and_views(*, using: str, **_: Any) -> None:
    triggers.install(connections[using])
    views.install(connections[using])
