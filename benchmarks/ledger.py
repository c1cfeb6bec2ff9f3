"""What the ledger costs: each figure a ratio of two things done in turn in the same run.

Run by ``make bench`` once per database, with DATABASE_URL naming an empty one that may be filled.
Prints one JSON object per line: name, limit, ratio, and what was compared.
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

from django.conf import settings  # noqa: E402  the settings come first
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
def unrecorded() -> Iterator[None]:
    """Do without the ledger's triggers, and only them."""
    with connection.cursor() as cursor:
        for name, table, *_ in ledger_triggers.triggers(connection.vendor):
            on = "" if connection.vendor == "sqlite" else f' ON "{table}"'
            cursor.execute(f'DROP TRIGGER "{name}"{on}')
    try:
        yield
    finally:
        triggers.install(connection)


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def with_and_without(work: Callable[[], Any]) -> float:
    """How much longer the work takes with the ledger: the median of rounds in turn."""
    work()
    ratios = []
    for _ in range(ROUNDS):
        recorded = seconds(work)
        with unrecorded():
            ratios.append(recorded / seconds(work))
    return statistics.median(ratios)


def one_by_one() -> None:
    for number in range(ONE_BY_ONE):
        claim = Claim.objects.create(text=TEXT.format(number), kind="event")
        claim.language = "en"
        claim.save()


def in_bulk() -> None:
    rows = [Claim(text=TEXT.format(number), kind="event") for number in range(IN_BULK)]
    Claim.objects.bulk_create(rows, batch_size=1000)


def through_the_api(client: APIClient) -> Callable[[], None]:
    def work() -> None:
        for number in range(ONE_BY_ONE // 4):
            body = {"text": TEXT.format(number), "kind": "event"}
            if client.post("/api/v1/claims/", body, format="json").status_code != 201:
                raise SystemExit("A claim was refused.")

    return work


def dumped(directory: Path) -> None:
    """Let the database itself write out what an export holds: the records and the entries."""
    tables = [model._meta.db_table for model in ledger_triggers.recorded_models()]
    tables.append(Claim.topics.through._meta.db_table)
    tables.append("core_entry")
    if connection.vendor == "sqlite":
        words = " ".join(f'"{table}"' for table in tables)
        with (directory / "dump.sql").open("wb") as file:
            path = str(settings.DATABASES["default"]["NAME"])
            subprocess.run(["sqlite3", path, f".dump {words}"], stdout=file, check=True)
        return
    for table in tables:
        with (
            (directory / table).open("wb") as file,
            connection.cursor() as cursor,
            cursor.copy(f'COPY "{table}" TO STDOUT') as rows,
        ):
            for row in rows:
                file.write(row)


def many_entries() -> None:
    """Fill the ledger up to ENTRIES with claims that are made and changed once."""
    while (missing := ENTRIES - tree_size()) > 0:
        rows = [
            Claim(text=TEXT.format(n), kind="event") for n in range(min(50_000, -(-missing // 2)))
        ]
        Claim.objects.bulk_create(rows, batch_size=1000)
        Claim.objects.filter(language="").update(language="en")
        sequence_entries(wait=True)


def tell(name: str, limit: str, value: float, what: str) -> None:
    """Print one figure."""
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
        tell(
            "one write",
            "1.5",
            with_and_without(one_by_one),
            f"{ONE_BY_ONE} claims made and changed one by one through the ORM, with the ledger and "
            "without",
        )
        client = APIClient(headers={"host": "localhost"})
        client.force_authenticate(
            User.objects.create(username="bench", handle="bench", is_superuser=True)
        )
        tell(
            "one request",
            "",
            with_and_without(through_the_api(client)),
            f"{ONE_BY_ONE // 4} claims made by POST, with the ledger and their places in its tree, "
            "and without",
        )
        tell(
            "bulk",
            "2",
            with_and_without(in_bulk),
            f"{IN_BULK} claims by bulk_create, with the ledger and without",
        )
        tell("placing", "", place_rate(), "entries per second that are given places in the tree")
        many_entries()
        export = Path(scratch, "export")
        took = seconds(
            lambda: call_command("export_audit", str(export), verbosity=0, stdout=StringIO())
        )
        tell(
            "export",
            "2",
            took / seconds(lambda: dumped(Path(scratch))),
            f"export_audit of {tree_size()} entries and {Claim.objects.count()} claims, and the "
            "database's own dump of the same tables (sqlite3 .dump, COPY)",
        )
        tell(
            "verification",
            "60 s",
            seconds(lambda: verify(export)),
            f"seconds that verify.py takes for {tree_size()} entries",
        )
    connections.close_all()


def place_rate() -> float:
    start = tree_size()
    took = seconds(lambda: sequence_entries(wait=True))
    return (tree_size() - start) / took


if __name__ == "__main__":
    main()
