"""On PostgreSQL the server's role can work but cannot change the ledger's past."""

import re
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from claims.models import Topic
from claimsapi.core.ledger.sequencer import sequence_entries
from claimsapi.core.models import Entry, Leaf
from tests import factories as make

GUIDE = Path(__file__).parents[3] / "docs" / "ledger-operations.md"

ATTACKS = [
    "DELETE FROM core_entry",
    "DELETE FROM core_leaf",
    "TRUNCATE core_entry CASCADE",
    "UPDATE core_entry SET actor = '@nobody'",
    "UPDATE core_leaf SET settled = false",
    "ALTER TABLE core_entry DISABLE TRIGGER ALL",
    "ALTER TABLE claims_claim DISABLE TRIGGER ALL",
    "DROP TRIGGER ledger_claims_topic_update ON claims_topic",
    "DROP FUNCTION ledger_claims_topic_update() CASCADE",
    "SET session_replication_role = replica",
    "DROP TABLE core_entry CASCADE",
]


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def as_server(db: None) -> None:
    """Switch to the role of the operator's guide, created by the statements in the guide."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no roles.")
    statements = re.search(r"```sql\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert statements is not None
    make.ClaimFactory(listed_at=timezone.now())
    sequence_entries()
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("CREATE ROLE desk")
    execute(statements[1])
    execute("SET ROLE desk")


def test_the_server_role_writes_records_and_sequences_entries(as_server: None) -> None:
    topic = make.TopicFactory()
    Topic.objects.filter(pk=topic.pk).update(name="Ports")
    topic.delete()
    sequence_entries(wait=True)
    assert Leaf.objects.count() == Entry.objects.count() == 4


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_server_role_cannot_change_the_past(as_server: None, attack: str) -> None:
    with pytest.raises(DatabaseError, match=r"denied|owner"), transaction.atomic():
        execute(attack)
