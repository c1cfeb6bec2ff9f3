"""Run the benchmarks on both databases and write docs/benchmarks.md: ``make bench``.

Times on a busy machine mean little, so nearly every figure is a ratio of two tasks that run in turn
in the same run. CLAIMS and BENCH_ENTRIES set the amount of data.
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

from benchmarks.page import page  # noqa: E402  after the path
from tests.postgres import temporary_server  # noqa: E402


def run_benchmark(url: str, program: str) -> Iterator[dict[str, Any]]:
    """Run one benchmark on a database and yield its figures."""
    command = [sys.executable, str(ROOT / "benchmarks" / program)]
    environment = {**os.environ, "DATABASE_URL": url, "DB_POOL": "0"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout or ():
            sys.stderr.write(line)
            yield json.loads(line)
    # The figures of a failed run are incomplete, so the page stays unchanged.
    if child.returncode:
        raise SystemExit(child.returncode)


def main() -> None:
    ledger, reading = [], []
    with tempfile.TemporaryDirectory(prefix="claimsapi-bench-") as directory:
        reading += list(run_benchmark(f"sqlite:///{directory}/reading.sqlite3", "reading.py"))
        ledger += list(run_benchmark(f"sqlite:///{directory}/ledger.sqlite3", "ledger.py"))
    # A server of its own for each benchmark: neither finds the other's data.
    with temporary_server(durable=True) as url:
        reading += list(run_benchmark(url, "reading.py"))
    with temporary_server(durable=True) as url:
        ledger += list(run_benchmark(url, "ledger.py"))
    entries = os.environ.get("BENCH_ENTRIES", "100000")
    (ROOT / "docs" / "benchmarks.md").write_text(page(ledger, reading, entries))


if __name__ == "__main__":
    main()
