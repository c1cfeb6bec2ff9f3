"""Django's ``migrate``, which puts the guards back where a migration broke off."""

from typing import Any

from django.core.management import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.exceptions import IrreversibleError

from claimsapi.core.database import triggers, views


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            super().handle(*args, **options)
        except BaseException as fault:
            connection = connections[options["database"]]
            triggers.install(connection)
            views.install(connection)
            for message in triggers.check_installed(databases=[options["database"]]):
                self.stderr.write(f"{message.msg} {message.hint}")
            if isinstance(fault, IrreversibleError):
                raise CommandError(str(fault)) from None
            raise
