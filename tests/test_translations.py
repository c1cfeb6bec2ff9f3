"""The German catalogue says all that the source says, and what is read is what is written."""

import shutil
from pathlib import Path

import polib
import pytest
from django.conf import LazySettings
from django.conf import settings as configured
from django.core.management import call_command

ROOT = configured.BASE_DIR
FOLDER = ROOT / "claimsapi" / "locale" / "de" / "LC_MESSAGES"
MEND = "run 'make messages', translate, and run it again"


def said_in(catalogue: polib.POFile | polib.MOFile) -> dict[tuple[str, str, str], object]:
    """What each message is in German, by its context, its words and their plural."""
    return {
        (entry.msgctxt or "", entry.msgid, entry.msgid_plural): entry.msgstr_plural or entry.msgstr
        for entry in catalogue
        if not entry.obsolete
    }


@pytest.fixture(scope="module")
def written() -> polib.POFile:
    return polib.pofile(str(FOLDER / "django.po"))


def test_every_message_is_translated(written: polib.POFile) -> None:
    assert [entry.msgid for entry in written.untranslated_entries()] == [], MEND
    assert [entry.msgid for entry in written.fuzzy_entries()] == [], MEND
    assert [entry.msgid for entry in written.obsolete_entries()] == [], MEND


def test_a_translation_ends_and_is_filled_in_as_its_message_is(written: polib.POFile) -> None:
    """What a person would see at once, and nobody who reads no German."""
    for entry in written:
        for said in entry.msgstr_plural.values() or [entry.msgstr]:
            assert said.strip() == said, entry.msgid
            for mark in ".:?…":
                assert said.endswith(mark) == entry.msgid.endswith(mark), entry.msgid
            for bracket in "{<":
                assert said.count(bracket) == entry.msgid.count(bracket), entry.msgid


def test_what_is_read_is_what_is_written(written: polib.POFile) -> None:
    compiled = polib.mofile(str(FOLDER / "django.mo"))
    assert said_in(compiled) == said_in(written), MEND


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="gettext is not on this machine.")
def test_the_catalogue_has_every_message_of_the_source_and_no_other(
    written: polib.POFile,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: LazySettings,
) -> None:
    kinds = shutil.ignore_patterns("migrations", "static", "__pycache__", "*.mo")
    for part in ("claimsapi", "sources", "claims"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=kinds)
    settings.LOCALE_PATHS = [tmp_path / "claimsapi" / "locale"]
    monkeypatch.chdir(tmp_path)
    call_command("makemessages", verbosity=0)
    copy = tmp_path / FOLDER.relative_to(ROOT) / "django.po"
    missing = said_in(polib.pofile(str(copy))).keys() - said_in(written).keys()
    assert missing == set(), MEND
    assert copy.read_text() == (FOLDER / "django.po").read_text(), MEND
