"""Import an audit export into an empty installation."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError

from claimsapi.core.errors import DomainError
from claimsapi.core.ledger.restore import import_audit
from claimsapi.core.ledger.signing import MissingKey, public_verifier_key
from claimsapi.core.ledger.verify import CheckError
from claimsapi.core.progress import no_output


class Command(BaseCommand):
    help = (
        "Verify a full audit export and load its records and ledger into this empty installation. "
        "The ledger continues where the export ends."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR")

    def handle(self, *, directory: Path, verbosity: int, **_: Any) -> None:
        output = self.stderr.write if verbosity else no_output
        try:
            summary = import_audit(directory=directory, output=output)
        except (DomainError, CheckError) as error:
            raise CommandError(f"Nothing was imported. {error}") from None
        self.stdout.write(f"{summary.size} entries, root {summary.root}")
        # A later export continues this one only under the same key.
        try:
            same = public_verifier_key() == summary.key
        except MissingKey:
            same = False
        if not same:
            self.stderr.write(
                "Another key signed the export. Install that key (LEDGER_KEY) or publish the new "
                "one: to verify a later export against this one, an auditor needs one key for both."
            )
