"""``manage.py import_table``: bring in reviews from a table, by a mapping file."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError

from claims.interchange.claimreview.finding import Item
from claims.interchange.tables import BadMapping, Mapping, find
from claims.management.bringing_in import BringInCommand


class Command(BringInCommand):
    help = (
        "Bring in the reviews of tables (CSV, or a JSON list of objects). The mapping file says "
        "which column is what. The rest is as import_claimreview has it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("mapping", metavar="MAPPING", help="The mapping file, YAML.")

    def handle(self, *, paths: list[str], **options: Any) -> None:
        mapping = options["mapping"]
        try:
            self._mapping = Mapping.parse(Path(mapping).read_text(encoding="utf-8"))
        except (BadMapping, OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{mapping}: {error}", returncode=2) from None
        super().handle(paths=paths, **options)

    def find(self, stream: BinaryIO) -> Iterator[Item]:
        return find(stream, self._mapping)
