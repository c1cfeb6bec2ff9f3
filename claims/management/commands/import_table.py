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
        "Bring in the reviews of a table (CSV, or a JSON list of objects). The mapping file says "
        "which column is what. The rest is as import_claimreview has it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("mapping", metavar="MAPPING", help="The mapping file, YAML.")

    def find(self, stream: BinaryIO, options: dict[str, Any]) -> Iterator[Item]:
        try:
            mapping = Mapping.parse(Path(options["mapping"]).read_text(encoding="utf-8"))
        except (BadMapping, UnicodeDecodeError) as error:
            raise CommandError(f"{options['mapping']}: {error}", returncode=2) from None
        return find(stream, mapping)
