"""Rules of webhook endpoints and deliveries that the database enforces."""

from typing import Any

import pytest

from tests.claims.models.cases import EARLIER
from tests.database_rules import (
    Case,
    Make,
    UniqueCase,
    assert_refused,
    assert_unique,
    proves,
    rules_in,
)
from tests.factories import WebhookDeliveryFactory, WebhookEndpointFactory, published_version

pytestmark = pytest.mark.django_db

# The rules, a function that makes a row, values that break a rule, and valid values.
ROWS: list[Case] = [
    ("claims_webhookendpoint_name_not_blank", WebhookEndpointFactory, {"name": ""}, {"name": "A"}),
    ("claims_webhookendpoint_has_secret", WebhookEndpointFactory, {"secret": ""}, {"secret": "x"}),
    (
        "claims_webhookendpoint_switched_off",
        WebhookEndpointFactory,
        {"switched_off_at": EARLIER},
        {"switched_off_at": EARLIER, "is_active": False},
    ),
    (
        "claims_webhookdelivery_event_valid",
        lambda: WebhookDeliveryFactory(event="review.published", version=published_version()),
        {"event": "review.read"},
        {"event": "review.corrected"},
    ),
    (
        "claims_webhookdelivery_state_valid",
        WebhookDeliveryFactory,
        {"state": "lost", "due_at": None, "finished_at": EARLIER},
        {"state": "given_up", "due_at": None, "finished_at": EARLIER},
    ),
    (
        "claims_webhookdelivery_fault_valid",
        WebhookDeliveryFactory,
        {"fault": "bad luck"},
        {"fault": "time"},
    ),
    *(
        (
            "claims_webhookdelivery_waits_or_ended",
            WebhookDeliveryFactory,
            bad,
            {"state": "delivered", "due_at": None, "finished_at": EARLIER},
        )
        for bad in (
            {"due_at": None},
            {"finished_at": EARLIER},
            {"state": "delivered"},
            {"state": "delivered", "due_at": None},
        )
    ),
    (
        "claims_webhookdelivery_about_a_version",
        WebhookDeliveryFactory,
        {"event": "review.published"},
        {"due_at": EARLIER},
    ),
]


@pytest.mark.parametrize(("rules", "make", "bad", "good"), ROWS)
def test_a_row_that_breaks_a_rule_is_refused_and_a_valid_row_is_not(
    rules: str, make: Make, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    assert_refused(rules, make, bad, good)


proves(*rules_in(ROWS))

UNIQUE: list[UniqueCase] = [
    ("claims_webhookendpoint_name_unique", WebhookEndpointFactory, "name", "Another"),
]


@pytest.mark.parametrize(("rule", "make", "field", "another"), UNIQUE)
def test_a_unique_column_has_each_value_once(
    rule: str, make: Make, field: str, another: Any
) -> None:
    assert_unique(rule, make, field, another)


proves(*rules_in(UNIQUE))
