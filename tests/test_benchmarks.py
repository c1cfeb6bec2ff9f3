"""The benchmark of reading runs to its end on a few claims."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.page import page
from tests.one_database import once

pytestmark = once

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow
def test_what_is_measured_answers_with_the_rows_of_the_reference(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path}/bench.sqlite3",
        "CLAIMS": "120",
        "BENCH_ROUNDS": "2",
        "BENCH_REQUESTS": "1",
    }
    command = [sys.executable, str(ROOT / "benchmarks" / "reading.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = [json.loads(line) for line in done.stdout.splitlines()]
    assert {f.get("server") for f in figures} >= {"product", "stock"}
    assert {f["case"] for f in figures} >= {"list", "detail", "facets: of all", "304"}
    assert all(f["cpu"][1] > 0 for f in figures if "cpu" in f)
    written = page([], figures, "0")
    assert "| a list: stock / product | SQLite | ≥ 10x |" in written
    assert "| filtered: verdict (frequent), speaker (frequent) |" in written
