"""``manage.py import_claimreview``: bring in the reviews of others."""

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from django.core.management.base import BaseCommand, CommandError

from claims.importing.author import import_author
from claims.importing.rows import Outcome, rows
from claims.importing.storing import Import
from claims.interchange.claimreview.finding import find
from claimsapi.core.errors import DomainError
from claimsapi.core.ledger.progress import Progress


class Command(BaseCommand):
    help = (
        "Bring in the ClaimReviews of a file: a feed, a list, a graph, one object per line, or a "
        "saved page. What is known already changes nothing; a changed review becomes a new version "
        "with a correction note. Prints the counts as one line of JSON. If a row was rejected the "
        "others went in, and the exit code is 2."
    )

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
            "--dry-run", action="store_true", help="Say what would become of each row, write none."
        )

    def handle(self, *, path: str, handle: str, dry_run: bool, **options: Any) -> None:
        try:
            author = import_author(handle)
            with ExitStack() as stack:
                stream = sys.stdin.buffer if path == "-" else stack.enter_context(open_file(path))
                report = stack.enter_context(reporting(options["report"]))
                run = Import(author=author, source=Path(path).name.strip("-"), dry=dry_run)
                self._bring_in(run, stream, report)
        except (DomainError, OSError) as error:
            raise CommandError(str(error), returncode=2) from None
        counts = {str(outcome): run.counts[outcome] for outcome in Outcome}
        if not any(counts.values()):
            raise CommandError("The file holds no ClaimReview.", returncode=2)
        self.stdout.write(json.dumps(counts))
        if rejected := run.counts[Outcome.REJECTED]:
            raise CommandError(f"{rejected} row(s) not taken in.", returncode=2)

    def _bring_in(self, run: Import, stream: BinaryIO, report: TextIO | None) -> None:
        size = os.fstat(stream.fileno()).st_size if stream is not sys.stdin.buffer else 0
        progress = Progress(
            "Rows", lambda done: int(done * size / max(stream.tell(), 1)), self.stderr.write
        )
        for row in run.run(rows(find(stream))):
            progress.add(1)
            if report is not None:
                report.write(json.dumps(row.report()) + "\n")
            elif row.outcome == Outcome.REJECTED:
                self.stderr.write(f"Row {row.number}: {row.why}")


def open_file(path: str) -> BinaryIO:
    return Path(path).open("rb")


@contextmanager
def reporting(path: str | None) -> Iterator[TextIO | None]:
    """The report's file, or nothing."""
    if path is None:
        yield None
        return
    with Path(path).open("w", encoding="utf-8") as file:
        yield file
