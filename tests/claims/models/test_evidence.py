"""Rules of evidence that the database enforces."""

from typing import Any

import pytest

from claims.models import Evidence, ReviewVersion
from tests.claims.models.cases import (
    EARLIER,
    NOT_DRAFT,
    QUOTE,
    columns_of_state,
    fill_in_text,
    passage_without_text,
    quoted_passage,
    update_raw,
)
from tests.database_rules import (
    Case,
    Make,
    assert_refused,
    insert,
    overwrite,
    proves,
    refused,
    remove,
    replace,
    rules_in,
)
from tests.factories import (
    DocumentFactory,
    EvidenceFactory,
    ReviewVersionFactory,
    SnapshotFactory,
    published_version,
    submitted_version,
)

pytestmark = pytest.mark.django_db

# The rules, a function that makes a row, values that break a rule, and valid values.
ROWS: list[Case] = [
    ("claims_evidence_stance_valid", EvidenceFactory, {"stance": "hints"}, {"stance": "context"}),
    (
        "claims_evidence_confidential_has_reason",
        EvidenceFactory,
        {"is_confidential": True},
        {"is_confidential": True, "confidential_reason": "It would name the source."},
    ),
    (
        "claims_evidence_confidential_has_reason",
        EvidenceFactory,
        {"confidential_reason": "It would name the source."},
        {"is_confidential": False},
    ),
]


@pytest.mark.parametrize(("rules", "make", "bad", "good"), ROWS)
def test_a_row_that_breaks_a_rule_is_refused_and_a_valid_row_is_not(
    rules: str, make: Make, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    assert_refused(rules, make, bad, good)


proves(*rules_in(ROWS))

OTHER_VALUES: dict[str, Any] = {
    "created_at": EARLIER,
    "stance": "supports",
    "locator": "p. 4",
    "is_primary": True,
    "note": "Other.",
    "is_confidential": True,
    "confidential_reason": "Other.",
    "exact": "Other.",
    "prefix": "Other.",
    "suffix": "Other.",
    "start": 1,
    "end": 2,
    "version": ReviewVersionFactory,
    "document": DocumentFactory,
    "snapshot": SnapshotFactory,
}


def test_these_tests_cover_every_column_of_evidence() -> None:
    columns = {field.name for field in Evidence._meta.concrete_fields}
    assert columns == {*OTHER_VALUES, "id", "public_id", "revision", "updated_at"}


def evidence_of(state: str, **values: Any) -> Evidence:
    """A quotation that a version in this state rests on."""
    version = ReviewVersionFactory()
    evidence: Evidence = quoted_passage(
        QUOTE, EvidenceFactory, version=version, prefix="late.\n", suffix=" said", **values
    )
    advance(version, state)
    evidence.refresh_from_db()
    return evidence


def advance(version: ReviewVersion, state: str) -> None:
    """Move a draft by raw writes as far as the state."""
    path = {"draft": [], "submitted": ["submitted"], "published": ["submitted", "published"]}
    for step in path.get(state, ["submitted", "published", state]):
        update_raw(version, **columns_of_state(step, version))


@pytest.mark.parametrize("column", OTHER_VALUES)
@pytest.mark.parametrize("state", NOT_DRAFT)
@proves("claims_evidence_frozen_update")
def test_only_the_evidence_of_a_draft_can_change(state: str, column: str) -> None:
    evidence = evidence_of(state)
    value = OTHER_VALUES[column]() if callable(OTHER_VALUES[column]) else OTHER_VALUES[column]
    with refused(
        "claims_evidence_frozen_update",
        # which of the triggers comes first is the database's affair
        "claims_evidence_quotes_snapshot_update",
        "claims_evidence_same_document_update",
    ):
        overwrite(evidence, **{column: value})
    overwrite(evidence, revision=9)


@pytest.mark.parametrize("column", ["stance", "locator", "note", "is_primary"])
def test_the_evidence_of_a_draft_can_change(column: str) -> None:
    overwrite(evidence_of("draft"), **{column: OTHER_VALUES[column]})


def test_published_evidence_keeps_its_words() -> None:
    evidence = evidence_of("published")
    with refused("claims_evidence_frozen_update"):
        overwrite(evidence, prefix="")
    with refused("claims_evidence_frozen_update"):
        overwrite(evidence, exact="", start=None, end=None)


def test_evidence_cannot_move_into_a_submitted_version() -> None:
    with refused("claims_evidence_frozen_update"):
        overwrite(EvidenceFactory(), version=submitted_version())
    overwrite(EvidenceFactory(), version=ReviewVersionFactory())


@pytest.mark.parametrize("state", NOT_DRAFT)
@proves("claims_evidence_frozen_insert")
def test_evidence_can_be_added_to_a_draft_only(state: str) -> None:
    evidence = evidence_of(state)
    with refused("claims_evidence_frozen_insert"):
        insert(evidence)
    insert(evidence, version=ReviewVersionFactory())


@pytest.mark.parametrize("state", NOT_DRAFT)
@proves("claims_evidence_frozen_delete")
def test_evidence_can_be_removed_from_a_draft_only(state: str) -> None:
    evidence = evidence_of(state)
    with refused("claims_evidence_frozen_delete"):
        remove(evidence)
    with refused("claims_evidence_frozen_delete"):
        Evidence.objects.filter(pk=evidence.pk).delete()
    remove(evidence_of("draft"))


def test_published_evidence_receives_its_words_once() -> None:
    version = ReviewVersionFactory()
    evidence = passage_without_text(EvidenceFactory, version=version)
    advance(version, "published")
    fill_in_text(evidence.snapshot)
    overwrite(evidence, exact="ferries", prefix="The ", suffix=" were")
    for column in ("exact", "prefix", "suffix"):
        with refused("claims_evidence_frozen_update", "claims_evidence_quotes_snapshot_update"):
            overwrite(evidence, **{column: "planes"})


def test_published_evidence_without_a_position_receives_no_words() -> None:
    version = ReviewVersionFactory()
    evidence = EvidenceFactory(version=version)
    advance(version, "published")
    with refused("claims_evidence_frozen_update"):
        overwrite(evidence, exact="Words that nobody published.")


def test_published_evidence_receives_no_words_before_its_snapshot_has_a_text() -> None:
    version = ReviewVersionFactory()
    evidence = passage_without_text(EvidenceFactory, version=version)
    advance(version, "published")
    with refused("claims_evidence_frozen_update"):
        overwrite(evidence, exact="ferries")


@proves("claims_evidence_not_replaced_insert")
def test_an_insert_cannot_replace_published_evidence() -> None:
    evidence = published_version().evidence.get()
    with refused("claims_evidence_not_replaced_insert"):
        replace(evidence, note="Other.")
    evidence.refresh_from_db()
    assert evidence.note != "Other."
