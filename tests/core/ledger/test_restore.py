"""An import moves records and ledger to another installation, which continues them."""

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
from tests.core.ledger.sample_history import create_history, use_key
from tests.core.ledger.test_erasure import create_claim_with_past, erase, numbers
from tests.core.ledger.test_export import assert_verified, contents, export
from tests.core.ledger.test_integrity import check

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def key(settings: LazySettings, tmp_path: Path) -> None:
    use_key(settings, tmp_path)


@pytest.fixture
def moved(tmp_path: Path) -> Path:
    """Return the export of a desk with every kind of entry, and empty the installation."""
    create_history()
    make.UserFactory(handle="dora")
    claim, entries = create_claim_with_past()
    erase(*entries[:2])
    Claim.objects.filter(pk=claim.pk).delete()
    erase(numbers(claim)[2])
    folder = export(tmp_path / "moved")
    call_command("flush", interactive=False, verbosity=0)
    call_command("loaddata", "roles", verbosity=0)
    assert not Entry.objects.exists()
    return folder


def import_export(folder: Path) -> str:
    err = StringIO()
    call_command("import_audit", str(folder), stdout=StringIO(), stderr=err)
    return err.getvalue()


def test_an_import_is_exported_byte_for_byte(moved: Path, tmp_path: Path) -> None:
    assert import_export(moved) == ""
    assert contents(export(tmp_path / "again")) == contents(moved)
    equal, output = check()
    assert equal, output
    assert check_triggers(None, ["default"]) == []


def test_the_ledger_continues_after_an_import(moved: Path, tmp_path: Path) -> None:
    import_export(moved)
    ada = User.objects.get(handle="ada")
    assert (ada.is_active, ada.has_usable_password()) == (False, False)
    version = make.published_version()
    version.review.claim.statements.all().delete()
    Claim.objects.filter(text="A listed claim.").update(listed_at=None)
    sequence_entries()
    assert_verified(export(tmp_path / "later"), previous=moved)
    assert_verified(export(tmp_path / "public", "--public"), previous=moved)
    assert check()[0]


def test_parts_keep_their_parent_records(tmp_path: Path) -> None:
    create_history()
    entries = Entry.objects.order_by("leaf__sequence").values_list("object", "part_of", "erased")
    before = list(entries)
    folder = export(tmp_path / "moved")
    call_command("flush", interactive=False, verbosity=0)
    import_export(folder)
    assert list(entries.all()) == before


def test_an_existing_account_stays_unchanged(moved: Path) -> None:
    ada = make.UserFactory(handle="ada", username="ada.q")
    ada.set_password("a long enough password")
    ada.save()
    import_export(moved)
    ada.refresh_from_db()
    assert (ada.username, ada.is_active) == ("ada.q", True)
    assert ada.check_password("a long enough password")


def test_another_key_is_reported(moved: Path, settings: LazySettings, tmp_path: Path) -> None:
    use_key(settings, tmp_path, exports.ANOTHER_KEY)
    assert "Another key signed" in import_export(moved)


class TestRefused:
    def refuse(self, words: str, folder: Path) -> None:
        before = Entry.objects.count(), Claim.objects.count(), User.objects.count()
        with pytest.raises(CommandError, match=words):
            import_export(folder)
        assert (Entry.objects.count(), Claim.objects.count(), User.objects.count()) == before
        assert check_triggers(None, ["default"]) == []

    def test_an_unverified_export(self, moved: Path) -> None:
        (moved / "README.txt").write_text("")
        self.refuse("NOT VERIFIED", moved)

    def test_a_missing_folder(self, tmp_path: Path) -> None:
        self.refuse("not a folder", tmp_path / "none")

    def test_an_installation_with_records(self, moved: Path) -> None:
        claim = make.ClaimFactory()
        self.refuse("has entries", moved)
        claim.delete()
        self.refuse("has entries", moved)

    def test_another_origin(self, moved: Path, settings: LazySettings) -> None:
        settings.LEDGER_ORIGIN = "another.example/ledger"
        self.refuse(f"LEDGER_ORIGIN={exports.ORIGIN}", moved)

    def test_a_login_of_another_person(self, moved: Path) -> None:
        make.UserFactory(handle="another", username="ada")
        self.refuse("login 'ada'", moved)

    @pytest.mark.parametrize("options", [("--public",), ("--as-of", "2026-01-01T00:00:00Z")])
    def test_a_partial_export(self, tmp_path: Path, options: tuple[str, ...]) -> None:
        folder = export(tmp_path / "part", *options)
        self.refuse("only a part", folder)

    def test_an_export_that_loads_differently(
        self, moved: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            "claimsapi.core.ledger.restore._complete_leaves", lambda: Claim.objects.update(text="x")
        )
        self.refuse("not what was exported", moved)


@pytest.mark.filterwarnings("ignore:No fixture data found")  # of kinds that have no records
def test_loaddata_loads_the_fixtures(moved: Path, tmp_path: Path) -> None:
    fixtures = sorted(map(str, (moved / "fixtures").iterdir()))
    call_command("loaddata", *fixtures, verbosity=0)
    again = export(tmp_path / "again")
    assert_verified(again)
    for path in fixtures:
        name = Path(path).name
        assert (again / "fixtures" / name).read_bytes() == Path(path).read_bytes(), name
    actions = {json.loads(line)["action"] for line in exports.read_lines(again)}
    assert actions <= {"create", "change"}


def test_imported_records_keep_their_dates(moved: Path) -> None:
    import_export(moved)
    lines = [json.loads(line) for line in exports.read_lines(moved)]
    leaves = Leaf.objects.select_related("entry").order_by("sequence")
    assert [f"{leaf.entry.at:%Y-%m-%dT%H:%M:%S.%fZ}" for leaf in leaves] == [
        line["at"] for line in lines
    ]
