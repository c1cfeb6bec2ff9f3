"""Measure on both databases, and write docs/benchmarks.md: ``make bench``.

On a machine that does other things too a time says little, so nearly every figure is a ratio of two
things that were done in turn in the same run. CLAIMS and BENCH_ENTRIES say how much data.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.page import page  # noqa: E402  found beside this folder
from tests.postgres import temporary_server  # noqa: E402


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


def main() -> None:
    """Measure, and write the page."""
    ledger, reading = [], []
    with tempfile.TemporaryDirectory(prefix="claimsapi-bench-") as directory:
        reading += list(measured(f"sqlite:///{directory}/reading.sqlite3", "reading.py"))
        ledger += list(measured(f"sqlite:///{directory}/ledger.sqlite3", "ledger.py"))
    with temporary_server(durable=True) as url:
        reading += list(measured(url, "reading.py"))
    with temporary_server(durable=True) as url:
        ledger += list(measured(url, "ledger.py"))
    entries = os.environ.get("BENCH_ENTRIES", "100000")
    (ROOT / "docs" / "benchmarks.md").write_text(page(ledger, reading, entries))


if __name__ == "__main__":
    main()
