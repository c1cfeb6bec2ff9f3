"""Take an audit export into an empty installation."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError

from claimsapi.core.errors import DomainError
from claimsapi.core.ledger.progress import silent
from claimsapi.core.ledger.restore import audit_import
from claimsapi.core.ledger.signing import NoKey, public_verifier_key
from claimsapi.core.ledger.verify import Unable


class Command(BaseCommand):
    help = (
        "Verify a whole audit export and load it, records and ledger, into this installation, "
        "which has neither yet. The ledger goes on from where the export ends."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR")

    def handle(self, *, directory: Path, verbosity: int, **_: Any) -> None:
        tell = self.stderr.write if verbosity else silent
        try:
            summary = audit_import(directory=directory, tell=tell)
        except (DomainError, Unable) as error:
            raise CommandError(f"Nothing was imported. {error}") from None
        self.stdout.write(f"{summary.size} entries, root {summary.root}")
        try:
            same = public_verifier_key() == summary.key
        except NoKey:
            same = False
        if not same:
            self.stderr.write(
                "The export was signed with another key. Bring that key along (LEDGER_KEY), or "
                "publish the new one: who checks a later export against this one needs the same."
            )
