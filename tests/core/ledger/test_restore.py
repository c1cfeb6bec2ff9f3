"""An installation moves, with its records and its history, and goes on."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from claims.models import Claim
from claimsapi.core.database.checks import check_triggers
from claimsapi.core.ledger.sequencer import sequence_entries
from claimsapi.core.models import Entry, Leaf, User
from tests import factories as make
from tests.core.ledger import exports
from tests.core.ledger.sample_history import with_key, worked
from tests.core.ledger.test_erasure import claim_with_a_past, erase, numbers
from tests.core.ledger.test_export import contents, export, verified
from tests.core.ledger.test_integrity import check

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def key(settings: LazySettings, tmp_path: Path) -> None:
    with_key(settings, tmp_path)


@pytest.fixture
def moved(tmp_path: Path) -> Path:
    """The export of a desk that has everything, and an empty installation."""
    worked()
    make.UserFactory(handle="dora")
    claim, entries = claim_with_a_past()
    erase(*entries[:2])
    Claim.objects.filter(pk=claim.pk).delete()
    erase(numbers(claim)[2])
    folder = export(tmp_path / "moved")
    call_command("flush", interactive=False, verbosity=0)
    call_command("loaddata", "roles", verbosity=0)
    assert not Entry.objects.exists()
    return folder


def take(folder: Path) -> str:
    err = StringIO()
    call_command("import_audit", str(folder), stdout=StringIO(), stderr=err)
    return err.getvalue()


def test_what_was_imported_comes_out_byte_for_byte(moved: Path, tmp_path: Path) -> None:
    assert take(moved) == ""
    assert contents(export(tmp_path / "again")) == contents(moved)
    right, said = check()
    assert right, said
    assert check_triggers(None, ["default"]) == []


def test_the_ledger_goes_on_after_an_import(moved: Path, tmp_path: Path) -> None:
    take(moved)
    ada = User.objects.get(handle="ada")
    assert (ada.is_active, ada.has_usable_password()) == (False, False)
    version = make.published_version()
    version.review.claim.statements.all().delete()
    Claim.objects.filter(text="A listed claim.").update(listed_at=None)
    sequence_entries()
    verified(export(tmp_path / "later"), previous=moved)
    verified(export(tmp_path / "public", "--public"), previous=moved)
    assert check()[0]


def test_parts_keep_their_wholes(tmp_path: Path) -> None:
    worked()
    entries = Entry.objects.order_by("leaf__sequence").values_list("object", "part_of", "erased")
    before = list(entries)
    folder = export(tmp_path / "moved")
    call_command("flush", interactive=False, verbosity=0)
    take(folder)
    assert list(entries.all()) == before


def test_an_account_that_is_there_stays_as_it_is(moved: Path) -> None:
    ada = make.UserFactory(handle="ada", username="ada.q")
    ada.set_password("a long enough password")
    ada.save()
    take(moved)
    ada.refresh_from_db()
    assert (ada.username, ada.is_active) == ("ada.q", True)
    assert ada.check_password("a long enough password")


def test_another_key_is_told(moved: Path, settings: LazySettings, tmp_path: Path) -> None:
    with_key(settings, tmp_path, exports.ANOTHER_KEY)
    assert "another key" in take(moved)


class TestRefused:
    def refuse(self, words: str, folder: Path) -> None:
        before = Entry.objects.count(), Claim.objects.count(), User.objects.count()
        with pytest.raises(CommandError, match=words):
            take(folder)
        assert (Entry.objects.count(), Claim.objects.count(), User.objects.count()) == before
        assert check_triggers(None, ["default"]) == []

    def test_is_what_does_not_verify(self, moved: Path) -> None:
        (moved / "README.txt").write_text("")
        self.refuse("NOT VERIFIED", moved)

    def test_is_no_folder(self, tmp_path: Path) -> None:
        self.refuse("not a folder", tmp_path / "none")

    def test_is_an_installation_that_is_not_empty(self, moved: Path) -> None:
        claim = make.ClaimFactory()
        self.refuse("has entries", moved)
        claim.delete()
        self.refuse("has entries", moved)

    def test_is_another_name(self, moved: Path, settings: LazySettings) -> None:
        settings.LEDGER_ORIGIN = "another.example/ledger"
        self.refuse(f"LEDGER_ORIGIN={exports.ORIGIN}", moved)

    def test_is_a_login_of_another_person(self, moved: Path) -> None:
        make.UserFactory(handle="another", username="ada")
        self.refuse("login 'ada'", moved)

    @pytest.mark.parametrize("options", [("--public",), ("--as-of", "2026-01-01T00:00:00Z")])
    def test_is_a_part(self, tmp_path: Path, options: tuple[str, ...]) -> None:
        folder = export(tmp_path / "part", *options)
        self.refuse("only a part", folder)

    def test_is_what_cannot_be_loaded_and_nothing_of_it_stays(
        self, moved: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            "claimsapi.core.ledger.restore._complete_leaves", lambda: Claim.objects.update(text="x")
        )
        self.refuse("not what was exported", moved)


@pytest.mark.filterwarnings("ignore:No fixture data found")  # of kinds that have no records
def test_the_fixtures_load_as_any_fixtures_do(moved: Path, tmp_path: Path) -> None:
    fixtures = sorted(map(str, (moved / "fixtures").iterdir()))
    call_command("loaddata", *fixtures, verbosity=0)
    again = export(tmp_path / "again")
    verified(again)
    for path in fixtures:
        name = Path(path).name
        assert (again / "fixtures" / name).read_bytes() == Path(path).read_bytes(), name
    actions = {json.loads(line)["action"] for line in exports.lines_of(again)}
    assert actions <= {"create", "change"}


def test_what_is_imported_is_dated_as_it_was(moved: Path) -> None:
    take(moved)
    lines = [json.loads(line) for line in exports.lines_of(moved)]
    leaves = Leaf.objects.select_related("entry").order_by("sequence")
    assert [f"{leaf.entry.at:%Y-%m-%dT%H:%M:%S.%fZ}" for leaf in leaves] == [
        line["at"] for line in lines
    ]
