"""Rules of passages that the database enforces, for statements and for evidence."""

from typing import Any

import pytest

from tests.claims.models.cases import (
    QUOTE,
    SHIP,
    fill_in_text,
    passage_without_text,
    quoted_passage,
)
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
from tests.factories import (
    TEXT,
    ClaimFactory,
    DocumentFactory,
    EvidenceFactory,
    SnapshotFactory,
    StatementFactory,
)

pytestmark = pytest.mark.django_db

# The rules, a function that makes a row, values that break a rule, and valid values.
ROWS: list[Case] = [
    *(
        (
            f"claims_{name}_passage_in_order",
            lambda make=make: quoted_passage(QUOTE, make),
            bad,
            {"start": None, "end": None},
        )
        for name, make in (("statement", StatementFactory), ("evidence", EvidenceFactory))
        for bad in ({"start": 9, "end": 9}, {"start": 9, "end": 8}, {"snapshot": None})
    ),
]
# A row that breaks one of these rules breaks others too, and either can be the first to refuse it.
ALSO = {
    "claims_statement_passage_in_order": ("claims_statement_quotes_snapshot_update",),
    "claims_evidence_passage_in_order": ("claims_evidence_quotes_snapshot_update",),
}


@pytest.mark.parametrize(("rules", "make", "bad", "good"), ROWS)
def test_a_row_that_breaks_a_rule_is_refused_and_a_valid_row_is_not(
    rules: str, make: Make, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    assert_refused(rules, make, bad, good, also=ALSO.get(rules, ()))


proves(*rules_in(ROWS))


@pytest.mark.parametrize("make", [StatementFactory, EvidenceFactory])
@pytest.mark.parametrize("words", [QUOTE, SHIP, "🛳", TEXT, "T", "\n“"])
@proves("claims_statement_quotes_snapshot_update", "claims_evidence_quotes_snapshot_update")
def test_a_quotation_must_equal_the_text_at_its_position(make: Make, words: str) -> None:
    passage = quoted_passage(words, make)
    rule = f"{passage._meta.db_table}_quotes_snapshot_update"
    for other in (words + " ", words[:-1], words.replace("“", '"') + "\ufe0f", ""):
        with refused(rule):
            overwrite(passage, exact=other)
    overwrite(passage, exact=words)


@pytest.mark.parametrize("make", [StatementFactory, EvidenceFactory])
@proves("claims_statement_quotes_snapshot_insert", "claims_evidence_quotes_snapshot_insert")
def test_a_new_quotation_must_equal_the_text_at_its_position(make: Make) -> None:
    passage = quoted_passage(SHIP, make)
    elsewhere = {"claim": ClaimFactory()} if make is StatementFactory else {}
    with refused(f"{passage._meta.db_table}_quotes_snapshot_insert"):
        insert(passage, exact="spokesman. 🛳\n", **elsewhere)
    insert(passage, **elsewhere)


def test_positions_count_code_points_and_not_utf_16_units() -> None:
    text = "🛳🛳 late"
    snapshot = SnapshotFactory(text=text)
    statement = StatementFactory(
        document=snapshot.document, snapshot=snapshot, start=3, end=7, exact="late"
    )
    with refused("claims_statement_quotes_snapshot_update"):
        overwrite(statement, start=5, end=9)


def test_a_quotation_cannot_move_to_other_words() -> None:
    statement = quoted_passage(QUOTE)
    with refused("claims_statement_quotes_snapshot_update"):
        overwrite(statement, start=statement.start + 1, end=statement.end + 1)


def test_a_passage_ends_within_its_text() -> None:
    statement = quoted_passage(SHIP)
    with refused("claims_statement_quotes_snapshot_update", "claims_statement_passage_in_order"):
        overwrite(statement, end=len(TEXT) + 50)


@pytest.mark.parametrize("make", [StatementFactory, EvidenceFactory])
@pytest.mark.parametrize("half", [{"start": None}, {"end": None}])
def test_a_passage_has_both_ends_or_none(make: Make, half: dict[str, None]) -> None:
    passage = passage_without_text(make)
    with refused(f"{passage._meta.db_table}_passage_in_order"):
        overwrite(passage, **half)
    overwrite(passage, start=None, end=None)


def test_a_passage_without_text_receives_its_words_later() -> None:
    statement = passage_without_text()
    fill_in_text(statement.snapshot)
    with refused("claims_statement_quotes_snapshot_update"):
        overwrite(statement, exact="planes ")
    overwrite(statement, exact="ferries")


@pytest.mark.parametrize("make", [StatementFactory, EvidenceFactory])
@pytest.mark.parametrize(
    "values", [{"exact": "planes "}, {"exact": "ferry"}, {"end": len(TEXT) + 1}]
)
@proves(
    "sources_snapshot_fits_claims_statement_update", "sources_snapshot_fits_claims_evidence_update"
)
def test_a_snapshot_cannot_receive_a_text_that_contradicts_a_passage(
    make: Make, values: dict[str, Any]
) -> None:
    passage = passage_without_text(make, **values)
    with refused(f"sources_snapshot_fits_{passage._meta.db_table}_update"):
        fill_in_text(passage.snapshot)
    overwrite(passage, exact="ferries", end=11)
    fill_in_text(passage.snapshot)


@pytest.mark.parametrize("make", [StatementFactory, EvidenceFactory])
@proves("claims_statement_same_document_update", "claims_evidence_same_document_update")
def test_the_snapshot_of_a_passage_belongs_to_its_document(make: Make) -> None:
    passage = quoted_passage(QUOTE, make)
    rule = f"{passage._meta.db_table}_same_document_update"
    with refused(rule):
        overwrite(passage, document=DocumentFactory())
    with refused(rule):
        overwrite(passage, snapshot=SnapshotFactory())
    overwrite(passage, snapshot=SnapshotFactory(document=passage.document))


@pytest.mark.parametrize("make", [StatementFactory, EvidenceFactory])
@proves("claims_statement_same_document_insert", "claims_evidence_same_document_insert")
def test_the_snapshot_of_a_new_passage_belongs_to_its_document(make: Make) -> None:
    passage = quoted_passage(QUOTE, make)
    with refused(f"{passage._meta.db_table}_same_document_insert"):
        insert(passage, document=DocumentFactory())
