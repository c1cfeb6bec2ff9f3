"""The app of what all share."""

from typing import Any

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate

from claimsapi.core import guards


class CoreConfig(AppConfig):
    name = "claimsapi.core"
    label = "core"
    verbose_name = "accounts"

    def ready(self) -> None:
        register(Tags.database)(guards.check_installed)
        pre_migrate.connect(_drop_guards, sender=self)
        post_migrate.connect(_install_guards, sender=self)


def _drop_guards(*, using: str, **_: Any) -> None:
    guards.drop(connections[using])


def _install_guards(*, using: str, **_: Any) -> None:
    guards.install(connections[using])
