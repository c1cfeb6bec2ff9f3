# ruff: noqa: E501  the list of changes is a table: one case, one line
"""``check_ledger`` reports each difference between the live database and its ledger."""

from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection

from claimsapi.core.database import triggers
from claimsapi.core.models import Entry, Leaf
from tests import factories as make
from tests.core.ledger.sample_history import create_history

pytestmark = pytest.mark.django_db


def check() -> tuple[bool, str]:
    out = StringIO()
    try:
        call_command("check_ledger", stdout=out, stderr=StringIO())
    except CommandError as error:
        return error.returncode != 1, out.getvalue()
    return True, out.getvalue()


def execute_without_triggers(*statements: str) -> None:
    """Execute SQL without triggers, as the owner of a database can."""
    triggers.drop(connection)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    triggers.install(connection, reconcile=False)


def test_a_used_desk_has_no_differences() -> None:
    create_history()
    make.ClaimFactory()
    equal, output = check()
    assert equal, output
    assert f"{Leaf.objects.count()} entries, 1 waiting" in output


def test_an_empty_installation_has_no_differences() -> None:
    assert check()[0]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE claims_claim SET text = 'Never so.' WHERE id = {claim}", "claims.claim {public_id}: it differs from entry {number} (text)"),
        ("DELETE FROM claims_claim_topics", "claims.claim {public_id}: it differs from entry {number} (topics)"),
        ("DELETE FROM claims_statement", "claims.statement {statement}: it is missing"),
        ("UPDATE core_entry SET state = replace(state, 'ferries', 'trains') WHERE id = {entry}", "entry {number} (claims.claim {public_id}): its content"),
        ("UPDATE core_entry SET actor = '@eve' WHERE id = {entry}", "entry {number} (claims.claim {public_id}): it differs from the leaf hash"),
        ("UPDATE core_entry SET reason = 'Other' WHERE id = {entry}", "entry {number} (claims.claim {public_id}): its content"),
        ("UPDATE core_leaf SET nodes = (SELECT o.nodes FROM core_leaf o WHERE o.sequence = 0) WHERE sequence = {number}", "entry {number} (claims.claim {public_id}): it differs from the leaf hash"),
        ("DELETE FROM core_entry WHERE id = {entry}; DELETE FROM core_appearance; DELETE FROM core_leaf WHERE sequence = {number}", "entry {number} is missing"),
        ("DELETE FROM core_appearance; DELETE FROM core_leaf WHERE sequence = (SELECT max(l.sequence) FROM core_leaf l)", "neither sequenced nor waiting"),
        ("INSERT INTO core_pending (entry_id) VALUES ({entry})", "sequenced and still waiting"),
        ("INSERT INTO core_pending (entry_id) VALUES (987654)", "no such entry exists"),
    ],
)  # fmt: skip
def test_a_change_without_triggers_is_reported(statement: str, words: str) -> None:
    desk = create_history()
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
    execute_without_triggers(*statement.format(**values).split("; "))
    equal, output = check()
    assert not equal
    assert words.format(**values) in output


def test_a_record_without_an_entry_is_reported() -> None:
    triggers.drop(connection)
    claim = make.ClaimFactory()
    triggers.install(connection, reconcile=False)
    equal, output = check()
    assert not equal
    assert f"claims.claim {claim.public_id}: the ledger has no entry for it" in output


def test_a_missing_trigger_is_reported(settings: LazySettings) -> None:
    triggers.drop(connection)
    equal, output = check()
    assert not equal
    assert "lacks the guards" in output
