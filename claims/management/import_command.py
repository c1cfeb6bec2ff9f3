"""What the commands that bring in reviews have in common."""

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
from claimsapi.core.ledger.progress import Progress
from claimsapi.core.text import replace_unprintable


class ImportCommand(BaseCommand):
    """Reads the items of files, writes what is new, and says what became of each row."""

    def find(self, stream: BinaryIO) -> Iterator[Item]:
        """Yield what a file holds."""
        raise NotImplementedError

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "paths", metavar="PATH", nargs="+", help="Files, or - for standard input."
        )
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

    def handle(self, *, paths: list[str], report: str | None = None, **options: Any) -> None:
        try:
            with ExitStack() as stack:
                lines = stack.enter_context(_new(report, paths)) if report else None
                run = start_import(
                    handle=options["handle"], dry=options["dry_run"], archive=options["archive"]
                )
                failed = self._bring_in(run, paths, lines)
        except (DomainError, OSError) as error:
            raise CommandError(str(error), returncode=2) from None
        except OperationalError as error:
            raise CommandError(
                f"The database did not take the next rows: {error} What was written stays: run the "
                "command again."
            ) from None
        if run.counts:
            counts = {str(outcome): run.counts[outcome] for outcome in Outcome}
            self.stdout.write(json.dumps(counts))
        faults = [f"{failed} of {len(paths)} file(s) not read."] if failed else []
        if rejected := run.counts[Outcome.REJECTED]:
            faults.append(f"{rejected} row(s) not taken in.")
        if faults:
            raise CommandError(" ".join(faults), returncode=2)

    def _bring_in(self, run: ReviewImporter, paths: list[str], report: TextIO | None) -> int:
        """Bring in one file after the other; return how many could not be read, or hold nothing."""
        failed, reading = 0, _Reading(paths)
        progress = Progress("Rows", reading.whole, lambda line: self.stderr.write(line, str))
        for path in paths:
            found = False
            try:
                with reading.opened(path) as stream:
                    source = "" if path == "-" else _name(path)
                    for row in run.run(
                        reading.counted(read_rows(self.find(stream))), source=source
                    ):
                        found = True
                        progress.add(1)
                        reset_queries()  # which are kept under DEBUG
                        if report is not None:
                            line = {"file": _name(path), **row.report()}
                            report.write(json.dumps(line) + "\n")
                        elif row.outcome == Outcome.REJECTED:
                            self.stderr.write(f"{_name(path)} row {row.number}: {row.reason}")
                fault = "" if found else str(NOTHING_FOUND)
            except OSError as error:
                fault = error.strerror or str(error)
            if fault:
                failed += 1
                self.stderr.write(f"{_name(path)}: {fault}")
        return failed


class _Reading:
    """How far the files are read, by which is told how many rows there will be."""

    def __init__(self, paths: list[str]) -> None:
        files = [Path(path) for path in paths if path != "-" and Path(path).is_file()]
        self._size = sum(file.stat().st_size for file in files)
        self._before = self._rows = 0
        self._stream: BinaryIO | None = None

    @contextmanager
    def opened(self, path: str) -> Iterator[BinaryIO]:
        if path == "-":
            yield sys.stdin.buffer
            return
        try:
            with Path(path).open("rb") as self._stream:
                yield self._stream
                self._before += self._stream.tell()
        finally:
            self._stream = None

    def counted(self, found: Iterator[Row]) -> Iterator[Row]:
        for row in found:
            self._rows += 1
            yield row

    def whole(self, _done: int) -> int:
        """How many rows there will be; 0 while the first ones come out of what was read at once."""
        here = self._stream.tell() if self._stream else 0
        read = self._before + here
        return (
            0 if here == SMALL_FILE or read in {0, self._size} else self._rows * self._size // read
        )


def _name(path: str) -> str:
    """The name of a file without its folders, which are nobody's business."""
    return replace_unprintable(os.fsencode(Path(path).name).decode(errors="replace")).replace(
        "\n", "�"
    )


def _new(path: str, inputs: list[str]) -> TextIO:
    """Open the report, unless that would empty what is to be read."""
    file = Path(path)
    if any(file.exists() and Path(one).exists() and file.samefile(one) for one in inputs):
        raise Invalid(f"--report {path}: this is the file that is to be read. Name another.")
    return file.open("w", encoding="utf-8")
