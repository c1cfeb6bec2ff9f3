"""Every rule of the claims app has a test."""

from tests.claims.models import (
    test_api_keys,
    test_claims,
    test_evidence,
    test_frozen_versions,
    test_passages,
    test_ratings,
    test_reviews,
    test_statements,
    test_versions,
    test_webhooks,
)
from tests.database_rules import unproven

# Importing these modules registers the rules that they prove.
PROOFS = (
    test_api_keys,
    test_claims,
    test_evidence,
    test_frozen_versions,
    test_passages,
    test_ratings,
    test_reviews,
    test_statements,
    test_versions,
    test_webhooks,
)


def test_every_rule_of_the_claims_is_proven() -> None:
    assert PROOFS
    assert unproven("claims") == set()
