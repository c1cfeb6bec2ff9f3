"""Cost of the ledger. Most figures are ratios of two tasks that run in turn in the same run.

``make bench`` runs this once per database. DATABASE_URL names an empty database, which the run
fills. Prints one JSON object per line: name, limit, value and a description of the comparison.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "claimsapi.settings"
os.environ.setdefault("DEBUG", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
django.setup()

from django.conf import settings  # noqa: E402  after the settings
from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

from claims.models import Claim  # noqa: E402
from claimsapi.core.database import ledger_triggers, triggers  # noqa: E402
from claimsapi.core.ledger.audit_context import audit_context  # noqa: E402
from claimsapi.core.ledger.checkpoint import new_private_key  # noqa: E402
from claimsapi.core.ledger.sequencer import sequence_entries, tree_size  # noqa: E402
from claimsapi.core.ledger.verify import verify  # noqa: E402
from claimsapi.core.models import User  # noqa: E402

ROUNDS = 3
ONE_BY_ONE = 200
ENTRIES = int(os.environ.get("BENCH_ENTRIES", "100000"))
IN_BULK = min(50_000, ENTRIES)
TEXT = "Claim number {}: on weekdays every third ferry leaves the harbour late."


@contextmanager
def ledger_disabled() -> Iterator[None]:
    """Drop the ledger's triggers, and only them, until the block ends."""
    with connection.cursor() as cursor:
        for name, table, *_ in ledger_triggers.triggers(connection.vendor):
            on = "" if connection.vendor == "sqlite" else f' ON "{table}"'
            cursor.execute(f'DROP TRIGGER "{name}"{on}')
    try:
        yield
    finally:
        triggers.install(connection)


def measure_seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure_overhead(work: Callable[[], Any]) -> float:
    """Return the ratio of the work's times with and without the ledger: the median of rounds."""
    work()  # the first run fills caches and is not measured
    ratios = []
    for _ in range(ROUNDS):
        with_ledger = measure_seconds(work)
        with ledger_disabled():
            ratios.append(with_ledger / measure_seconds(work))
    return statistics.median(ratios)


def write_one_by_one() -> None:
    for number in range(ONE_BY_ONE):
        claim = Claim.objects.create(text=TEXT.format(number), kind="event")
        claim.language = "en"
        claim.save()


# bulk_create writes many rows per statement, so the triggers are a larger share of its time.
def write_in_bulk() -> None:
    rows = [Claim(text=TEXT.format(number), kind="event") for number in range(IN_BULK)]
    Claim.objects.bulk_create(rows, batch_size=1000)


def build_post_requests(client: APIClient) -> Callable[[], None]:
    def work() -> None:
        for number in range(ONE_BY_ONE // 4):
            body = {"text": TEXT.format(number), "kind": "event"}
            if client.post("/api/v1/claims/", body, format="json").status_code != 201:
                raise SystemExit("POST /api/v1/claims/ did not answer 201.")

    return work


def dump_tables(directory: Path) -> None:
    """Dump the tables of an export, records and entries, by the database's own tool."""
    tables = [model._meta.db_table for model in ledger_triggers.recorded_models()]
    tables.append(Claim.topics.through._meta.db_table)
    tables.append("core_entry")
    if connection.vendor == "sqlite":
        names = " ".join(f'"{table}"' for table in tables)
        with (directory / "dump.sql").open("wb") as file:
            path = str(settings.DATABASES["default"]["NAME"])
            subprocess.run(["sqlite3", path, f".dump {names}"], stdout=file, check=True)
        return
    for table in tables:
        with (
            (directory / table).open("wb") as file,
            connection.cursor() as cursor,
            cursor.copy(f'COPY "{table}" TO STDOUT') as rows,
        ):
            for row in rows:
                file.write(row)


def fill_ledger() -> None:
    """Fill the ledger up to ENTRIES with claims that are created and changed once."""
    while (missing := ENTRIES - tree_size()) > 0:
        rows = [
            Claim(text=TEXT.format(n), kind="event") for n in range(min(50_000, -(-missing // 2)))
        ]
        Claim.objects.bulk_create(rows, batch_size=1000)
        Claim.objects.filter(language="").update(language="en")
        sequence_entries(wait=True)


def print_figure(name: str, limit: str, value: float, what: str) -> None:
    sys.stdout.write(
        json.dumps(
            {
                "database": connection.vendor,
                "name": name,
                "limit": limit,
                "value": value,
                "what": what,
            }
        )
        + "\n"
    )
    sys.stdout.flush()


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="claimsapi-bench-") as scratch,
        audit_context(actor="command:bench"),
    ):
        key = Path(scratch, "key.pem")
        key.write_bytes(new_private_key())
        settings.LEDGER_KEY = key
        call_command("migrate", verbosity=0)
        print_figure(
            "one write",
            "1.5",
            measure_overhead(write_one_by_one),
            f"{ONE_BY_ONE} claims created and changed one by one through the ORM, with and without "
            "the ledger",
        )
        client = APIClient(headers={"host": "localhost"})
        client.force_authenticate(
            User.objects.create(username="bench", handle="bench", is_superuser=True)
        )
        print_figure(
            "one request",
            "",
            measure_overhead(build_post_requests(client)),
            f"{ONE_BY_ONE // 4} claims created by POST, with and without the ledger and the "
            "sequencing of its entries",
        )
        print_figure(
            "bulk",
            "2",
            measure_overhead(write_in_bulk),
            f"{IN_BULK} claims by bulk_create, with and without the ledger",
        )
        print_figure("sequencing", "", measure_sequencing(), "entries sequenced per second")
        fill_ledger()
        export = Path(scratch, "export")
        export_seconds = measure_seconds(
            lambda: call_command("export_audit", str(export), verbosity=0, stdout=StringIO())
        )
        print_figure(
            "export",
            "2",
            export_seconds / measure_seconds(lambda: dump_tables(Path(scratch))),
            f"export_audit of {tree_size()} entries and {Claim.objects.count()} claims, compared "
            "with the database's own dump of the same tables (sqlite3 .dump, COPY)",
        )
        print_figure(
            "verification",
            "60 s",
            measure_seconds(lambda: verify(export)),
            f"seconds that verify.py takes to verify {tree_size()} entries",
        )
    connections.close_all()


def measure_sequencing() -> float:
    """Sequence all waiting entries and return how many were sequenced per second."""
    start = tree_size()
    duration = measure_seconds(lambda: sequence_entries(wait=True))
    return (tree_size() - start) / duration


if __name__ == "__main__":
    main()
