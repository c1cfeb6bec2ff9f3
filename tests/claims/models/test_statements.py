"""Rules of statements that the database enforces."""

from typing import Any

import pytest

from tests.claims.models.cases import DAY, MONTH, QUOTE, YEAR, quoted_passage
from tests.database_rules import (
    Case,
    Make,
    assert_refused,
    insert,
    overwrite,
    proves,
    refused,
    rules_in,
)
from tests.factories import AffiliationFactory, ClaimFactory, SpeakerFactory, StatementFactory

pytestmark = pytest.mark.django_db

# The rules, a function that makes a row, values that break a rule, and valid values.
ROWS: list[Case] = [
    (
        "claims_statement_speaker_or_document",
        lambda: StatementFactory(document=None),
        {"speaker": None, "quotation": "authorial"},
        {"quotation": "direct"},
    ),
    (
        "claims_statement_snapshot_of_document",
        lambda: quoted_passage(QUOTE),
        {"document": None},
        {"document": None, "snapshot": None, "start": None, "end": None},
    ),
    (
        "claims_statement_quotation_valid",
        StatementFactory,
        {"quotation": "loose"},
        {"quotation": "mixed"},
    ),
    (
        "claims_statement_source_given_valid",
        StatementFactory,
        {"source_given": "rumour"},
        {"source_given": "linked"},
    ),
    (
        "claims_statement_stated_precision_valid claims_statement_stated_precision_fits",
        StatementFactory,
        {"stated_precision": "decade", "stated_on": YEAR},
        {"stated_precision": "year", "stated_on": YEAR},
    ),
    *(
        (
            "claims_statement_stated_precision_fits",
            StatementFactory,
            {"stated_on": on, "stated_precision": precision},
            {"stated_on": good, "stated_precision": precision},
        )
        for on, precision, good in (
            (DAY, "month", MONTH),
            (DAY, "year", YEAR),
            (MONTH, "year", YEAR),
            (DAY, "unknown", None),
            (None, "day", DAY),
            (None, "month", MONTH),
            (None, "year", YEAR),
        )
    ),
    (
        "claims_statement_authorial_has_no_speaker",
        StatementFactory,
        {"quotation": "authorial"},
        {"quotation": "authorial", "speaker": None},
    ),
    (
        "claims_statement_authorial_has_no_speaker",
        StatementFactory,
        {"speaker": None},
        {"quotation": "direct"},
    ),
]


@pytest.mark.parametrize(("rules", "make", "bad", "good"), ROWS)
def test_a_row_that_breaks_a_rule_is_refused_and_a_valid_row_is_not(
    rules: str, make: Make, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    assert_refused(rules, make, bad, good)


proves(*rules_in(ROWS))


@proves("claims_statement_own_role_update")
def test_a_role_belongs_to_the_speaker() -> None:
    statement = StatementFactory()
    with refused("claims_statement_own_role_update"):
        overwrite(statement, affiliation=AffiliationFactory())
    overwrite(statement, affiliation=AffiliationFactory(speaker=statement.speaker))
    with refused("claims_statement_own_role_update"):
        overwrite(statement, speaker=SpeakerFactory())


def test_a_statement_without_a_speaker_has_no_role() -> None:
    statement = StatementFactory(speaker=None, quotation="authorial")
    with refused("claims_statement_own_role_update"):
        overwrite(statement, affiliation=AffiliationFactory())


@proves("claims_statement_own_role_insert")
def test_the_role_of_a_new_statement_belongs_to_its_speaker() -> None:
    statement = StatementFactory()
    with refused("claims_statement_own_role_insert"):
        insert(statement, affiliation=AffiliationFactory())
    insert(statement, affiliation=AffiliationFactory(speaker=statement.speaker))


def test_the_role_of_a_statement_keeps_its_speaker() -> None:
    role = AffiliationFactory()
    StatementFactory(speaker=role.speaker, affiliation=role)
    with refused("sources_affiliation_identity_update"):
        overwrite(role, speaker=SpeakerFactory())


@pytest.mark.parametrize("quotation", ["direct", "mixed", "indirect"])
def test_a_statement_is_authorial_if_and_only_if_it_has_no_speaker(quotation: str) -> None:
    statement = StatementFactory(speaker=None, quotation="authorial")
    with refused("claims_statement_authorial_has_no_speaker"):
        overwrite(statement, speaker=SpeakerFactory())
    with refused("claims_statement_authorial_has_no_speaker"):
        overwrite(statement, quotation=quotation)
    overwrite(statement, speaker=SpeakerFactory(), quotation=quotation)


@proves("claims_statement_once_per_passage")
def test_a_claim_has_one_statement_at_a_passage() -> None:
    statement = quoted_passage(QUOTE)
    with refused("claims_statement_once_per_passage"):
        insert(statement)
    insert(statement, claim=ClaimFactory())


def test_a_claim_can_have_several_statements_without_a_position() -> None:
    insert(StatementFactory())
