"""An import that is killed has written whole reviews, and is taken up by the same command."""

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
from tests.concurrency import database_url, on_file

ROOT = Path(__file__).parents[4]
NUMBER = 1500


def begun(feed: Path, file: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_claimreview", str(feed)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url(file)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.django_db(transaction=True)
def test_a_killed_import_leaves_no_half_review_and_is_taken_up(tmp_path: Path) -> None:
    feed, report = tmp_path / "feed.json", tmp_path / "report.jsonl"
    feed.write_text(
        json.dumps(
            [
                plain(url=f"https://checker.example/{n}", claimReviewed=f"Ferry {n} was late")
                for n in range(NUMBER)
            ]
        )
    )
    with on_file(tmp_path / "killed.sqlite3"):
        running, until = begun(feed, tmp_path / "killed.sqlite3"), time.monotonic() + 60
        while not Review.objects.exists():
            assert running.poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)
        running.kill()
        running.wait()

        written = Review.objects.count()
        assert 0 < written < NUMBER
        whole = ReviewVersion.objects.filter(
            state=VersionState.PUBLISHED, rating__isnull=False, review__claim__status="reviewed"
        )
        assert whole.count() == written
        assert list(find_differences()) == []

        call_command("import_claimreview", str(feed), report=str(report), verbosity=0)
        lines = [json.loads(line) for line in report.read_text().splitlines()]
        outcomes = Counter(line["outcome"] for line in lines)
        assert outcomes == {"same": written, "created": NUMBER - written}
        assert Review.objects.count() == NUMBER
