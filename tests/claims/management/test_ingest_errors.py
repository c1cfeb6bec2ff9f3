"""The ingest command reports bad files and bad options."""

import codecs
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from sources.models import Document, Publisher, Snapshot
from tests.claims.management.ingestion import ingest_with_errors

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[3]

BAD = {
    "empty": (b"", "empty"),
    "only space": (b" \n\t\r\n", "empty"),
    "image": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG image"),
    "PDF": (b"%PDF-1.7\n", "PDF"),
    "archive": (b"PK\x03\x04\x14\0", "ZIP"),
    "random bytes": (bytes(range(128, 256)), "not utf-8"),
    "Latin-1": ("Zürich".encode("latin-1"), "Convert it to UTF-8"),
    "UTF-32": ("Zürich".encode("utf-32"), "UTF-32"),
    "cut UTF-16": (codecs.BOM_UTF16_LE + b"a\0b", "utf-16-le"),
    "NUL": (b"Zu\0rich", "NUL at character 2"),
    "control character": (b"Zu\x1brich", "U+001B at character 2"),
    "lone surrogate": (b"Zu\xed\xa0\x80rich", "lone surrogate at byte 2"),
    "larger than the limit": (b"a" * 1001, "larger than 1000 bytes"),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_file_has_one_error_line_and_the_others_are_stored(
    bad: str, file: Callable[..., Path], settings: LazySettings
) -> None:
    settings.INGEST_MAX_BYTES = 1000
    content, message = BAD[bad]
    bad_file = file(content, "wrong.txt")
    lines, errors, summary = ingest_with_errors(
        file("One.", "1.txt"), bad_file, file("Two.", "2.txt")
    )
    assert [line["title"] for line in lines] == ["One.", "Two."]
    [error] = errors
    assert error.startswith(f"{bad_file}: ")
    assert message in error
    assert error.endswith(".")
    assert summary == "1 of 3 file(s) failed."
    assert Document.objects.count() == Snapshot.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<html><body></body></html>", "The page has no text"),
        ("<html><head><meta charset=utf-7></head><body><p>+ADw-</p></body></html>", "'utf-7'"),
        ("<div>" * 5000, "The page has no text"),
    ],
)
def test_a_bad_page_has_one_error_line(
    content: str, message: str, file: Callable[..., Path]
) -> None:
    _lines, [error], _summary = ingest_with_errors(file(content, "page.html"))
    assert message in error
    assert not Document.objects.exists()


def test_a_missing_file_and_a_folder_have_error_lines(
    file: Callable[..., Path], tmp_path: Path
) -> None:
    lines, errors, summary = ingest_with_errors(tmp_path / "absent.txt", tmp_path, file())
    assert [line["outcome"] for line in lines] == ["created"]
    assert errors == [
        f"{tmp_path / 'absent.txt'}: No such file or directory",
        f"{tmp_path}: Is a directory",
    ]
    assert summary == "2 of 3 file(s) failed."


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("published", "2026-02-30", "not a calendar date"),
        ("published", "0000", "not a calendar date"),
        ("published", "yesterday", "write YYYY"),
        ("published", "٢٠٢٦", "write YYYY"),
        ("url", "ftp://harbour.example/x", "not an http or https URL"),
        ("url", "harbour.example/x", "not an http or https URL"),
        ("url", "https://harbour.example:99999/", "not a URL"),
        ("url", "https://harbour.example/\udcff", "not a URL"),
        ("url", f"https://harbour.example/{'x' * 2000}", "at most 2000"),
        ("title", "Ferries\0", "--title: Control character U+0000"),
        ("title", "\udcff", "--title: Lone surrogate"),
        ("title", "Fer\u202eries", "--title: Bidirectional control"),
        ("publisher", "Watch\udcff", "--publisher: Lone surrogate"),
        ("language", "en\0", "--language: Control character"),
    ],
)
def test_a_bad_option_is_an_error_before_any_file_is_read(
    option: str, value: str, message: str, tmp_path: Path
) -> None:
    lines, errors, summary = ingest_with_errors(tmp_path / "absent.txt", **{option: value})
    assert (lines, errors) == ([], [])
    assert message in summary
    assert "\n" not in summary


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("title", "T" * 501, "title: Ensure this value has at most 500 characters"),
        ("publisher", "Nobody's Watch", "matches no publisher or several"),
        ("publisher", "p" * 64 + ".example", "Use the site"),
        ("language", "english language", "language: Enter a language tag"),
        ("language", "en-" + "-".join(["abcdefgh"] * 5), "language: Ensure this value"),
    ],
)
def test_an_option_that_the_models_reject_has_one_error_line(
    option: str, value: str, message: str, file: Callable[..., Path]
) -> None:
    _lines, [error], _summary = ingest_with_errors(file(), **{option: value})
    assert message in error
    assert not Document.objects.exists()
    assert not Publisher.objects.exists()


def test_an_unknown_kind_is_an_error(file: Callable[..., Path]) -> None:
    with pytest.raises(CommandError, match="invalid choice: 'rumour'"):
        call_command("ingest", str(file()), "--kind=rumour")


def test_a_file_name_outside_utf_8_is_printed_with_escapes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File names are bytes, but standard output is strict UTF-8."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt"))
    path.write_text("word " * 100)
    output = io.BytesIO()
    strict = io.TextIOWrapper(output, encoding="utf-8", write_through=True)
    call_command("ingest", str(path), stdout=strict)
    line = json.loads(output.getvalue())
    assert line["path"].endswith(r"/\udcff.txt")
    assert line["title"] == ".txt"


def test_the_process_exits_with_status_2(tmp_path: Path) -> None:
    """Scripts rely on the exit status of the command."""
    ran = subprocess.run(
        [sys.executable, "manage.py", "ingest", "--published=2026-02-30", "absent.txt"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": "sqlite://:memory:"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "CommandError: '2026-02-30' is not a calendar date.\n"
