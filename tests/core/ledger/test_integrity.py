# ruff: noqa: E501  the list of changes is a table: one case, one line
"""The live database is checked against its ledger, and each difference is named."""

from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection

from claimsapi.core.database import triggers
from claimsapi.core.models import Entry, Leaf
from tests import factories as make
from tests.core.ledger.sample_history import worked

pytestmark = pytest.mark.django_db


def check() -> tuple[bool, str]:
    out = StringIO()
    try:
        call_command("check_ledger", stdout=out, stderr=StringIO())
    except CommandError as error:
        return error.returncode != 1, out.getvalue()
    return True, out.getvalue()


def around(*statements: str) -> None:
    """Execute SQL with no trigger in the way, as the owner of a database can."""
    triggers.drop(connection)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    triggers.install(connection, reconcile=False)


def test_a_desk_is_as_its_ledger_says() -> None:
    worked()
    make.ClaimFactory()
    right, said = check()
    assert right, said
    assert f"{Leaf.objects.count()} entries, 1 waiting" in said


def test_an_empty_installation_is_too() -> None:
    assert check()[0]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE claims_claim SET text = 'Never so.' WHERE id = {claim}", "claims.claim {public_id}: it is not as entry {number} says (text)"),
        ("DELETE FROM claims_claim_topics", "claims.claim {public_id}: it is not as entry {number} says (topics)"),
        ("DELETE FROM claims_statement", "claims.statement {statement}: it is gone"),
        ("UPDATE core_entry SET state = replace(state, 'ferries', 'trains') WHERE id = {entry}", "entry {number} (claims.claim {public_id}): its content"),
        ("UPDATE core_entry SET actor = '@eve' WHERE id = {entry}", "entry {number} (claims.claim {public_id}): it is not what"),
        ("UPDATE core_entry SET reason = 'Other' WHERE id = {entry}", "entry {number} (claims.claim {public_id}): its content"),
        ("UPDATE core_leaf SET nodes = (SELECT o.nodes FROM core_leaf o WHERE o.sequence = 0) WHERE sequence = {number}", "entry {number} (claims.claim {public_id}): it is not what"),
        ("DELETE FROM core_entry WHERE id = {entry}; DELETE FROM core_appearance; DELETE FROM core_leaf WHERE sequence = {number}", "entry {number} is missing"),
        ("DELETE FROM core_appearance; DELETE FROM core_leaf WHERE sequence = (SELECT max(l.sequence) FROM core_leaf l)", "neither has a place"),
        ("INSERT INTO core_pending (entry_id) VALUES ({entry})", "still waits"),
        ("INSERT INTO core_pending (entry_id) VALUES (987654)", "there is no such entry"),
    ],
)  # fmt: skip
def test_what_was_done_around_it_is_named(statement: str, words: str) -> None:
    desk = worked()
    claim = desk["claim"]
    newest = Entry.objects.filter(object=claim.public_id).order_by("id").last()
    assert newest is not None
    values = {
        "claim": claim.pk,
        "public_id": claim.public_id,
        "statement": desk["statement"].public_id,
        "entry": newest.pk,
        "number": newest.leaf.sequence,
    }
    around(*statement.format(**values).split("; "))
    right, said = check()
    assert not right
    assert words.format(**values) in said


def test_a_record_that_the_ledger_does_not_know_is_named() -> None:
    triggers.drop(connection)
    claim = make.ClaimFactory()
    triggers.install(connection, reconcile=False)
    right, said = check()
    assert not right
    assert f"claims.claim {claim.public_id}: the ledger does not know of it" in said


def test_a_trigger_that_is_missing_is_named(settings: LazySettings) -> None:
    triggers.drop(connection)
    right, said = check()
    assert not right
    assert "lacks the guards" in said
