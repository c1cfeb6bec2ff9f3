"""Import command: files, reports and exit codes."""

import errno
import io
import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from claims.exchange.claimreview.extractor import extract_items
from claims.management.commands import import_claimreview
from claims.models import (
    Review,
    ReviewVersion,
)
from claimsapi.core import progress
from tests import factories as make
from tests.claims.exchange.claimreview.corpus import plain
from tests.claims.exchange.importing.imports import (
    FULL_REVIEW,
    run_command,
)

pytestmark = pytest.mark.django_db


def test_the_report_has_a_line_per_row_and_matches_the_printed_counts(tmp_path: Path) -> None:
    feed, report = tmp_path / "feed.json", tmp_path / "report.ndjson"
    feed.write_text(
        json.dumps([FULL_REVIEW, FULL_REVIEW, plain(reviewRating=None), plain(url="x y"), 7])
    )
    out = io.StringIO()
    with pytest.raises(CommandError, match=r"3 row\(s\)") as refusal:
        call_command(
            "import_claimreview", feed, report=str(report), stdout=out, stderr=io.StringIO()
        )
    assert refusal.value.returncode == 2
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert [line["row"] for line in lines] == [1, 2, 3, 4, 5]
    counts = Counter(line["outcome"] for line in lines)
    assert json.loads(out.getvalue()) == {"updated": 0} | counts
    assert all(line["why"] for line in lines if line["outcome"] == "rejected")


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "empty"), ('{"@graph": []}', "no ClaimReview"), (None, "No such file")],
)
def test_an_unreadable_file_is_an_error_with_a_reason(
    content: str | None, words: str, tmp_path: Path
) -> None:
    feed, err = tmp_path / "feed.json", io.StringIO()
    if content is not None:
        feed.write_text(content)
    with pytest.raises(CommandError) as refusal:
        call_command("import_claimreview", feed, stdout=io.StringIO(), stderr=err)
    assert words in str(refusal.value) + err.getvalue()


def test_the_account_of_the_option_becomes_the_author(tmp_path: Path) -> None:
    feed, ada = tmp_path / "feed.json", make.UserFactory(handle="ada")
    feed.write_text(json.dumps(plain()))
    run_command("import_claimreview", feed, handle="@ada")
    assert ReviewVersion.objects.get().author == ada
    with pytest.raises(CommandError, match="no account"):
        run_command("import_claimreview", feed, handle="bob")


def test_several_files_are_imported_one_after_another(tmp_path: Path) -> None:
    first, second, report = (tmp_path / name for name in ("a.json", "b.json", "report.ndjson"))
    first.write_text(json.dumps([FULL_REVIEW, plain(url="https://checker.example/2")]))
    second.write_text(json.dumps([plain(claimReviewed="Grass is blue", url="https://a.example/2")]))
    err = io.StringIO()
    with pytest.raises(CommandError, match=r"1 of 3 file\(s\) could not be read"):
        call_command(
            *("import_claimreview", first, tmp_path / "none.json", second),
            report=str(report),
            stdout=io.StringIO(),
            stderr=err,
        )
    assert "none.json: No such file" in err.getvalue()
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert [(line["file"], line["row"]) for line in lines] == [
        *(("a.json", 1), ("a.json", 2)),
        ("b.json", 1),
    ]
    # Another content in a later file is a change, as if the command ran again.
    second.write_text(json.dumps({**FULL_REVIEW, "name": "Another headline"}))
    counts = json.loads(run_command("import_claimreview", first, second))
    assert (counts["same"], counts["updated"], counts["rejected"]) == (2, 1, 0)


def test_the_report_cannot_overwrite_an_input_file(tmp_path: Path) -> None:
    feed = tmp_path / "feed.json"
    feed.write_text(json.dumps(plain()))
    with pytest.raises(CommandError, match="Name another"):
        run_command("import_claimreview", feed, report=str(feed))
    assert json.loads(feed.read_text()) == plain()


def test_a_read_error_in_one_file_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def extract_or_fail(stream: Any) -> Any:
        if stream.name.endswith("bad.json"):
            raise OSError(errno.EIO, "Input/output error")
        return extract_items(stream)

    for name in ("bad.json", "good.json"):
        (tmp_path / name).write_text(json.dumps(plain()))
    monkeypatch.setattr(import_claimreview, "extract_items", extract_or_fail)
    monkeypatch.setattr(progress, "_INTERVAL", 0)
    err = io.StringIO()
    with (tmp_path / "good.json").open("rb") as stdin:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=stdin))
        with pytest.raises(CommandError, match=r"1 of 2 file\(s\) could not be read"):
            call_command(
                *("import_claimreview", tmp_path / "bad.json", "-"),
                stdout=io.StringIO(),
                stderr=err,
            )
    assert "bad.json: Input/output error" in err.getvalue()
    assert Review.objects.count() == 1
