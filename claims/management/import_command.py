"""Base of the commands that import reviews from files."""

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, reset_queries

from claims.exchange.claimreview.extractor import SMALL_FILE, Item
from claims.exchange.importing.importer import ReviewImporter
from claims.exchange.importing.rows import Outcome, Row, read_rows
from claims.exchange.importing.service import NOTHING_FOUND, start_import
from claimsapi.core.errors import DomainError, Invalid
from claimsapi.core.progress import Progress
from claimsapi.core.text import replace_unprintable


class ImportCommand(BaseCommand):
    """Imports the items of files and reports the outcome of each row."""

    def extract(self, stream: BinaryIO) -> Iterator[Item]:
        """Yield the items of a file."""
        raise NotImplementedError

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "paths", metavar="PATH", nargs="+", help="Files, or - for standard input."
        )
        parser.add_argument(
            "--report", metavar="FILE", help="Write the outcome of each row as a line of JSON."
        )
        parser.add_argument(
            "--as",
            dest="handle",
            default="",
            help="The handle of the account that becomes the author (default: import).",
        )
        parser.add_argument(
            "--archive",
            action="store_true",
            help="Also import earlier reviews of publishers that review at this desk.",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Preview the outcome of each row; write nothing."
        )

    def handle(self, *, paths: list[str], report: str | None = None, **options: Any) -> None:
        try:
            with ExitStack() as stack:
                report_file = stack.enter_context(_open_report(report, paths)) if report else None
                importer = start_import(
                    handle=options["handle"],
                    dry_run=options["dry_run"],
                    archive=options["archive"],
                )
                failed = self._import_files(importer, paths, report_file)
        except (DomainError, OSError) as error:
            raise CommandError(str(error), returncode=2) from None
        except OperationalError as error:
            raise CommandError(
                f"The database did not accept the next rows: {error} The rows before them were "
                "imported. Run the command again."
            ) from None
        if importer.counts:
            counts = {str(outcome): importer.counts[outcome] for outcome in Outcome}
            self.stdout.write(json.dumps(counts))
        faults = [f"{failed} of {len(paths)} file(s) could not be read."] if failed else []
        if rejected := importer.counts[Outcome.REJECTED]:
            faults.append(f"{rejected} row(s) rejected.")
        if faults:
            raise CommandError(" ".join(faults), returncode=2)

    def _import_files(
        self, importer: ReviewImporter, paths: list[str], report: TextIO | None
    ) -> int:
        """Import one file after the other.

        Returns the number of files that were unreadable or contained no review.
        """
        failed, reader = 0, _FileReader(paths)
        # The style str: progress is no error, so it is not red.
        progress = Progress("Rows", reader.estimate_rows, lambda line: self.stderr.write(line, str))
        for path in paths:
            has_rows, fault = False, ""
            try:
                with reader.open(path) as stream:
                    rows = reader.count(read_rows(self.extract(stream)))
                    # Standard input has no name that the ledger could record.
                    for row in importer.run(rows, source="" if path == "-" else _file_name(path)):
                        has_rows = True
                        progress.add(1)
                        reset_queries()  # with DEBUG, Django keeps all queries in memory
                        if report is not None:
                            line = {"file": _file_name(path), **row.report()}
                            report.write(json.dumps(line) + "\n")
                        elif row.outcome == Outcome.REJECTED:
                            self.stderr.write(f"{_file_name(path)} row {row.number}: {row.reason}")
                fault = "" if has_rows else str(NOTHING_FOUND)
            except OSError as error:
                fault = error.strerror or str(error)
            if fault:
                failed += 1
                self.stderr.write(f"{_file_name(path)}: {fault}")
        return failed


class _FileReader:
    """Opens the files and estimates the number of their rows from their sizes."""

    def __init__(self, paths: list[str]) -> None:
        files = [Path(path) for path in paths if path != "-" and Path(path).is_file()]
        self._total_size = sum(file.stat().st_size for file in files)
        self._completed_size = self._rows = 0
        self._stream: BinaryIO | None = None

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        if path == "-":
            yield sys.stdin.buffer
            return
        try:
            with Path(path).open("rb") as self._stream:
                yield self._stream
                self._completed_size += self._stream.tell()
        finally:
            self._stream = None  # estimate_rows() must not ask a closed file for its position

    def count(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            self._rows += 1
            yield row

    def estimate_rows(self, _done: int) -> int:
        """Estimate the number of all rows; 0 while that is unknown."""
        position = self._stream.tell() if self._stream else 0
        size = self._completed_size + position
        # The extractor reads the first part of a file at once: no rows correspond to it yet.
        is_unknown = position == SMALL_FILE or size in {0, self._total_size}
        return 0 if is_unknown else self._rows * self._total_size // size


def _file_name(path: str) -> str:
    """Return the name of a file without its folders, which may be private."""
    name = os.fsencode(Path(path).name).decode(errors="replace")
    return replace_unprintable(name).replace("\n", "�")


def _open_report(path: str, inputs: list[str]) -> TextIO:
    """Open the report. Raises ``Invalid`` if it is one of the input files."""
    file = Path(path)
    if any(file.exists() and Path(one).exists() and file.samefile(one) for one in inputs):
        raise Invalid(f"--report {path}: this is an input file. Name another file.")
    return file.open("w", encoding="utf-8")
