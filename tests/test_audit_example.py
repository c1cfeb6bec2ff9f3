"""The worked example of an audit export verifies, loads, and is exported again unchanged."""

import json
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command

from claims.models import Claim, ReviewVersion
from claimsapi.core.ledger.verify import verify
from tests.core.ledger.sample_history import use_key
from tests.doc_commands import check_block, read_blocks

EXAMPLE = Path(__file__).parents[1] / "fixtures" / "examples" / "audit_export"
GUIDE = Path(__file__).parents[1] / "docs" / "auditor.md"
# The key of the example was destroyed, and the programs may have changed since.
CHANGING_FILES = {
    "README.txt",
    "SHA256SUMS",
    "checkpoint",
    "public_key.pem",
    "public_key.txt",
    "verify.py",
}


@pytest.fixture(autouse=True)
def key(settings: LazySettings, tmp_path: Path) -> None:
    use_key(settings, tmp_path)
    settings.LEDGER_ORIGIN = "example.invalid/ledger"


def read_files(folder: Path) -> dict[str, bytes]:
    names = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return {name: (folder / name).read_bytes() for name in names if name not in CHANGING_FILES}


def export(folder: Path) -> Path:
    call_command("export_audit", str(folder), verbosity=0, stdout=StringIO())
    return folder


def test_the_example_verifies() -> None:
    report = verify(EXAMPLE)
    assert report.verified, "\n".join(report.lines())


@pytest.mark.django_db
def test_the_example_is_imported_and_exported_byte_for_byte(tmp_path: Path) -> None:
    call_command("import_audit", str(EXAMPLE), stdout=StringIO(), stderr=StringIO())
    again = export(tmp_path / "again")
    assert read_files(again) == read_files(EXAMPLE)
    body, expected_body = (
        (f / "checkpoint").read_text().split("\n\n")[0] for f in (again, EXAMPLE)
    )
    assert body == expected_body
    assert ReviewVersion.objects.filter(state="published").count() == 2
    assert Claim.objects.count() == 48


@pytest.mark.django_db
def test_fixtures_of_the_example_are_loaded_and_exported_byte_for_byte(tmp_path: Path) -> None:
    fixtures = sorted(map(str, (EXAMPLE / "fixtures").iterdir()))
    call_command("loaddata", *fixtures, verbosity=0)
    actual, expected = read_files(export(tmp_path / "again")), read_files(EXAMPLE)
    for name in expected.keys() - {"ledger.ndjson", "manifest.json"}:
        assert actual[name] == expected[name], name


def test_the_example_contains_only_text_that_may_be_published() -> None:
    rows = [
        json.loads(line)["content"]["state"]["fields"]
        for line in (EXAMPLE / "ledger.ndjson").read_text().splitlines()
        if '"kind":"sources.snapshot"' in line
    ]
    assert {row["text"] is None for row in rows} == {True, False}
    for row in rows:
        assert row["text"] is None or "invented" in row["text"]


@pytest.mark.slow
def test_commands_of_the_guide_for_auditors_print_the_documented_output(tmp_path: Path) -> None:
    export = shutil.copytree(EXAMPLE, tmp_path / "audit_export")
    shutil.copytree(EXAMPLE, tmp_path / "OLDER")
    blocks = read_blocks(GUIDE)
    assert any("--key" in command.text for block in blocks for command in block.commands)
    for block in blocks:
        check_block(block, directory=export)
