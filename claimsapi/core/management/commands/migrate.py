"""Django's ``migrate``, which refuses databases of other versions and reinstalls triggers."""

from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

from claimsapi.core.database import triggers, views
from claimsapi.core.database.checks import check_triggers


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        _refuse_unknown_migrations(connection)
        try:
            super().handle(*args, **options)
        except BaseException:  # an interrupt too must not leave tables without guards
            triggers.install(connection)
            views.install(connection)
            for message in check_triggers(databases=[options["database"]]):
                self.stderr.write(f"{message.msg} {message.hint}")
            raise


def _refuse_unknown_migrations(connection: BaseDatabaseWrapper) -> None:
    """Raise ``CommandError`` if another version of this project migrated the database.

    Before 0.1.0 the migrations of each app were replaced by one. Without this check, ``migrate``
    would do nothing on a database from before, and the first query would fail.
    """
    loader = MigrationLoader(connection)
    own = {
        app.label for app in apps.get_app_configs() if settings.BASE_DIR in Path(app.path).parents
    }
    unknown = [
        f"{app}.{name}"
        for app, name in sorted(loader.applied_migrations)
        if app in own and (app, name) not in loader.disk_migrations
    ]
    if unknown:
        start = (
            f"move {connection.settings_dict['NAME']} away"
            if connection.vendor == "sqlite"
            else "name an empty database in DATABASE_URL"
        )
        raise CommandError(
            f"Another version made this database, with {len(unknown)} migrations that this version"
            f" lacks, such as {unknown[0]}: to start anew, {start} and run the command again."
        )
