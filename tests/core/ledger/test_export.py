"""An audit export is what docs/ledger.md promises, whatever happens while it is written."""

import fcntl
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from hypothesis import assume, given
from hypothesis import strategies as st

from claims.models import Claim, Statement
from claimsapi.core.database import triggers
from claimsapi.core.errors import Conflict
from claimsapi.core.identifiers import uuid7
from claimsapi.core.ledger.export import Scope, export_audit
from claimsapi.core.ledger.sequencer import content_json, leaf_json, sequence_entries
from claimsapi.core.ledger.verify import Report, verify
from claimsapi.core.models import Entry, Leaf
from tests import factories as make
from tests.concurrency import Together
from tests.core.ledger import exports
from tests.core.ledger.sample_history import SECRET, TEXT, with_key, worked

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def key(settings: LazySettings, tmp_path: Path) -> None:
    with_key(settings, tmp_path)


def export(folder: Path, *options: str) -> Path:
    call_command("export_audit", str(folder), *options, verbosity=0, stdout=StringIO())
    return folder


def verified(folder: Path, **options: Any) -> Report:
    report = verify(folder, **options)
    assert report.verified, "\n".join(report.lines())
    return report


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_desk_s_export_verifies(tmp_path: Path) -> None:
    worked()
    report = verified(export(tmp_path / "export"), key=exports.verifier_key())
    assert report.summary is not None
    assert report.summary.size == Entry.objects.count() == Leaf.objects.count()
    assert dict(report.summary.records)["claims.claim"] == Claim.objects.count()
    assert report.notes == ()


def test_an_empty_installation_s_export_verifies(tmp_path: Path) -> None:
    report = verified(export(tmp_path / "export"))
    assert report.summary is not None
    assert report.summary.size == 0


@pytest.mark.parametrize("options", [(), ("--public",)])
def test_an_auditor_needs_the_folder_alone(tmp_path: Path, options: tuple[str, ...]) -> None:
    worked()
    folder = export(tmp_path / "export", *options)
    for command in (
        [sys.executable, "-I", "verify.py", "--key", exports.verifier_key()],
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"],
    ):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
    out = StringIO()
    call_command("verify_audit", str(folder), key=exports.verifier_key(), stdout=out)
    assert out.getvalue().startswith("Verified: ")


def test_the_readme_s_way_to_check_the_signature_by_hand_works(tmp_path: Path) -> None:
    worked()
    folder = export(tmp_path / "export")
    lines = (folder / "README.txt").read_text().splitlines()
    start = next(n for n, line in enumerate(lines) if "head -n 3" in line)
    script = "\n".join(lines[start : start + 3]).replace("/tmp/", f"{tmp_path}/")  # noqa: S108  the words
    done = subprocess.run(
        ["/bin/sh", "-ec", script], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "Signature Verified Successfully\n"), done.stderr


def test_the_same_state_gives_the_same_bytes(tmp_path: Path) -> None:
    worked()
    assert contents(export(tmp_path / "one")) == contents(export(tmp_path / "two"))


def test_a_later_export_continues_an_earlier_one(tmp_path: Path) -> None:
    desk = worked()
    earlier = export(tmp_path / "earlier")
    desk["statement"].delete()
    later = export(tmp_path / "later")
    verified(later, previous=earlier)
    assert not verify(earlier, previous=later).verified
    with pytest.raises(CommandError):
        call_command("verify_audit", str(earlier), previous=later, stdout=StringIO())


def test_the_fixtures_hold_the_records_and_no_more_of_people_than_their_handles(
    tmp_path: Path,
) -> None:
    worked()
    accounts = (export(tmp_path / "export") / "fixtures" / "00-core.user.json").read_text()
    assert [
        json.loads(row)["fields"] for row in accounts.replace("},\n", "}\n").split("\n")[1:-2]
    ] == [
        {"handle": handle, "is_active": False, "password": "!", "username": handle}
        for handle in ("Bo-2", "ada")
    ]


