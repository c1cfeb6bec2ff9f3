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
from claimsapi.core.ledger.progress import no_output


class Command(BaseCommand):
    help = (
        "Write the ledger, its signed checkpoint and all records into a folder that an auditor "
        "verifies with nothing but Python and openssl. The desk goes on working meanwhile."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR", help="Absent, or empty.")
        parser.add_argument(
            "--as-of", metavar="T", help="Records as they were then, as 2026-11-23T05:43:33Z."
        )
        parser.add_argument(
            "--public",
            action="store_true",
            help="What everyone may know of; of other entries their hashes alone.",
        )

    def handle(
        self, *, directory: Path, as_of: str | None, public: bool, verbosity: int, **_: Any
    ) -> None:
        scope = Scope(None if as_of is None else _moment(as_of), public)
        output = self.stderr.write if verbosity else no_output
        try:
            checkpoint = export_audit(directory=directory, scope=scope, output=output)
        except (DomainError, FolderError) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"Nothing was exported: {error}") from None
        self.stdout.write(f"{directory}: {checkpoint.size} entries, root {checkpoint.root.hex()}")


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise CommandError(f"--as-of {text!r}: write a time such as 2026-11-23T05:43:33Z.")
