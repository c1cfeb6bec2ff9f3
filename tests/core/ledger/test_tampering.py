"""Manipulations of a real export are detected, like those of the invented ones."""

import shutil
from pathlib import Path

import pytest
from django.conf import LazySettings

from claims.models import Claim
from claimsapi.core.ledger.sequencer import sequence_entries
from claimsapi.core.ledger.verify import verify
from tests import factories as make
from tests.core.ledger import exports
from tests.core.ledger.sample_history import create_history, use_key
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
from tests.core.ledger.test_erasure import create_claim_with_past, erase
from tests.core.ledger.test_export import assert_verified, contents, export

pytestmark = pytest.mark.django_db


def do_nothing(folder: Path) -> None:
    """Leave the manipulated export unrepaired."""


# The first two kinds have no references, so they load in any order.
HARMLESS = {"fixtures in another order"}

resign: Tamper = also(recount, exports.sign, exports.write_sums)


@pytest.fixture
def exported(tmp_path: Path, settings: LazySettings) -> Path:
    use_key(settings, tmp_path)
    make.PublisherFactory(name="Harbour Post")
    create_history()
    make.UserFactory(handle="dora")
    _, (first, *_) = create_claim_with_past()
    erase(first)
    Claim.objects.filter(text="A claim.").update(language="fr")
    sequence_entries()
    return export(tmp_path / "export")


def tamper_with(exported: Path, case: Case, *more: Tamper) -> Path | None:
    """Manipulate a copy of the export; ``None`` if the case does not apply to it."""
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


def test_every_manipulation_is_detected(exported: Path) -> None:
    assert_verified(exported)
    done, unseen = 0, []
    for cases, fit in (
        (BY_SUMS, do_nothing),
        (WITH_SUMS, exports.write_sums),
        (WITH_SIGNATURE, resign),
    ):
        for case in cases:
            if case.words in HARMLESS:
                continue
            if folder := tamper_with(exported, case, fit):
                done += 1
                if verify(folder).verified:
                    unseen.append(case.words)
            (exported.parent / "elsewhere.txt").unlink(missing_ok=True)
            shutil.rmtree(exported.parent / "elsewhere", ignore_errors=True)
    assert unseen == []
    assert done > 150


def test_an_older_export_detects_a_history_rewritten_with_the_key(
    exported: Path, tmp_path: Path
) -> None:
    make.ClaimFactory()
    later = export(tmp_path / "later")
    for case in WITH_EVERYTHING:
        folder = tamper_with(later, case, exports.renumber_erasures, resign)
        assert folder is not None, case.words
        assert not verify(folder, previous=exported).verified, case.words
