"""Interrupted imports: a killed import leaves complete reviews, and a second run completes it."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import call_command

from claims.choices import VersionState
from claims.models import Review, ReviewVersion
from claimsapi.core.ledger.integrity import find_differences
from tests.claims.exchange.claimreview.corpus import plain
from tests.concurrency import copy_database, database_url

ROOT = Path(__file__).parents[4]
NUMBER = 1500


def start_command(feed: Path, database: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_claimreview", str(feed)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url(database)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.django_db(transaction=True)
def test_a_killed_import_leaves_complete_reviews_and_the_next_run_completes_it(
    tmp_path: Path,
) -> None:
    feed, report = tmp_path / "feed.json", tmp_path / "report.jsonl"
    feed.write_text(
        json.dumps(
            [
                plain(url=f"https://checker.example/{n}", claimReviewed=f"Ferry {n} was late")
                for n in range(NUMBER)
            ]
        )
    )
    with copy_database(tmp_path / "killed.sqlite3"):
        process = start_command(feed, tmp_path / "killed.sqlite3")
        deadline = time.monotonic() + 60
        while not Review.objects.exists():
            with pytest.raises(subprocess.TimeoutExpired):  # it still runs
                process.wait(timeout=0.01)
            assert time.monotonic() < deadline
        process.kill()
        process.wait()

        count = Review.objects.count()
        assert 0 < count < NUMBER
        complete = ReviewVersion.objects.filter(
            state=VersionState.PUBLISHED, rating__isnull=False, review__claim__status="reviewed"
        )
        assert complete.count() == count
        assert list(find_differences()) == []

        call_command("import_claimreview", str(feed), report=str(report), verbosity=0)
        lines = [json.loads(line) for line in report.read_text().splitlines()]
        outcomes = Counter(line["outcome"] for line in lines)
        assert outcomes == {"same": count, "created": NUMBER - count}
        assert Review.objects.count() == NUMBER
