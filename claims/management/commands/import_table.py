"""``manage.py import_table``: import reviews from tables by a mapping file."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any, BinaryIO

from claims.exchange.claimreview.extractor import Item
from claims.exchange.tables.mapping_file import load_mapping
from claims.exchange.tables.reader import extract_items
from claims.management.import_command import ImportCommand


class Command(ImportCommand):
    help = (
        "Import reviews from tables: CSV files, or JSON lists of objects. The mapping file assigns "
        "the columns to members of ClaimReview. Everything else works as in import_claimreview."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("mapping", metavar="MAPPING", help="The mapping file, YAML.")

    def handle(self, *, paths: list[str], **options: Any) -> None:
        self._mapping = load_mapping(options["mapping"])
        super().handle(paths=paths, **options)

    def extract(self, stream: BinaryIO) -> Iterator[Item]:
        return extract_items(stream, self._mapping)
