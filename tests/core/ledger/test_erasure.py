"""An erasure removes content and keeps its place, its hash and its reason."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from claims.models import Claim
from claimsapi.core.errors import DomainError
from claimsapi.core.ledger.erasure import erase_entries
from claimsapi.core.ledger.sequencer import sequence_entries
from claimsapi.core.ledger.verify import verify
from claimsapi.core.models import Entry, Leaf
from tests import factories as make
from tests.core.ledger.sample_history import create_history, use_key
from tests.core.ledger.test_export import assert_verified, contents, export

pytestmark = pytest.mark.django_db

PRIVATE = "The words of a private person"


@pytest.fixture(autouse=True)
def key(settings: LazySettings, tmp_path: Path) -> None:
    use_key(settings, tmp_path)


def create_claim_with_past() -> tuple[Claim, list[int]]:
    """Create a claim with a secret in its past, and return the numbers of its entries too."""
    claim = make.ClaimFactory(text=PRIVATE)
    Claim.objects.filter(pk=claim.pk).update(text=f"{PRIVATE}, again.")
    Claim.objects.filter(pk=claim.pk).update(text="A claim.")
    sequence_entries()
    return claim, numbers(claim)


def numbers(record: Any) -> list[int]:
    leaves = Leaf.objects.filter(entry__object=record.public_id)
    return list(leaves.order_by("sequence").values_list("sequence", flat=True))


def erase(*entries: int, reason: str = "Article 17.", handle: str = "dora") -> str:
    out = StringIO()
    options = {"reason": reason, "handle": handle}
    call_command("erase", *entries, **options, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.fixture
def dora() -> Any:
    return make.UserFactory(handle="dora")


def test_an_erased_entry_keeps_its_leaf_and_loses_its_content(dora: Any, tmp_path: Path) -> None:
    create_history()
    claim, (first, second, _last) = create_claim_with_past()
    before = export(tmp_path / "before")
    assert "erasure" in erase(first, second)
    after = export(tmp_path / "after")
    assert PRIVATE not in b"".join(contents(after).values()).decode()
    report = assert_verified(after, previous=before)
    assert any(f"erased since: entries {first}, {second}" in note for note in report.notes)
    assert {k: v for k, v in contents(after).items() if "fixtures/" in k} == {
        k: v for k, v in contents(before).items() if "fixtures/" in k
    }
    erasure = Entry.objects.get(kind="erasure")
    assert (erasure.object, erasure.action, erasure.actor, erasure.reason, erasure.state) == (
        claim.public_id,
        "erase",
        "@dora",
        "Article 17.",
        f'{{"fields":{{"entries":[{first},{second}]}},"model":"erasure"}}',
    )


def test_each_record_gets_its_own_erasure(dora: Any, tmp_path: Path) -> None:
    (_, one), (_, other) = create_claim_with_past(), create_claim_with_past()
    assert len(erase(one[0], other[0], one[1]).splitlines()) == 2
    assert_verified(export(tmp_path / "export"))


def test_the_past_of_a_deleted_record_can_be_erased(dora: Any, tmp_path: Path) -> None:
    claim, entries = create_claim_with_past()
    claim.delete()
    sequence_entries()
    erase(*entries)
    assert_verified(export(tmp_path / "export"))
    assert_verified(export(tmp_path / "public", "--public"))


def test_a_public_export_hides_erasures_and_verifies(
    dora: Any, public: APIClient, tmp_path: Path
) -> None:
    claim = make.ClaimFactory(text=PRIVATE, listed=True)
    sequence_entries()
    Claim.objects.filter(pk=claim.pk).update(text="A claim.")
    sequence_entries()
    erase(numbers(claim)[0])
    Claim.objects.filter(pk=claim.pk).update(listed_at=None)
    sequence_entries()
    Claim.objects.filter(pk=claim.pk).update(listed_at=claim.listed_at)
    folder = export(tmp_path / "export", "--public")
    assert_verified(folder)
    assert b"Article 17" not in b"".join(contents(folder).values())
    assert PRIVATE not in public.get("/api/v1/ledger/entries").content.decode()


def test_a_record_that_becomes_public_after_an_erasure_is_readable(
    dora: Any, tmp_path: Path
) -> None:
    claim, (first, *_) = create_claim_with_past()
    make.StatementFactory(claim=claim, speaker__name="Ada Quill")
    erase(first)
    Claim.objects.filter(pk=claim.pk).update(listed_at=claim.created_at)
    assert_verified(export(tmp_path / "export", "--public"))


def test_an_export_as_of_an_erased_state_lacks_the_record(dora: Any, tmp_path: Path) -> None:
    _, (first, *_) = create_claim_with_past()
    erase(first)
    at = Leaf.objects.get(sequence=first).entry.at
    folder = export(tmp_path / "export", "--as-of", f"{at:%Y-%m-%dT%H:%M:%S.%fZ}")
    report = assert_verified(folder)
    assert any("state of 1 records" in item for item in report.unchecked)


@pytest.mark.usefixtures("dora")
class TestRefused:
    def refuse(self, words: str, *entries: int, **options: str) -> None:
        before = list(Entry.objects.order_by("id").values())
        with pytest.raises(CommandError, match=words):
            erase(*entries, **options)
        assert list(Entry.objects.order_by("id").values()) == before

    def test_the_current_state(self) -> None:
        _, (first, _second, last) = create_claim_with_past()
        self.refuse("change or delete the record first", first, last)

    def test_a_deletion(self) -> None:
        claim, _ = create_claim_with_past()
        claim.delete()
        sequence_entries()
        self.refuse("is a deletion", numbers(claim)[-1])

    def test_an_erased_entry_and_an_erasure(self) -> None:
        claim, (first, *_) = create_claim_with_past()
        erase(first)
        self.refuse("already erased", first)
        self.refuse("is an erasure", numbers(claim)[-1])

    def test_a_missing_entry(self) -> None:
        _, (first, *_) = create_claim_with_past()
        self.refuse("no entry 99, 100", first, 99, 100)

    @pytest.mark.parametrize("reason", ["", "  ", "\ud800", "\x00"])
    def test_an_empty_reason(self, reason: str) -> None:
        _, (first, *_) = create_claim_with_past()
        self.refuse("Nothing was erased", first, reason=reason)

    def test_an_unknown_account(self) -> None:
        _, (first, *_) = create_claim_with_past()
        self.refuse("no account", first, handle="nobody")

    def test_an_empty_list_of_entries(self, dora: Any) -> None:
        with pytest.raises(DomainError, match="numbers"):
            erase_entries(numbers=[], reason="Article 17.", actor=dora)


def test_an_entry_erased_without_an_erasure_is_reported(tmp_path: Path) -> None:
    _, (first, *_) = create_claim_with_past()
    Entry.objects.filter(leaf__sequence=first).update(state=None, salt="", reason="", erased=True)
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("check_ledger", stdout=out, stderr=StringIO())
    assert "no erasure names it" in out.getvalue()
    assert not verify(export(tmp_path / "export")).verified
