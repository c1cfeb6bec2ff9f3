"""Rules of topics, claims, relations and assignments that the database enforces."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from claims.choices import RelationKind
from claims.models import Claim
from tests.claims.models.cases import EARLIER, YEAR
from tests.database_rules import (
    Case,
    Make,
    UniqueCase,
    assert_refused,
    assert_unique,
    insert,
    overwrite,
    proves,
    refused,
    rules_in,
)
from tests.factories import (
    AssignmentFactory,
    ClaimFactory,
    ClaimRelationFactory,
    TopicFactory,
    retracted_version,
    submitted_version,
)

pytestmark = pytest.mark.django_db

# The rules, a function that makes a row, values that break a rule, and valid values.
ROWS: list[Case] = [
    ("claims_topic_name_not_blank", TopicFactory, {"name": ""}, {"name": "Ferries"}),
    ("claims_claim_text_not_blank", ClaimFactory, {"text": ""}, {"text": "x"}),
    ("claims_claim_kind_valid", ClaimFactory, {"kind": "rumour"}, {"kind": "causal"}),
    ("claims_claim_kind_valid", ClaimFactory, {"kind": " "}, {"kind": ""}),
    (
        "claims_claim_checkability_valid",
        ClaimFactory,
        {"checkability": "maybe"},
        {"checkability": "partly"},
    ),
    ("claims_claim_status_valid", ClaimFactory, {"status": "done"}, {"status": "reviewed"}),
    *(
        (
            "claims_claim_decision_has_reason",
            ClaimFactory,
            {"status": status},
            {"status": status, "status_reason": "It is a wish."},
        )
        for status in ("rejected", "not_checkable")
    ),
    (
        "claims_claim_rejected_not_listed",
        lambda: ClaimFactory(listed=True),
        {"status": "rejected", "status_reason": "A wish."},
        {"status": "not_checkable", "status_reason": "A wish."},
    ),
    (
        "claims_claim_rejected_not_listed",
        lambda: ClaimFactory(status="rejected", status_reason="A wish."),
        {"listed_at": EARLIER},
        {"listed_at": EARLIER, "status": "unreviewed"},
    ),
    (
        "claims_claim_decidable_precision_valid claims_claim_decidable_precision_fits",
        ClaimFactory,
        {"decidable_precision": "decade", "decidable_on": YEAR},
        {"decidable_precision": "year", "decidable_on": YEAR},
    ),
    ("claims_claimrelation_kind_valid", ClaimRelationFactory, {"kind": "x"}, {"kind": "repeats"}),
    (
        "claims_claimrelation_state_valid",
        ClaimRelationFactory,
        {"state": "maybe"},
        {"state": "rejected"},
    ),
    (
        "claims_assignment_priority_valid",
        AssignmentFactory,
        {"priority": "soon"},
        {"priority": "urgent"},
    ),
]


@pytest.mark.parametrize(("rules", "make", "bad", "good"), ROWS)
def test_a_row_that_breaks_a_rule_is_refused_and_a_valid_row_is_not(
    rules: str, make: Make, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    assert_refused(rules, make, bad, good)


proves(*rules_in(ROWS))

UNIQUE: list[UniqueCase] = [
    ("claims_topic_slug_unique", TopicFactory, "slug", "another"),
    ("claims_topic_name_unique", TopicFactory, "name", "Another"),
]


@pytest.mark.parametrize(("rule", "make", "field", "another"), UNIQUE)
def test_a_unique_column_has_each_value_once(
    rule: str, make: Make, field: str, another: Any
) -> None:
    assert_unique(rule, make, field, another)


proves(*rules_in(UNIQUE))


@proves("claims_assignment_claim_id_unique")
def test_a_claim_has_one_assignment() -> None:
    assignment = AssignmentFactory()
    with refused("claims_assignment_claim_id_unique"):
        insert(assignment)
    insert(assignment, claim=ClaimFactory())


@proves("claims_claimrelation_distinct_claims")
def test_a_claim_has_no_relation_to_itself() -> None:
    relation = ClaimRelationFactory()
    with refused("claims_claimrelation_distinct_claims"):
        overwrite(relation, to_claim=relation.from_claim)
    overwrite(relation, to_claim=ClaimFactory())


@pytest.mark.parametrize("kind", RelationKind.values)
@proves("claims_claimrelation_once")
def test_two_claims_have_one_relation_of_a_kind(kind: str) -> None:
    relation = ClaimRelationFactory(kind=kind)
    with refused("claims_claimrelation_once", "claims_claimrelation_once_either_way"):
        insert(relation)
    insert(relation, to_claim=ClaimFactory())


@pytest.mark.parametrize("kind", ["same_as", "contradicts"])
@proves("claims_claimrelation_once_either_way")
def test_a_symmetric_relation_exists_once_for_both_directions(kind: str) -> None:
    relation = ClaimRelationFactory(kind=kind)
    turned = {"from_claim": relation.to_claim, "to_claim": relation.from_claim}
    with refused("claims_claimrelation_once_either_way"):
        insert(relation, **turned)
    insert(relation, **turned, kind="repeats")


@pytest.mark.parametrize("kind", ["repeats", "narrower_than", "part_of"])
def test_a_directed_relation_can_exist_in_both_directions(kind: str) -> None:
    relation = ClaimRelationFactory(kind=kind)
    insert(relation, from_claim=relation.to_claim, to_claim=relation.from_claim)


@proves("claims_claim_published_wording_update")
def test_a_claim_with_a_published_verdict_keeps_its_text() -> None:
    open_claim, judged = submitted_version().review.claim, retracted_version().review.claim
    Claim.objects.filter(pk=open_claim.pk).update(text="Other words.")
    Claim.objects.filter(pk=judged.pk).update(kind="statistic")
    with refused("claims_claim_published_wording_update"):
        Claim.objects.filter(pk=judged.pk).update(text="Other words.")


def test_clean_refuses_a_text_whose_normal_form_is_too_long() -> None:
    claim = ClaimFactory.build(text="\u0958" * 600)  # each is two characters in form C
    with pytest.raises(ValidationError, match="at most 1000 characters"):
        claim.clean()
