"""An audit export has the format of docs/ledger.md, also if others write or kill it."""

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
from tests.core.ledger.sample_history import SECRET, TEXT, create_history, use_key

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def key(settings: LazySettings, tmp_path: Path) -> None:
    use_key(settings, tmp_path)


def export(folder: Path, *options: str) -> Path:
    call_command("export_audit", str(folder), *options, verbosity=0, stdout=StringIO())
    return folder


def assert_verified(folder: Path, **options: Any) -> Report:
    report = verify(folder, **options)
    assert report.verified, "\n".join(report.lines())
    return report


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_desk_s_export_verifies(tmp_path: Path) -> None:
    create_history()
    report = assert_verified(export(tmp_path / "export"), key=exports.verifier_key())
    assert report.summary is not None
    assert report.summary.size == Entry.objects.count() == Leaf.objects.count()
    assert dict(report.summary.records)["claims.claim"] == Claim.objects.count()
    assert report.notes == ()


def test_an_empty_installation_s_export_verifies(tmp_path: Path) -> None:
    report = assert_verified(export(tmp_path / "export"))
    assert report.summary is not None
    assert report.summary.size == 0


@pytest.mark.parametrize("options", [(), ("--public",)])
def test_an_auditor_needs_only_the_folder(tmp_path: Path, options: tuple[str, ...]) -> None:
    create_history()
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


def test_the_readme_s_openssl_commands_verify_the_signature(tmp_path: Path) -> None:
    create_history()
    folder = export(tmp_path / "export")
    lines = (folder / "README.txt").read_text().splitlines()
    start = next(n for n, line in enumerate(lines) if "head -n 3" in line)
    script = "\n".join(lines[start : start + 3]).replace("/tmp/", f"{tmp_path}/")  # noqa: S108  the words
    done = subprocess.run(
        ["/bin/sh", "-ec", script], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "Signature Verified Successfully\n"), done.stderr


def test_the_same_state_gives_the_same_bytes(tmp_path: Path) -> None:
    create_history()
    assert contents(export(tmp_path / "one")) == contents(export(tmp_path / "two"))


def test_a_later_export_continues_an_earlier_one(tmp_path: Path) -> None:
    desk = create_history()
    earlier = export(tmp_path / "earlier")
    desk["statement"].delete()
    later = export(tmp_path / "later")
    assert_verified(later, previous=earlier)
    assert not verify(earlier, previous=later).verified
    with pytest.raises(CommandError):
        call_command("verify_audit", str(earlier), previous=later, stdout=StringIO())


def test_the_fixtures_contain_only_handles_of_people(
    tmp_path: Path,
) -> None:
    create_history()
    accounts = (export(tmp_path / "export") / "fixtures" / "00-core.user.json").read_text()
    assert [
        json.loads(row)["fields"] for row in accounts.replace("},\n", "}\n").split("\n")[1:-2]
    ] == [
        {"handle": handle, "is_active": False, "password": "!", "username": handle}
        for handle in ("Bo-2", "ada")
    ]


