"""One row of the table of transitions, and the decision of the user who applies it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext, gettext_noop

from claimsapi.core.models import User

REASON: Final = gettext_noop("reason")
PUBLIC_NOTE: Final = gettext_noop("public note")


@dataclass(frozen=True, slots=True)
class Decision:
    """The user, time, text and other record of one transition."""

    user: User
    text: str
    at: datetime
    other: Any = None


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table of transitions.

    ``name``: the stable name, which is also the action of ledger entries.
    ``label_msgid``: the English label; ``label`` translates it.
    ``from_states``: the states in which the transition is possible.
    ``to_state``: the state after it; empty if the state does not change.
    ``permission``: the permission that the user needs.
    ``text_name``: the name of the text that the user must give, such as a reason.
    ``other_name``: the name of another record of the same model that the user must choose.
    ``fallback_state``: the state after it if ``uses_fallback(record)`` is true.
    ``impossible_reason(record)``: a sentence why nobody may do it now; empty if it is possible.
    ``denial_reason(record, user)``: a sentence why this user may not do it.
    ``other_denial_reason(record, other)``: a sentence why the other record does not fit.
    ``unmet_requirements(record)``: sentences on how to complete the record first.
    ``changes(decision)``: the columns that the transition sets, beside the state.
    ``before(record, decision)``, ``after(record, decision)``: change other records in the same
    transaction.
    """

    name: str
    label_msgid: str
    from_states: tuple[str, ...]
    to_state: str
    permission: str
    text_name: str = ""
    other_name: str = ""
    fallback_state: str = ""
    uses_fallback: Callable[[Any], bool] = lambda _record: False
    impossible_reason: Callable[[Any], str] = lambda _record: ""
    denial_reason: Callable[[Any, User], str] = lambda _record, _user: ""
    other_denial_reason: Callable[[Any, Any], str] = lambda _record, _other: ""
    unmet_requirements: Callable[[Any], list[str]] = lambda _record: []
    changes: Callable[[Decision], dict[str, Any]] = lambda _decision: {}
    before: Callable[[Any, Decision], None] = lambda _record, _decision: None
    after: Callable[[Any, Decision], None] = lambda _record, _decision: None

    @property
    def label(self) -> str:
        """The text of the button, in the reader's language."""
        return gettext(self.label_msgid)
