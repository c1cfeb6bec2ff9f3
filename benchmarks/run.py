"""Measure on both databases, and write docs/benchmarks.md: ``make bench``.

On a machine that does other things too a time says little, so nearly every figure is a ratio of two
things that were done in turn in the same run. BENCH_ENTRIES makes the ledger smaller.
"""

import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.postgres import temporary_server  # noqa: E402  found beside this folder

HEAD = """# Benchmarks

Written by `make bench`. {machine}. A ratio compares two things done in turn in the same run; the
limit is the goal that the project set itself, and a figure beyond it is a goal missed.

## The ledger

| Database | What | Limit | Measured | Compared |
|---|---|---|---|---|
"""


def measured(url: str) -> Iterator[dict[str, str]]:
    """Run the benchmark of the ledger on a database."""
    command = [sys.executable, str(ROOT / "benchmarks" / "ledger.py")]
    environment = {**os.environ, "DATABASE_URL": url, "DB_POOL": "0"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout or ():
            sys.stderr.write(line)
            yield json.loads(line)
    if child.returncode:
        raise SystemExit(child.returncode)


def main() -> None:
    """Measure, and write the page."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="claimsapi-bench-") as directory:
        rows += list(measured(f"sqlite:///{directory}/bench.sqlite3"))
    with temporary_server(durable=True) as url:
        rows += list(measured(url))
    machine = (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, PostgreSQL 18"
    )
    page = HEAD.format(machine=machine)
    for row in rows:
        value = float(row["value"])
        shown = f"{value:,.0f}" if value > 100 else f"{value:.2f}"
        limit = row["limit"] or "none"
        page += f"| {row['database']} | {row['name']} | {limit} | {shown} | {row['what']} |\n"
    (ROOT / "docs" / "benchmarks.md").write_text(page)


if __name__ == "__main__":
    main()
