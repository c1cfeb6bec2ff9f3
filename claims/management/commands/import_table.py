"""``manage.py import_table``: bring in reviews from a table, by a mapping file."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any, BinaryIO

from claims.exchange.claimreview.extractor import Item
from claims.exchange.tables.mapping_file import load_mapping
from claims.exchange.tables.reader import extract_items
from claims.management.import_command import ImportCommand


class Command(ImportCommand):
    help = (
        "Bring in the reviews of tables (CSV, or a JSON list of objects). The mapping file says "
        "which column is what. The rest is as import_claimreview has it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("mapping", metavar="MAPPING", help="The mapping file, YAML.")

    def handle(self, *, paths: list[str], **options: Any) -> None:
        self._mapping = load_mapping(options["mapping"])
        super().handle(paths=paths, **options)

    def extract(self, stream: BinaryIO) -> Iterator[Item]:
        return extract_items(stream, self._mapping)
