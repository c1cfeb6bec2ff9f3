"""The table of moves, and the one function that makes a move.

A move says from which states it starts, where it ends, who may make it, what it asks for and what
must be right first. The desk, the API and commands all move records by :func:`make_move`.
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
    LONGEST_TEXT,
    TRANSITIONS,
    apply_transition,
    available_transitions,
    state_label,
)
from claims.workflow.transition import Transition
from claims.workflow.version_transitions import PUBLISH, RETRACT, RETURN, SUBMIT

__all__ = [
    "LIST",
    "LONGEST_TEXT",
    "MARK_NOT_CHECKABLE",
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
