"""Write an audit export."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime

from claimsapi.core.errors import DomainError
from claimsapi.core.ledger.atomic_directory import FolderError
from claimsapi.core.ledger.export import Scope, export_audit
from claimsapi.core.progress import no_output


class Command(BaseCommand):
    help = (
        "Write the ledger, its signed checkpoint and all records into a folder. An auditor can "
        "verify it with Python and openssl only. The desk can work meanwhile."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR", help="A new or empty folder.")
        parser.add_argument(
            "--as-of",
            metavar="T",
            help="Export records as of a time, such as 2026-11-23T05:43:33Z.",
        )
        parser.add_argument(
            "--public",
            action="store_true",
            help="Export public records and entries, and only the hashes of other entries.",
        )

    def handle(
        self, *, directory: Path, as_of: str | None, public: bool, verbosity: int, **_: Any
    ) -> None:
        scope = Scope(None if as_of is None else _parse_time(as_of), public)
        output = self.stderr.write if verbosity else no_output
        try:
            checkpoint = export_audit(directory=directory, scope=scope, output=output)
        except (DomainError, FolderError) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"Nothing was exported: {error}") from None
        self.stdout.write(f"{directory}: {checkpoint.size} entries, root {checkpoint.root.hex()}")


def _parse_time(text: str) -> datetime:
    try:
        timestamp = parse_datetime(text)
        if timestamp is not None and timestamp.tzinfo is not None:
            return timestamp.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise CommandError(f"--as-of {text!r}: write a time with a zone, such as 2026-11-23T05:43:33Z.")
