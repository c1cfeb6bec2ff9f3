"""The read benchmark completes on a small database."""

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
def test_the_read_benchmark_measures_every_case_and_fills_its_page(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path}/bench.sqlite3",
        "CLAIMS": "120",
        "BENCH_ROUNDS": "2",
        "BENCH_REQUESTS": "1",
    }
    command = [sys.executable, str(ROOT / "benchmarks" / "reading.py")]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    figures = [json.loads(line) for line in process.stdout.splitlines()]
    assert {f.get("server") for f in figures} >= {"product", "stock"}
    assert {f["case"] for f in figures} >= {"list", "detail", "facets: of all", "304"}
    assert all(f["cpu"][1] > 0 for f in figures if "cpu" in f)
    text = page([], figures, "0")
    assert "| a list: stock / product | SQLite | ≥ 10x |" in text
    assert "| filtered: verdict (frequent), speaker (frequent) |" in text
