"""``manage.py export_table``: everything that is published, as a table by a mapping file."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from claims.exchange.claimreview.vocabulary import Json
from claims.exchange.tables.mapping import BadMapping
from claims.exchange.tables.mapping_file import load_mapping
from claims.exchange.tables.writer import TableWriter
from claims.management.export_command import ExportCommand


class Command(ExportCommand):
    help = (
        "Write every review that stands as CSV, by the mapping file with which import_table reads "
        "such a table. What would be a formula to a spreadsheet has an apostrophe before it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("mapping", metavar="MAPPING", help="The mapping file, YAML.")

    def format_head(self, options: dict[str, Any]) -> str:
        try:
            self.table = TableWriter(load_mapping(options["mapping"]))
        except BadMapping as error:
            raise CommandError(f"{options['mapping']}: {error}", returncode=2) from None
        self.others = 0
        return self.table.head()

    def format_review(self, found: Json, *, is_first: bool, markup: str) -> str:  # noqa: ARG002
        if self.table.fits(found):
            return self.table.row(found, markup)
        self.others += 1
        return ""

    def format_tail(self) -> str:
        if self.others:
            left = f"{self.others} review(s) left out: they are not of the mapping's publisher."
            self.stderr.write(left)
        return ""
