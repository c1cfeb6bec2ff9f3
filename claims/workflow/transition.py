"""What a row of the table of moves says."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext, gettext_noop

from claimsapi.core.models import User

REASON: Final = gettext_noop("reason")
PUBLIC_NOTE: Final = gettext_noop("public note")


@dataclass(frozen=True, slots=True)
class TransitionInput:
    """What a move is made with: by whom, when, the text and the other record that it asks for."""

    user: User
    text: str
    at: datetime
    other: Any = None


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table.

    ``english`` is what a button says in that language. ``end`` is empty for a move that leaves the
    state as it is; the move ends in ``instead`` for a record of which ``diverted`` is true.
    ``asks`` names the text that must be given with it, and ``other`` the record of the same kind.
    ``objection`` returns a sentence why this person may not, ``obstacle`` one why nobody may with
    this record, ``unfit`` one why not with that other record, ``missing`` sentences about what must
    be mended first; ``changes`` gives the columns that the move sets; ``before`` and ``after``
    change other records in the same transaction.
    """

    name: str
    english: str
    start: tuple[str, ...]
    end: str
    permission: str
    asks: str = ""
    other: str = ""
    instead: str = ""
    diverted: Callable[[Any], bool] = lambda _record: False
    obstacle: Callable[[Any], str] = lambda _record: ""
    objection: Callable[[Any, User], str] = lambda _record, _user: ""
    unfit: Callable[[Any, Any], str] = lambda _record, _other: ""
    missing: Callable[[Any], list[str]] = lambda _record: []
    changes: Callable[[TransitionInput], dict[str, Any]] = lambda _given: {}
    before: Callable[[Any, TransitionInput], None] = lambda _record, _given: None
    after: Callable[[Any, TransitionInput], None] = lambda _record, _given: None

    @property
    def label(self) -> str:
        """What a button says, in the reader's language."""
        return gettext(self.english)
