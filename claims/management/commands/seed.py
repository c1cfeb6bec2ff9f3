"""``manage.py seed``: load seed documents."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from claims.exchange.seeds.loader import load_file
from claims.exchange.seeds.parser import SeedError


class Command(BaseCommand):
    help = (
        "Load seed documents: cases written as YAML. Creates missing records and leaves existing "
        "ones unchanged. Prints one line of JSON for each file. A file loads completely or not at "
        "all; an error names file, line and field."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "paths", nargs="*", type=Path, help="Seed documents (default: all files of seeds/)."
        )

    def handle(self, *, paths: list[Path], **_: Any) -> None:
        failed = 0
        for path in paths or sorted(settings.SEEDS_DIR.glob("*.yaml")):
            try:
                counts = load_file(path)
            except OSError as error:
                failed += 1
                self.stderr.write(f"{path}: {error.strerror}")
            except SeedError as error:
                failed += 1
                self.stderr.write(str(error))
            else:
                line = {"file": path.name, "made": counts["made"], "kept": counts["kept"]}
                self.stdout.write(json.dumps(line))
        if failed:
            raise CommandError(f"{failed} file(s) not loaded.", returncode=2)
