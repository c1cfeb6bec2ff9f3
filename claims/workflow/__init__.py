"""The table of transitions, and the one function that applies a transition.

A transition states where it starts and ends, which permission it needs, which text or other record
it asks for, and which conditions it checks. The desk, the API and commands change states by
:func:`apply_transition`. Two parts of the code write states directly, under the same constraints
and guards:

- Imports write published, superseded and draft versions, and reviewed or rejected claims
  (``claims.exchange.importing``).
- Opening a review puts its claim in review (``claims.services.reviews``).
"""

from claims.workflow.claim_transitions import (
    LIST,
    MARK_NOT_CHECKABLE,
    REJECT,
    REOPEN,
    SAME_AS,
    START_REVIEW,
    UNLIST,
)
from claims.workflow.engine import (
    MAX_TEXT_LENGTH,
    TRANSITIONS,
    apply_transition,
    available_transitions,
    state_label,
)
from claims.workflow.transition import Transition
from claims.workflow.version_transitions import PUBLISH, RETRACT, RETURN, SUBMIT

__all__ = [
    "LIST",
    "MARK_NOT_CHECKABLE",
    "MAX_TEXT_LENGTH",
    "PUBLISH",
    "REJECT",
    "REOPEN",
    "RETRACT",
    "RETURN",
    "SAME_AS",
    "START_REVIEW",
    "SUBMIT",
    "TRANSITIONS",
    "UNLIST",
    "Transition",
    "apply_transition",
    "available_transitions",
    "state_label",
]
