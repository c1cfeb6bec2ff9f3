"""Create the key that signs the ledger's checkpoints."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from claimsapi.core.files import create_file
from claimsapi.core.ledger.checkpoint import new_private_key
from claimsapi.core.ledger.signing import public_verifier_key


class Command(BaseCommand):
    help = (
        "Create the Ed25519 key that signs checkpoints, in the file that LEDGER_KEY names, and "
        "print its C2SP verifier key, which you publish. An existing key is never replaced."
    )
    # It needs no database, so it can run before the first migration.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--show", action="store_true", help="Print the verifier key of the existing key."
        )

    def handle(self, *, show: bool, **_: Any) -> None:
        path = Path(settings.LEDGER_KEY)
        if not show:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                # The file never replaces an existing key: old signatures would lose their key.
                with create_file(path, mode=0o600) as file:
                    file.write(new_private_key().decode())
            except FileExistsError:
                raise CommandError(
                    f"{path} already exists, and has signed checkpoints that others keep. To print "
                    "its verifier key: manage.py ledger_key --show"
                ) from None
        elif not path.exists():
            raise CommandError(f"{path} does not exist. To create the key: manage.py ledger_key")
        self.stdout.write(public_verifier_key())
