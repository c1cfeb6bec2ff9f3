"""verify.py accepts exports in the format of docs/ledger.md, and nothing else."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimsapi.core.ledger.verify import (
    MAX_FAILURES,
    CheckError,
    Report,
    _canonical_json,
    main,
    verify,
)
from tests.core.ledger import exports
from tests.core.ledger.tampering import (
    BY_SUMS,
    WITH_EVERYTHING,
    WITH_SIGNATURE,
    WITH_SUMS,
    Case,
    Tamper,
    also,
    another_origin,
    edit,
    edit_entry,
    edit_fixture,
    edit_lines,
    edit_rows,
    flip,
    intruder,
    manifest,
    put,
    recount,
    replaced,
)

fits_sums: Tamper = exports.write_sums
fits_signature: Tamper = also(recount, exports.sign, exports.write_sums)


@pytest.fixture
def older(tmp_path: Path) -> Path:
    return exports.write_older(tmp_path / "older")


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    return exports.write_newer(tmp_path / "newer")


@pytest.fixture
def public(tmp_path: Path) -> Path:
    return exports.write_public(tmp_path / "public")


def has_failure(report: Report, file: str, words: str) -> bool:
    """Return whether the report has a failure of that file with those words."""
    return any(file in failure.file and words in str(failure) for failure in report.failures)


def refuse(folder: Path, case: Case) -> None:
    report = verify(folder)
    assert not report.verified
    assert has_failure(report, case.file, case.says), "\n".join(report.lines())


def test_a_private_export_verifies(newer: Path) -> None:
    report = verify(newer)
    assert report.verified, "\n".join(report.lines())
    assert report.summary is not None
    assert (report.summary.size, report.summary.public) == (14, False)
    assert report.summary.entries.erased == report.summary.entries.erasures == 1
    assert dict(report.summary.records)["core.user"] == 3


def test_a_public_export_verifies_and_counts_hidden_entries(public: Path) -> None:
    report = verify(public)
    assert report.verified, "\n".join(report.lines())
    assert report.summary is not None
    assert report.summary.entries.hidden == 3
    assert any("1 snapshots" in item for item in report.unchecked)
    assert any("3 hidden entries" in item for item in report.unchecked)


@pytest.mark.parametrize("number", range(-1, 15))
def test_an_export_as_of_any_time_verifies(tmp_path: Path, number: int) -> None:
    moment = (
        f"2026-11-23T05:43:{number:02}.123456Z" if number >= 0 else "2026-01-01T00:00:00.000000Z"
    )
    report = verify(exports.write_newer(tmp_path / "export", as_of=moment))
    if number == 4:
        # The state of that moment was erased: nobody may show it.
        assert has_failure(report, "claims.claim.json", "was erased")
    else:
        assert report.verified, "\n".join(report.lines())


def test_a_record_whose_newest_state_was_erased_has_no_fixture(tmp_path: Path) -> None:
    folder = exports.write_newer(tmp_path / "export", as_of="2026-11-23T05:43:04.123456Z")
    edit_rows("claims.claim", lambda _: [])(folder)
    fits_sums(folder)
    report = verify(folder)
    assert report.verified, "\n".join(report.lines())
    assert any("state of 1 records" in item for item in report.unchecked)


@pytest.mark.parametrize("size", [*range(10), 14])
def test_a_ledger_of_any_size_verifies(tmp_path: Path, size: int) -> None:
    entries = exports.history()[:size]
    whole = size == 14
    entries = entries if whole else [exports.restore_entry(entry) for entry in entries]
    assert verify(exports.write(tmp_path / "export", entries, public=False)).verified


def test_a_continuation_verifies_and_names_entries_erased_since(older: Path, newer: Path) -> None:
    report = verify(newer, previous=older)
    assert report.verified, "\n".join(report.lines())
    assert report.notes == ("readable in the earlier export, erased since: entries 4.",)


def test_an_older_export_may_show_more_than_a_public_one(older: Path, public: Path) -> None:
    report = verify(public, previous=older)
    assert report.verified
    assert any("hidden in this one: entries 2, 8" in note for note in report.notes)


def test_a_newer_export_may_show_more_than_a_public_one(newer: Path, public: Path) -> None:
    assert verify(newer, previous=public).verified


def test_a_deletion_may_be_erased_and_still_deletes(tmp_path: Path) -> None:
    entries = exports.history()
    folder = exports.write(tmp_path / "export", exports.erase_entries(entries, 6, 7), public=False)
    assert verify(folder).verified


def test_signatures_by_other_keys_are_allowed(newer: Path) -> None:
    edit("checkpoint", lambda d: d + "\u2014 witness.example AAAAAAAA\n".encode())(newer)
    fits_sums(newer)
    report = verify(newer)
    assert report.verified
    assert "the checkpoint has 1 signatures by other keys." in report.notes


@pytest.mark.parametrize("case", BY_SUMS, ids=str)
def test_sums_detect_manipulations(newer: Path, case: Case) -> None:
    case.tamper(newer)
    refuse(newer, case)


@pytest.mark.parametrize("case", WITH_SUMS, ids=str)
def test_contents_detect_manipulations_with_matching_sums(newer: Path, case: Case) -> None:
    also(case.tamper, fits_sums)(newer)
    refuse(newer, case)


@pytest.mark.parametrize("case", WITH_SIGNATURE, ids=str)
def test_rules_detect_manipulations_with_a_matching_signature(newer: Path, case: Case) -> None:
    also(case.tamper, fits_signature)(newer)
    refuse(newer, case)


@pytest.mark.parametrize("case", WITH_EVERYTHING, ids=str)
def test_only_an_older_export_detects_a_history_rewritten_with_the_key(
    older: Path, newer: Path, case: Case
) -> None:
    also(case.tamper, exports.renumber_erasures, fits_signature)(newer)
    assert verify(newer).verified
    report = verify(newer, previous=older)
    assert not report.verified
    assert has_failure(report, case.file, case.says), "\n".join(report.lines())


def test_an_older_export_detects_a_shortened_ledger(tmp_path: Path, older: Path) -> None:
    shorter = exports.write(
        tmp_path / "shorter", list(map(exports.restore_entry, exports.history()[:9])), public=False
    )
    assert verify(shorter).verified
    report = verify(shorter, previous=older)
    assert has_failure(report, "ledger.ndjson", "at least the 10 entries")


def test_an_older_export_that_does_not_verify_proves_nothing(older: Path, newer: Path) -> None:
    (older / "README.txt").write_text("")
    report = verify(newer, previous=older)
    assert has_failure(report, "earlier export: README.txt", "SHA-256")


def test_an_older_export_or_a_trusted_key_detects_another_signer(older: Path, newer: Path) -> None:
    also(intruder, fits_sums)(newer)
    assert verify(newer).verified
    assert has_failure(verify(newer, previous=older), "public_key.txt", "earlier export's key")
    assert has_failure(
        verify(newer, key=exports.verifier_key()), "public_key.txt", "expected the key"
    )


def test_another_origin_is_not_a_continuation(older: Path, newer: Path) -> None:
    also(another_origin, fits_sums)(newer)
    assert verify(newer).verified
    assert has_failure(verify(newer, previous=older), "checkpoint", "earlier export's origin")


def test_a_key_may_be_given_as_a_file(tmp_path: Path, newer: Path) -> None:
    (tmp_path / "key").write_text(exports.verifier_key())
    assert verify(newer, key=str(tmp_path / "key")).verified
    with pytest.raises(CheckError, match="verifier key"):
        verify(newer, key="no-such-key")


@pytest.mark.parametrize(
    ("tamper", "file", "says"),
    [
        (edit_fixture("sources.snapshot", replaced(b":null", b':"Text"')), "snapshot", "no such"),
        (edit_fixture("sources.snapshot", replaced(b',"text":null', b"")), "snapshot", "no such"),
        (
            edit_fixture("sources.snapshot", replaced(b'{"fields', b'{ "fields')),
            "snapshot",
            "canon",
        ),
        (edit_rows("sources.snapshot", lambda x: [x[0], x[0]]), "snapshot", "each once"),
        (edit_fixture("claims.claim", replaced(b"Listed.", b"Other.")), "claim", "entry 13"),
        (edit_rows("claims.claim", lambda x: x[1:]), "claim", "found nothing"),
        (manifest(public=False), "ledger.ndjson", "only a public export"),
        (
            edit_lines(lambda x: [y.replace(b'{"leaf":', b'{"leaf": ') for y in x]),
            "ledger",
            "members",
        ),
        (
            edit_lines(lambda x: [y.replace(b'{"leaf":"', b'{"leaf":"A') for y in x]),
            "ledger",
            "members",
        ),
        (edit_lines(lambda x: [*x[:2], *x[3:]]), "ledger", "expected 14 entries"),
        (edit_lines(lambda x: [x[8] if n == 2 else y for n, y in enumerate(x)]), "ledger", "root"),
        (
            edit_lines(lambda x: [*x[:2], b'{"leaf":"' + b"0" * 64 + b'"}', *x[3:]]),
            "ledger",
            "root",
        ),
    ],
)
def test_rules_of_public_exports_are_checked(
    public: Path, tamper: Tamper, file: str, says: str
) -> None:
    also(tamper, fits_sums)(public)
    report = verify(public)
    assert has_failure(report, file, says), "\n".join(report.lines())


def test_an_erasure_may_name_what_a_public_export_hides(tmp_path: Path) -> None:
    entries = exports.erase_entries(exports.history(), 8)
    assert verify(exports.write(tmp_path / "export", entries, public=True)).verified


def test_backward_times_are_noted(newer: Path) -> None:
    also(edit_entry(put(at="2027-01-01T00:00:00.000000Z")), fits_signature)(newer)
    report = verify(newer)
    assert report.verified
    assert "13 entries have an earlier time than an entry before them." in report.notes


@pytest.mark.parametrize("depth", [300, 900, 960, 980, 990, 1_000, 3_000, 30_000])
@pytest.mark.parametrize("file", ["ledger.ndjson", "fixtures/01-sources.publisher.json"])
def test_deep_nesting_is_a_failure(newer: Path, depth: int, file: str) -> None:
    edit(
        file, lambda d: re.sub(rb'"Harbour [A-Z][a-z]+"', b"[" * depth + b"]" * depth, d, count=1)
    )(newer)
    fits_sums(newer)
    assert {failure.file for failure in verify(newer).failures} == {file}


def test_it_stops_after_twenty_failures(newer: Path) -> None:
    exports.write_lines(newer, [b"{}"] * 100)
    report = verify(newer)
    assert (len(report.failures), report.complete) == (MAX_FAILURES, False)
    assert "there may be more" in "\n".join(report.lines())


def test_a_failure_names_file_line_and_record(newer: Path) -> None:
    edit("ledger.ndjson", replaced(b'"@bob"', b'"bob"'))(newer)
    fits_sums(newer)
    (failure,) = verify(newer).failures
    assert str(failure) == (
        "ledger.ndjson, line 6 (claims.claim 01a19467-e800-7000-8000-000000000004): entry 5: "
        'expected actor to be @handle, command:name or database:role, found "bob"'
    )


def test_text_of_an_export_cannot_control_the_terminal(
    newer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exports.write_manifest(newer, origin="\x1b[2Jx\n\u202e")
    assert main([str(newer)]) == 1
    assert capsys.readouterr().out.isascii()
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["older", "newer", "public"])
@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(file=st.integers(0), byte=st.integers(0, 100_000), bit=st.integers(0, 7))
@pytest.mark.slow
def test_every_flipped_bit_is_detected(
    tmp_path_factory: pytest.TempPathFactory, kind: str, file: int, byte: int, bit: int
) -> None:
    folder = getattr(exports, f"write_{kind}")(tmp_path_factory.mktemp("flip") / "export")
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    flip(names[file % len(names)], byte, bit)(folder)
    assert not verify(folder).verified
    shutil.rmtree(folder)


@settings(max_examples=200, deadline=None)
@given(file=st.integers(0), byte=st.integers(0, 100_000), bit=st.integers(0, 7))
@pytest.mark.slow
def test_every_flipped_bit_is_detected_with_matching_sums(
    tmp_path_factory: pytest.TempPathFactory, file: int, byte: int, bit: int
) -> None:
    folder = exports.write_newer(tmp_path_factory.mktemp("flip") / "export")
    free = {"README.txt", "verify.py", "SHA256SUMS"}
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    names = [name for name in names if name not in free]
    flip(names[file % len(names)], byte, bit)(folder)
    fits_sums(folder)
    report = verify(folder)
    assert not report.verified
    shutil.rmtree(folder)


@given(st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
))  # fmt: skip
@pytest.mark.slow
def test_canonical_json_equals_rfc_8785(value: object) -> None:
    assert _canonical_json(value).encode() == rfc8785.dumps(value)


def run_verify(
    folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run verify.py like an auditor, without this project on the path."""
    return subprocess.run(
        [sys.executable, "-I", "verify.py", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("kind", ["older", "newer", "public"])
@pytest.mark.slow
def test_it_runs_in_the_folder_of_an_export(tmp_path: Path, kind: str) -> None:
    folder = getattr(exports, f"write_{kind}")(tmp_path / "export")
    done = run_verify(folder, "--key", exports.verifier_key())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Verified: ")
    sha256sum = shutil.which("sha256sum")
    assert sha256sum
    subprocess.run([sha256sum, "-c", "--strict", "SHA256SUMS"], cwd=folder, check=True)
    assert run_verify(folder).returncode == 0, "running it leaves nothing behind"


@pytest.mark.slow
def test_the_exit_status_separates_failed_from_not_checked(newer: Path, older: Path) -> None:
    assert run_verify(newer, "--previous", str(older)).returncode == 0
    assert run_verify(older, "--previous", str(newer)).returncode == 1
    assert run_verify(newer, "--previous", "no-such-folder").returncode == 2
    assert run_verify(newer, "no-such-folder").returncode == 2
    assert run_verify(newer, "--no-such-option").returncode == 2
    assert run_verify(newer, "--key", "no-such-key").returncode == 2


def fake_openssl(folder: Path, script: str) -> str:
    folder.mkdir()
    (folder / "openssl").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "openssl").chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (str, "does not run"),
        (lambda folder: fake_openssl(folder / "old", "exit 1"), "3.0"),
    ],
    ids=["missing", "too old"],
)  # fmt: skip
def test_an_unsuitable_openssl_prevents_the_check(
    tmp_path: Path, newer: Path, path: Callable[[Path], str], says: str
) -> None:
    done = run_verify(newer, PATH=path(tmp_path))
    assert done.returncode == 2
    assert done.stderr.startswith("NOT VERIFIED: The signature was not checked")
    assert says in done.stderr
    assert done.stdout == ""


def test_an_unreadable_file_prevents_the_check(
    newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_reading(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse_reading)
    with pytest.raises(CheckError, match="Permission denied"):
        verify(newer)


def test_a_pipe_is_refused_without_reading_it(newer: Path) -> None:
    (newer / "README.txt").unlink()
    os.mkfifo(newer / "README.txt")
    assert has_failure(verify(newer), "README.txt", "regular file")


def test_it_is_python_3_9_and_imports_only_the_standard_library() -> None:
    tree = ast.parse(exports.VERIFY.read_text(), feature_version=(3, 9))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [n.name for n in node.names]
        )
    }
    assert imported <= sys.stdlib_module_names
