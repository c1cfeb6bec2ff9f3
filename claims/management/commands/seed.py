"""``manage.py seed``: load seed documents."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from claims.exchange.seeds.loader import seed_file
from claims.exchange.seeds.parser import SeedError


class Command(BaseCommand):
    help = (
        "Load the first cases from YAML: makes what is missing, leaves what is there. Prints one "
        "line of JSON per file; a mistake is named by file, line and field, and nothing of that "
        "file is loaded."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, help="Seed documents; seeds/ if none.")

    def handle(self, *, paths: list[Path], **_: Any) -> None:
        failed = 0
        for path in paths or sorted(settings.SEEDS_DIR.glob("*.yaml")):
            try:
                made = seed_file(path)
            except OSError as error:
                failed += 1
                self.stderr.write(f"{path}: {error.strerror}")
            except SeedError as error:
                failed += 1
                self.stderr.write(str(error))
            else:
                counts = {"file": path.name, "made": made["made"], "kept": made["kept"]}
                self.stdout.write(json.dumps(counts))
        if failed:
            raise CommandError(f"{failed} file(s) not loaded.", returncode=2)