def test_an_export_as_of_a_time_has_the_states_of_that_time(tmp_path: Path) -> None:
    moment = timezone.now() - timedelta(days=1)
    folder = export(tmp_path / "before", "--as-of", f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}")
    assert_verified(folder)
    create_history()
    for number in (0, 7, Leaf.objects.count() // 2, Leaf.objects.count() - 1):
        at = Leaf.objects.get(sequence=number).entry.at
        folder = export(tmp_path / str(number), "--as-of", f"{at:%Y-%m-%dT%H:%M:%S.%fZ}")
        report = assert_verified(folder)
        assert report.summary is not None
        assert report.summary.as_of == f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"
    now = contents(export(tmp_path / "now"))
    assert {k: v for k, v in contents(folder).items() if "fixtures" in k} == {
        k: v for k, v in now.items() if "fixtures" in k
    }


def test_a_public_export_verifies_and_leaks_nothing(tmp_path: Path) -> None:
    create_history()
    folder = export(tmp_path / "export", "--public")
    report = assert_verified(folder)
    whole = b"".join(contents(folder).values()).decode()
    for word in (SECRET, TEXT[:20], "Listed by mistake", "There is more"):
        assert word not in whole
    for word in ("The ferries were late.", "A listed claim.", "A deleted statement.", '"delete"'):
        assert word in whole
    assert report.summary is not None
    assert report.summary.entries.hidden > 0
    assert dict(report.summary.records)["sources.snapshot"] == 2
    assert_verified(folder, previous=export(tmp_path / "all"))
    assert_verified(export(tmp_path / "all again"), previous=folder)


def test_a_record_withdrawn_and_then_deleted_stays_hidden(tmp_path: Path) -> None:
    claim = make.ClaimFactory(listed=True, text="Listed by mistake.")
    sequence_entries()
    Claim.objects.filter(pk=claim.pk).update(listed_at=None)
    sequence_entries()
    Claim.objects.filter(pk=claim.pk).delete()
    folder = export(tmp_path / "export", "--public")
    assert_verified(folder)
    assert b"Listed by mistake." not in b"".join(contents(folder).values())


def test_impossible_exports_are_refused(tmp_path: Path) -> None:
    tomorrow = f"{timezone.now() + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    for options, words in (
        (("--public", "--as-of", "2026-01-01T00:00:00Z"), "either"),
        (("--as-of", tomorrow), "in the future"),
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


def test_a_record_with_a_waiting_entry_has_its_last_sequenced_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = create_history()
    before = contents(export(tmp_path / "before"))
    monkeypatch.setattr("claimsapi.core.ledger.export.sequence_entries", lambda **_: 0)
    make.ClaimFactory(text="New.")
    Claim.objects.filter(pk=desk["claim"].pk).update(language="fr")
    Statement.objects.filter(pk=desk["statement"].pk).delete()
    assert contents(export(tmp_path / "after")) == before
    with pytest.raises(CommandError, match="export when less is written"):
        export(tmp_path / "public", "--public")


def test_a_change_without_triggers_does_not_verify(tmp_path: Path) -> None:
    desk = create_history()
    triggers.drop(connection)
    Claim.objects.filter(pk=desk["claim"].pk).update(text="It was never so.")
    triggers.install(connection, reconcile=False)
    report = verify(export(tmp_path / "export"))
    (failure,) = report.failures
    assert "claims.claim" in failure.file
    assert str(desk["claim"].public_id) in failure.record


class TestTheFolder:
    def test_must_be_absent_or_empty(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        assert_verified(export(tmp_path / "empty"))
        (tmp_path / "file").write_text("")
        (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
        for name in ("empty", "file", "link", "no/folder"):
            with pytest.raises(CommandError, match="folder"):
                export(tmp_path / name)
        assert (tmp_path / "file").read_text() == ""
        assert not (tmp_path / "elsewhere").exists()

    def test_is_readable_by_its_owner_only(self, tmp_path: Path) -> None:
        assert export(tmp_path / "all").stat().st_mode & 0o077 == 0
        assert export(tmp_path / "public", "--public").stat().st_mode & 0o077 != 0

    @pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
    def test_is_absent_if_writing_fails(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
    ) -> None:
        create_history()

        def fail(number: int) -> None:
            raise error

        monkeypatch.setattr("claimsapi.core.ledger.atomic_directory.os.fsync", fail)
        expected = CommandError if isinstance(error, OSError) else KeyboardInterrupt
        with pytest.raises(expected):
            export(tmp_path / "export")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["key.pem"]

    def test_of_a_killed_run_is_reported_and_removed(self, tmp_path: Path) -> None:
        left = tmp_path / ".export.123456.partial"
        (left / "fixtures").mkdir(parents=True)
        strangers = tmp_path / ".export.old.partial"
        strangers.mkdir()
        err = StringIO()
        call_command("export_audit", str(tmp_path / "export"), stdout=StringIO(), stderr=err)
        assert str(left) in err.getvalue()
        assert not left.exists()
        assert strangers.exists()

    def test_of_a_running_export_is_left_alone(self, tmp_path: Path) -> None:
        theirs = tmp_path / ".export.123456.partial"
        theirs.mkdir()
        lock = os.open(theirs, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        err = StringIO()
        call_command("export_audit", str(tmp_path / "export"), stdout=StringIO(), stderr=err)
        os.close(lock)
        assert "Another run is writing" in err.getvalue()
        assert theirs.exists()
        assert_verified(tmp_path / "export")


@pytest.mark.django_db(transaction=True)
def test_others_write_while_an_export_is_written(
    tmp_path: Path, together: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claimsapi.core.ledger.export._MAX_ATTEMPTS", 20)
    create_history()
    done: list[bool] = []
    durations: list[float] = []

    def write() -> None:
        while not done:
            began = time.monotonic()
            claim = make.ClaimFactory()
            claim.text = "Another wording."
            claim.save()
            make.StatementFactory(claim=claim).delete()
            sequence_entries()
            durations.append(time.monotonic() - began)

    def read() -> list[Path]:
        folders = []
        try:
            for number in range(4):
                # Writes between two files, or between two chunks, must not appear.
                folder, scope = tmp_path / str(number), Scope(public=number % 2 == 1)
                with suppress(Conflict) if scope.public else nullcontext():  # no quiet moment
                    export_audit(directory=folder, scope=scope)
                    folders.append(folder)
        finally:
            done.append(True)
        return folders

    results = together(write, write, read)
    for folder, earlier in zip(results[2][1:], results[2], strict=False):
        assert_verified(folder, previous=earlier)
    assert len(durations) > 2  # what each of the two began, and more: nobody waited for the export


def manage(database: Path, folder: Path, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database}",
        "LEDGER_KEY": str(folder / "key.pem"),
    }
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **options)


def count_partial(parent: Path) -> int:
    """Count the partial folder of an export and its files; 0 once it has its final name."""
    with suppress(FileNotFoundError):
        return sum(1 for pattern in ("", "/*") for _ in parent.glob(f".export.*.partial{pattern}"))
    return 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the folder is the same on both")
def test_a_killed_export_leaves_no_complete_looking_folder(tmp_path: Path) -> None:
    database = tmp_path / "desk.sqlite3"
    create_history()
    with closing(sqlite3.connect(database)) as copy:
        connection.connection.backup(copy)
    target = tmp_path / "export"
    assert manage(database, tmp_path, "export_audit", str(target), "--verbosity=0",
                  stdout=subprocess.DEVNULL).wait() == 0  # fmt: skip
    names = sorted(contents(target))
    shutil.rmtree(target)
    left = 0
    for number in range(4):
        process = manage(
            database, tmp_path, "export_audit", str(target), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        # Kill it once the partial folder exists and has this number of files.
        while process.poll() is None and count_partial(tmp_path) <= number:
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        left += len(list(tmp_path.glob(".export.*.partial")))
        if target.exists():
            assert sorted(contents(target)) == names
            assert_verified(target)
            shutil.rmtree(target)
    assert left > 0
    assert manage(database, tmp_path, "export_audit", str(target), "--verbosity=0",
                  stdout=subprocess.DEVNULL).wait() == 0  # fmt: skip
    assert_verified(target)
    assert not list(tmp_path.glob(".export.*.partial"))


@given(
    st.text(st.characters(codec="utf-8")),
    st.text(st.characters(codec="utf-8")),
    st.datetimes(timezones=st.sampled_from([UTC, timezone.get_fixed_timezone(90)])),
)
def test_every_line_is_canonical(reason: str, actor: str, at: datetime) -> None:
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
