"""Loader of seed documents: a file loads completely or not at all, and only once."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from claims.choices import VersionState
from claims.models import Claim, RatingScale, ReviewVersion, Statement
from claimsapi.core.models import User
from sources.models import Document
from tests.claims.exchange.seeds.documents import CASE, LOG, replace_in_case, seed, seed_error
from tests.test_fixtures import dump_records

pytestmark = pytest.mark.django_db


def test_a_case_loads_and_the_command_prints_its_counts(write: Callable[..., Path]) -> None:
    [line] = seed(write())
    assert line["file"] == "ferries.yaml"
    assert (line["made"] > 0, line["kept"]) == (True, 0)
    [version] = ReviewVersion.objects.all()
    assert version.state == VersionState.PUBLISHED
    assert (version.author.handle, version.editor.handle) == ("ada", "ben")
    assert version.evidence.get().exact == LOG
    assert Claim.objects.public().count() == 1
    assert Statement.objects.get().exact == ""


def test_a_second_load_of_a_case_changes_no_record(write: Callable[..., Path]) -> None:
    path = write()
    [first] = seed(path)
    before = dump_records()
    [second] = seed(path)
    assert second["made"] == 0
    assert second["kept"] == first["made"] > 0
    assert dump_records() == before


def test_public_ids_are_the_same_on_every_installation(write: Callable[..., Path]) -> None:
    seed(write())
    assert str(Claim.objects.get(text="A ferry of May was late.").public_id) == (
        "01a19467-e800-75ca-a621-7ade5baf1a7f"
    )


def test_seeded_accounts_cannot_sign_in(write: Callable[..., Path]) -> None:
    seed(write())
    for user in User.objects.all():
        assert not user.has_usable_password()
        assert not user.is_staff
        assert user.groups.count() == 1


def test_a_second_load_keeps_the_changes_of_people(write: Callable[..., Path]) -> None:
    path = write()
    seed(path)
    Claim.objects.filter(text="Every ferry of May was on time.").update(
        text="Ferries were on time."
    )
    seed(path)
    assert Claim.objects.filter(text="Ferries were on time.").exists()
    assert Claim.objects.count() == 2


def test_a_file_may_have_a_byte_order_mark_and_windows_line_ends(
    write: Callable[..., Path],
) -> None:
    content = b"\xef\xbb\xbf" + CASE.replace("\n", "\r\n").encode()
    [line] = seed(write(content))
    assert line["made"] > 0


def test_a_case_has_the_name_of_its_file(write: Callable[..., Path]) -> None:
    error = seed_error(write(CASE, "boats.yaml"))
    assert error.startswith("boats.yaml:1: case: ")


def test_an_invalid_file_does_not_stop_the_others(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    broken = write(replace_in_case("    kind: dataset", "    kind: spreadsheet"))
    other = write(
        "case: boats\nrecorded: 2026-11-01T00:00:00Z\ntopics:\n  - {slug: boats, name: Boats}\n",
        "boats.yaml",
    )
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError, match="2 file") as failure:
        call_command("seed", broken, tmp_path / "absent.yaml", other, stdout=out, stderr=err)
    assert failure.value.returncode == 2
    assert json.loads(out.getvalue()) == {"file": "boats.yaml", "made": 1, "kept": 0}
    assert err.getvalue().count("\n") == 2
    assert "absent.yaml: No such file" in err.getvalue()
    assert not Document.objects.exists()


def test_a_folder_is_not_a_seed_document(tmp_path: Path) -> None:
    assert "directory" in seed_error(tmp_path).lower()


def test_an_error_names_the_command_that_loads_missing_roles_or_scales(
    write: Callable[..., Path],
) -> None:
    RatingScale.objects.all().delete()
    Group.objects.all().delete()
    assert "manage.py loaddata roles" in seed_error(write())
    call_command("loaddata", "roles", verbosity=0)
    assert "manage.py loaddata rating_scales" in seed_error(write())
