"""Django's ``flush`` without guards, which would refuse to empty their tables."""

from typing import Any

from django.core.management.commands import flush
from django.db import connections

from claimsapi.core.database import triggers


class Command(flush.Command):
    def handle(self, **options: Any) -> None:
        with triggers.without_triggers(connections[options["database"]]):
            super().handle(**options)
