"""Make the key that the ledger's checkpoints are signed with."""

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
        "Make the Ed25519 key that checkpoints are signed with, in the file that LEDGER_KEY names, "
        "and print its C2SP verifier key, which you publish. A key that is there is never replaced."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--show", action="store_true", help="Print the verifier key of the key that is there."
        )

    def handle(self, *, show: bool, **_: Any) -> None:
        path = Path(settings.LEDGER_KEY)
        if not show:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with create_file(path, mode=0o600) as file:
                    file.write(new_private_key().decode())
            except FileExistsError:
                raise CommandError(
                    f"There is a key already: {path}. Checkpoints that others hold were signed "
                    "with it. To print its verifier key: manage.py ledger_key --show"
                ) from None
        elif not path.exists():
            raise CommandError(f"There is no key at {path}. Make one: manage.py ledger_key")
        self.stdout.write(public_verifier_key())
