"""The German catalogue: complete, consistent with the source, and compiled."""

import shutil
from pathlib import Path

import polib
import pytest
from django.conf import LazySettings
from django.conf import settings as configured
from django.core.management import call_command

ROOT = configured.BASE_DIR
FOLDER = ROOT / "claimsapi" / "locale" / "de" / "LC_MESSAGES"
HINT = "run 'make messages', translate, and run it again"


def read_translations(file: polib.POFile | polib.MOFile) -> dict[tuple[str, str, str], object]:
    """Return the translations by context, message and plural of the message."""
    return {
        (entry.msgctxt or "", entry.msgid, entry.msgid_plural): entry.msgstr_plural or entry.msgstr
        for entry in file
        if not entry.obsolete
    }


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(FOLDER / "django.po"))


def test_every_message_is_translated(catalogue: polib.POFile) -> None:
    assert [entry.msgid for entry in catalogue.untranslated_entries()] == [], HINT
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == [], HINT
    assert [entry.msgid for entry in catalogue.obsolete_entries()] == [], HINT


def test_a_translation_has_the_final_mark_and_placeholders_of_its_message(
    catalogue: polib.POFile,
) -> None:
    """Find mistakes that a reader without German would not notice."""
    for entry in catalogue:
        for translation in entry.msgstr_plural.values() or [entry.msgstr]:
            assert translation.strip() == translation, entry.msgid
            for mark in ".:?…":
                assert translation.endswith(mark) == entry.msgid.endswith(mark), entry.msgid
            for bracket in "{<":
                assert translation.count(bracket) == entry.msgid.count(bracket), entry.msgid


def test_the_compiled_catalogue_is_current(catalogue: polib.POFile) -> None:
    compiled = polib.mofile(str(FOLDER / "django.mo"))
    assert read_translations(compiled) == read_translations(catalogue), HINT


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="gettext is not on this machine.")
def test_the_catalogue_has_exactly_the_messages_of_the_source(
    catalogue: polib.POFile,
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
    missing = (
        read_translations(polib.pofile(str(copy))).keys() - read_translations(catalogue).keys()
    )
    assert missing == set(), HINT
    assert copy.read_text() == (FOLDER / "django.po").read_text(), HINT
