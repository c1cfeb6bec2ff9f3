"""``manage.py export_table``: export all published reviews as a table by a mapping file."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from claims.exchange.claimreview.vocabulary import Json
from claims.exchange.tables.mapping import InvalidMapping
from claims.exchange.tables.mapping_file import load_mapping
from claims.exchange.tables.writer import TableWriter
from claims.management.export_command import ExportCommand


class Command(ExportCommand):
    help = (
        "Export the published reviews of the mapping's publisher as CSV. import_table reads the "
        "table with the same mapping file. A cell that a spreadsheet would read as a formula gets "
        "an apostrophe in front."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("mapping", metavar="MAPPING", help="The mapping file, YAML.")

    def format_head(self, options: dict[str, Any]) -> str:
        try:
            self.table = TableWriter(load_mapping(options["mapping"]))
        except InvalidMapping as error:
            raise CommandError(f"{options['mapping']}: {error}", returncode=2) from None
        self.excluded = 0
        return self.table.format_header()

    def format_review(self, review: Json, *, is_first: bool, markup: str) -> str:  # noqa: ARG002
        if self.table.accepts(review):
            return self.table.format_row(review, markup)
        self.excluded += 1
        return ""

    def format_tail(self) -> str:
        if self.excluded:
            self.stderr.write(f"{self.excluded} review(s) of other publishers left out.")
        return ""