def test_a_record_as_of_a_time_is_what_it_was(tmp_path: Path) -> None:
    moment = timezone.now() - timedelta(days=1)
    folder = export(tmp_path / "before", "--as-of", f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}")
    verified(folder)
    worked()
    for number in (0, 7, Leaf.objects.count() // 2, Leaf.objects.count() - 1):
        at = Leaf.objects.get(sequence=number).entry.at
        folder = export(tmp_path / str(number), "--as-of", f"{at:%Y-%m-%dT%H:%M:%S.%fZ}")
        report = verified(folder)
        assert report.summary is not None
        assert report.summary.as_of == f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"
    now = contents(export(tmp_path / "now"))
    assert {k: v for k, v in contents(folder).items() if "fixtures" in k} == {
        k: v for k, v in now.items() if "fixtures" in k
    }


def test_a_public_export_verifies_and_leaks_nothing(tmp_path: Path) -> None:
    worked()
    folder = export(tmp_path / "export", "--public")
    report = verified(folder)
    whole = b"".join(contents(folder).values()).decode()
    for word in (SECRET, TEXT[:20], "Listed by mistake", "There is more"):
        assert word not in whole
    for word in ("The ferries were late.", "A listed claim.", "A deleted statement.", '"delete"'):
        assert word in whole
    assert report.summary is not None
    assert report.summary.entries.hidden > 0
    assert dict(report.summary.records)["sources.snapshot"] == 2
    verified(folder, previous=export(tmp_path / "all"))
    verified(export(tmp_path / "all again"), previous=folder)


def test_what_was_taken_from_the_public_and_then_deleted_stays_hidden(tmp_path: Path) -> None:
    claim = make.ClaimFactory(listed=True, text="Listed by mistake.")
    sequence_entries()
    Claim.objects.filter(pk=claim.pk).update(listed_at=None)
    sequence_entries()
    Claim.objects.filter(pk=claim.pk).delete()
    folder = export(tmp_path / "export", "--public")
    verified(folder)
    assert b"Listed by mistake." not in b"".join(contents(folder).values())


def test_what_an_export_cannot_rightly_hold_is_refused(tmp_path: Path) -> None:
    tomorrow = f"{timezone.now() + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    for options, words in (
        (("--public", "--as-of", "2026-01-01T00:00:00Z"), "either"),
        (("--as-of", tomorrow), "yet to come"),
        (("--as-of", "yesterday"), "write a time"),
        (("--as-of", "2026-01-01"), "write a time"),
        (("--as-of", "0001-01-01T00:00:00+23:59"), "write a time"),
    ):
        with pytest.raises(CommandError, match=words):
            export(tmp_path / "export", *options)
    assert not (tmp_path / "export").exists()


def test_without_a_key_nothing_is_exported(tmp_path: Path, settings: LazySettings) -> None:
    settings.LEDGER_KEY = tmp_path / "none.pem"
    with pytest.raises(CommandError, match="ledger_key"):
        export(tmp_path / "export")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key.pem"]


def test_what_waits_for_its_place_is_as_its_newest_placed_entry_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = worked()
    before = contents(export(tmp_path / "before"))
    monkeypatch.setattr("claimsapi.core.ledger.export.sequence_entries", lambda **_: 0)
    make.ClaimFactory(text="New.")
    Claim.objects.filter(pk=desk["claim"].pk).update(language="fr")
    Statement.objects.filter(pk=desk["statement"].pk).delete()
    assert contents(export(tmp_path / "after")) == before
    with pytest.raises(CommandError, match="export later"):
        export(tmp_path / "public", "--public")


def test_a_change_around_the_ledger_is_found(tmp_path: Path) -> None:
    desk = worked()
    triggers.drop(connection)
    Claim.objects.filter(pk=desk["claim"].pk).update(text="It was never so.")
    triggers.install(connection, reconcile=False)
    report = verify(export(tmp_path / "export"))
    (failure,) = report.failures
    assert "claims.claim" in failure.file
    assert str(desk["claim"].public_id) in failure.record


