"""What the commands that bring in reviews have in common."""

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from claims.importing.rows import Outcome, rows
from claims.importing.running import NOTHING_FOUND, import_begin
from claims.importing.storing import Import
from claims.interchange.claimreview.finding import Item
from claimsapi.core.errors import DomainError
from claimsapi.core.ledger.progress import Progress


class BringInCommand(BaseCommand):
    """Reads a file's items, writes what is new, and says what became of each row."""

    def find(self, stream: BinaryIO, options: dict[str, Any]) -> Iterator[Item]:
        """Yield what the file holds."""
        raise NotImplementedError

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", metavar="PATH", help="A file, or - for standard input.")
        parser.add_argument(
            "--report", metavar="FILE", help="Write what became of each row: a line of JSON each."
        )
        parser.add_argument(
            "--as",
            dest="handle",
            default="",
            help="The handle under which the versions stand; else that of an account 'import'.",
        )
        parser.add_argument(
            "--archive",
            action="store_true",
            help="Take reviews of publishers that review at this desk too: their own from before.",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what would become of each row, write none."
        )

    def handle(self, *, path: str, **options: Any) -> None:
        try:
            with ExitStack() as stack:
                stream = sys.stdin.buffer
                if path != "-":
                    stream = stack.enter_context(Path(path).open("rb"))
                report = None
                if options["report"]:
                    report = stack.enter_context(Path(options["report"]).open("w"))
                name = "" if path == "-" else Path(path).name
                run = import_begin(
                    source=os.fsencode(name).decode(errors="replace"),
                    handle=options["handle"],
                    dry=options["dry_run"],
                    archive=options["archive"],
                )
                size = 0 if path == "-" else os.fstat(stream.fileno()).st_size
                self._bring_in(run, stream, size, report, options)
        except (DomainError, OSError) as error:
            raise CommandError(str(error), returncode=2) from None
        except OperationalError as error:
            raise CommandError(
                f"The database did not take the next rows: {error} What was written stays: run the "
                "command again."
            ) from None
        counts = {str(outcome): run.counts[outcome] for outcome in Outcome}
        if not any(counts.values()):
            raise CommandError(NOTHING_FOUND, returncode=2)
        self.stdout.write(json.dumps(counts))
        if rejected := run.counts[Outcome.REJECTED]:
            raise CommandError(f"{rejected} row(s) not taken in.", returncode=2)

    def _bring_in(
        self,
        run: Import,
        stream: BinaryIO,
        size: int,
        report: TextIO | None,
        options: dict[str, Any],
    ) -> None:
        def whole(done: int) -> int:
            """How many rows there will be, by how far the file is read."""
            return int(done * size / max(stream.tell(), 1)) if size else done

        progress = Progress("Rows", whole, self.stderr.write)
        for row in run.run(rows(self.find(stream, options))):
            progress.add(1)
            if report is not None:
                report.write(json.dumps(row.report()) + "\n")
            elif row.outcome == Outcome.REJECTED:
                self.stderr.write(f"Row {row.number}: {row.why}")
