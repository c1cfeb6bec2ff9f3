"""Measure on both databases, and write docs/benchmarks.md: ``make bench``.

On a machine that does other things too a time says little, so nearly every figure is a ratio of two
things that were done in turn in the same run. CLAIMS and BENCH_ENTRIES say how much data.
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
from typing import Any

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


READING = """
## Reading

{claims} claims, each server one gunicorn worker on loopback. Milliseconds of processor time of
server and database together for one request: the median, and the quartiles around it. The ratio is
that of the medians; the limit is the same page by one hand-written statement without a framework.

| Database | Case | Server | Processor | Quartiles | Wall | Product takes |
|---|---|---|---|---|---|---|
"""


def measured(url: str, program: str) -> Iterator[dict[str, Any]]:
    """Run one of the benchmarks on a database."""
    command = [sys.executable, str(ROOT / "benchmarks" / program)]
    environment = {**os.environ, "DATABASE_URL": url, "DB_POOL": "0"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout or ():
            sys.stderr.write(line)
            yield json.loads(line)
    if child.returncode:
        raise SystemExit(child.returncode)


def reading_table(figures: list[dict[str, Any]]) -> str:
    """Write what reading cost, each server's time beside the product's."""
    table = READING.format(claims=f"{figures[0]['claims']:,}")
    product: dict[tuple[str, str], float] = {}
    for figure in figures:
        if "server" not in figure:
            continue
        low, middle, high = figure["cpu"]
        key = figure["database"], figure["case"]
        if figure["server"] == "product":
            product[key], ratio = middle, ""
        else:
            ratio = f"{product[key] / middle:.2f}x of this"
        table += (
            f"| {key[0]} | {key[1]} | {figure['server']} | {middle:.2f} | {low:.2f} to {high:.2f}"
            f" | {figure['wall']:.2f} | {ratio} |\n"
        )
    return table


def main() -> None:
    """Measure, and write the page."""
    rows, reading = [], []
    with tempfile.TemporaryDirectory(prefix="claimsapi-bench-") as directory:
        reading += list(measured(f"sqlite:///{directory}/reading.sqlite3", "reading.py"))
        rows += list(measured(f"sqlite:///{directory}/bench.sqlite3", "ledger.py"))
    with temporary_server(durable=True) as url:
        reading += list(measured(url, "reading.py"))
    with temporary_server(durable=True) as url:
        rows += list(measured(url, "ledger.py"))
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
    page += reading_table(reading)
    (ROOT / "docs" / "benchmarks.md").write_text(page)


if __name__ == "__main__":
    main()