class TestTheFolder:
    def test_is_absent_or_empty_before(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        verified(export(tmp_path / "empty"))
        (tmp_path / "file").write_text("")
        (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
        for name in ("empty", "file", "link", "no/folder"):
            with pytest.raises(CommandError, match="folder"):
                export(tmp_path / name)
        assert (tmp_path / "file").read_text() == ""
        assert not (tmp_path / "elsewhere").exists()

    def test_of_all_records_is_for_its_owner_only(self, tmp_path: Path) -> None:
        assert export(tmp_path / "all").stat().st_mode & 0o077 == 0
        assert export(tmp_path / "public", "--public").stat().st_mode & 0o077 != 0

    @pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
    def test_is_not_there_if_writing_fails(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
    ) -> None:
        worked()

        def fail(number: int) -> None:
            raise error

        monkeypatch.setattr("claimsapi.core.ledger.atomic_directory.os.fsync", fail)
        expected = CommandError if isinstance(error, OSError) else KeyboardInterrupt
        with pytest.raises(expected):
            export(tmp_path / "export")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["key.pem"]

    def test_left_by_a_killed_run_is_named_and_removed(self, tmp_path: Path) -> None:
        left = tmp_path / ".export.123456.partial"
        (left / "fixtures").mkdir(parents=True)
        strangers = tmp_path / ".export.old.partial"
        strangers.mkdir()
        err = StringIO()
        call_command("export_audit", str(tmp_path / "export"), stdout=StringIO(), stderr=err)
        assert str(left) in err.getvalue()
        assert not left.exists()
        assert strangers.exists()

    def test_of_another_run_that_still_writes_is_left_alone(self, tmp_path: Path) -> None:
        theirs = tmp_path / ".export.123456.partial"
        theirs.mkdir()
        lock = os.open(theirs, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        err = StringIO()
        call_command("export_audit", str(tmp_path / "export"), stdout=StringIO(), stderr=err)
        os.close(lock)
        assert "by another run just now" in err.getvalue()
        assert theirs.exists()
        verified(tmp_path / "export")


@pytest.mark.django_db(transaction=True)
def test_others_write_while_an_export_is_written(
    tmp_path: Path, together: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claimsapi.core.ledger.export._MAX_ATTEMPTS", 20)
    worked()
    done: list[bool] = []
    written: list[float] = []

    def write() -> None:
        while not done:
            began = time.monotonic()
            claim = make.ClaimFactory()
            claim.text = "Another wording."
            claim.save()
            make.StatementFactory(claim=claim).delete()
            sequence_entries()
            written.append(time.monotonic() - began)

    def read() -> list[Path]:
        folders = []
        try:
            for number in range(4):
                # What is written between two files, and between two chunks, must not show.
                folder, scope = tmp_path / str(number), Scope(public=number % 2 == 1)
                with suppress(Conflict) if scope.public else nullcontext():  # no quiet moment
                    export_audit(directory=folder, scope=scope)
                    folders.append(folder)
        finally:
            done.append(True)
        return folders

    results = together(write, write, read)
    for folder, earlier in zip(results[2][1:], results[2], strict=False):
        verified(folder, previous=earlier)
    assert len(written) > 2  # what each of the two began, and more: nobody waited for the export


def manage(database: Path, folder: Path, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database}",
        "LEDGER_KEY": str(folder / "key.pem"),
    }
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **options)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the folder is the same on both")
def test_a_killed_export_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    database = tmp_path / "desk.sqlite3"
    worked()
    with closing(sqlite3.connect(database)) as copy:
        connection.connection.backup(copy)
    target = tmp_path / "export"
    began = time.monotonic()
    assert manage(database, tmp_path, "export_audit", str(target), "--verbosity=0",
                  stdout=subprocess.DEVNULL).wait() == 0  # fmt: skip
    whole, names = time.monotonic() - began, sorted(contents(target))
    shutil.rmtree(target)
    left = 0
    for number in range(4):
        process = manage(
            database, tmp_path, "export_audit", str(target), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + whole + 30
        while time.monotonic() < until and not list(tmp_path.glob(".export.*.partial")):
            if process.poll() is not None:
                break
        time.sleep(number * 0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        left += len(list(tmp_path.glob(".export.*.partial")))
        if target.exists():
            assert sorted(contents(target)) == names
            verified(target)
            shutil.rmtree(target)
    assert left > 0
    assert manage(database, tmp_path, "export_audit", str(target), "--verbosity=0",
                  stdout=subprocess.DEVNULL).wait() == 0  # fmt: skip
    verified(target)
    assert not list(tmp_path.glob(".export.*.partial"))


@given(
    st.text(st.characters(codec="utf-8")),
    st.text(st.characters(codec="utf-8")),
    st.datetimes(timezones=st.sampled_from([UTC, timezone.get_fixed_timezone(90)])),
)
def test_a_line_is_canonical_whatever_an_entry_says(reason: str, actor: str, at: datetime) -> None:
    assume(2 < at.year < 9998)
    entry = Entry(
        kind="claims.claim", object=uuid7(), action="create", actor=actor, at=at, reason=reason,
        salt="0" * 32, state='{"fields":{},"model":"claims.claim"}',
    )  # fmt: skip
    content = content_json(entry)
    line = leaf_json(entry, content)
    assert json.loads(content)["reason"] == reason
    assert json.loads(line)["actor"] == actor
    assert datetime.fromisoformat(json.loads(line)["at"]) == at
    for text in (content, line, leaf_json(entry, "0" * 64)):
        assert rfc8785.dumps(json.loads(text)) == text
