"""What was done to a real export is found as it is in the invented ones."""

import shutil
from pathlib import Path

import pytest
from django.conf import LazySettings

from claims.models import Claim
from claimsapi.core.ledger.sequencer import sequence_entries
from claimsapi.core.ledger.verify import verify
from tests import factories as make
from tests.core.ledger import exports
from tests.core.ledger.sample_history import with_key, worked
from tests.core.ledger.tampering import (
    BY_SUMS,
    WITH_EVERYTHING,
    WITH_SIGNATURE,
    WITH_SUMS,
    Case,
    Tamper,
    also,
    recount,
)
from tests.core.ledger.test_erasure import claim_with_a_past, erase
from tests.core.ledger.test_export import contents, export, verified

pytestmark = pytest.mark.django_db


def nothing(folder: Path) -> None:
    """What was done stays as it is."""


# Of a desk's kinds the first two refer to nothing: they load in any order.
HARMLESS = {"fixtures in another order"}

resign: Tamper = also(recount, exports.sign, exports.write_sums)


@pytest.fixture
def exported(tmp_path: Path, settings: LazySettings) -> Path:
    with_key(settings, tmp_path)
    make.PublisherFactory(name="Harbour Post")
    worked()
    make.UserFactory(handle="dora")
    _, (first, *_) = claim_with_a_past()
    erase(first)
    Claim.objects.filter(text="A claim.").update(language="fr")
    sequence_entries()
    return export(tmp_path / "export")


def tampered(exported: Path, case: Case, *more: Tamper) -> Path | None:
    """A copy of the export to which this was done; ``None`` where it has nothing to do it to."""
    folder = exported.with_name("tampered")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(exported, folder)
    try:
        case.tamper(folder)
    except (AssertionError, LookupError, ValueError):
        return None
    if contents(folder) == contents(exported) and case not in BY_SUMS:
        return None
    also(*more)(folder)
    return folder


def test_whatever_was_done_to_it_is_found(exported: Path) -> None:
    verified(exported)
    done, unseen = 0, []
    for cases, fit in (
        (BY_SUMS, nothing),
        (WITH_SUMS, exports.write_sums),
        (WITH_SIGNATURE, resign),
    ):
        for case in cases:
            if case.words in HARMLESS:
                continue
            if folder := tampered(exported, case, fit):
                done += 1
                if verify(folder).verified:
                    unseen.append(case.words)
            (exported.parent / "elsewhere.txt").unlink(missing_ok=True)
            shutil.rmtree(exported.parent / "elsewhere", ignore_errors=True)
    assert unseen == []
    assert done > 150


def test_what_the_holder_of_the_key_rewrote_is_found_by_an_older_export(
    exported: Path, tmp_path: Path
) -> None:
    make.ClaimFactory()
    later = export(tmp_path / "later")
    for case in WITH_EVERYTHING:
        folder = tampered(later, case, exports.renumber_erasures, resign)
        assert folder is not None, case.words
        assert not verify(folder, previous=exported).verified, case.words
