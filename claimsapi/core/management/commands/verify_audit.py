"""Verify an audit export."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError

from claimsapi.core.ledger.verify import CheckError, escape_line, verify


class Command(BaseCommand):
    help = (
        "Verify an audit export with this installation's own copy of verify.py, and print a report."
    )
    # It reads only the export, so it works without a database.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR")
        parser.add_argument(
            "--previous", type=Path, metavar="OLDER", help="An older export that DIR must continue."
        )
        parser.add_argument("--key", help="The verifier key that must have signed it.")

    def handle(self, *, directory: Path, previous: Path | None, key: str | None, **_: Any) -> None:
        try:
            report = verify(directory, previous, key)
        except CheckError as error:
            raise CommandError(
                escape_line(f"Not verified: {error}").strip(), returncode=2
            ) from None
        for line in report.lines():
            self.stdout.write(escape_line(line), ending="")
        if not report.verified:
            raise CommandError("The export is not verified.")
