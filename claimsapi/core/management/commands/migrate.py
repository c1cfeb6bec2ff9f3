"""Django's ``migrate``, which reinstalls triggers and views after a failed migration."""

from typing import Any

from django.core.management import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.exceptions import IrreversibleError

from claimsapi.core.database import triggers, views
from claimsapi.core.database.checks import check_triggers


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            super().handle(*args, **options)
        except BaseException as error:  # an interrupt too must not leave tables without guards
            connection = connections[options["database"]]
            triggers.install(connection)
            views.install(connection)
            for message in check_triggers(databases=[options["database"]]):
                self.stderr.write(f"{message.msg} {message.hint}")
            if isinstance(error, IrreversibleError):
                raise CommandError(str(error)) from None
            raise
