"""The table of moves, and the one function that makes a move."""

from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from claims.models import Claim, Review, ReviewVersion
from claims.workflow import claim_transitions, version_transitions
from claims.workflow.transition import Transition, TransitionInput
from claimsapi.core.errors import Conflict, Invalid, NotAllowed, NotReady, Stale
from claimsapi.core.i18n.translation import translate
from claimsapi.core.ledger.audit_context import actor_name, audit_context
from claimsapi.core.models import Record, User, with_new_revision
from claimsapi.core.text import find_unprintable, normalize_text

LONGEST_TEXT: Final = 5000  # characters of a reason or a public note

TRANSITIONS: Final[dict[type[Record], tuple[Transition, ...]]] = {
    ReviewVersion: (
        version_transitions.SUBMIT,
        version_transitions.RETURN,
        version_transitions.PUBLISH,
        version_transitions.RETRACT,
    ),
    Claim: (
        claim_transitions.START_REVIEW,
        claim_transitions.MARK_NOT_CHECKABLE,
        claim_transitions.SAME_AS,
        claim_transitions.REJECT,
        claim_transitions.REOPEN,
        claim_transitions.LIST,
        claim_transitions.UNLIST,
    ),
}
_STATE_FIELD: Final[dict[type[Record], str]] = {ReviewVersion: "state", Claim: "status"}


def state_label(record: Record) -> str:
    """Where the record stands, in words for people."""
    return str(getattr(record, f"get_{_STATE_FIELD[type(record)]}_display")())


def available_transitions(*, record: Record, user: User) -> list[Transition]:
    """Return the moves that this person may make from where the record stands, for buttons."""
    state = getattr(record, _STATE_FIELD[type(record)])
    return [
        move
        for move in TRANSITIONS[type(record)]
        if state in move.start
        and user.has_perm(move.permission)
        and not move.objection(record, user)
        and not move.obstacle(record)
    ]


def _text(move: Transition, text: str) -> str:
    """The text that a move asks for, as it is kept; ``Invalid`` if it does not do."""
    text, asked = normalize_text(text).strip(), _(move.asks) if move.asks else _("text")
    if move.asks and not text:
        fault = _("%(move)s: write the %(asked)s.") % {"move": move.label, "asked": asked}
        raise Invalid(fault, field="text")
    if len(text) > LONGEST_TEXT:
        fault = _("%(asked)s: at most %(most)s characters.")
        raise Invalid(fault % {"asked": asked, "most": LONGEST_TEXT}, field="text")
    if problem := find_unprintable(text):
        raise Invalid(f"{asked}: {translate(problem)}", field="text")
    return text


def _locked(record: Record, other: Record | None) -> tuple[Any, Any]:
    """The records as they are now, locked, and before them what a move looks at or changes."""
    if isinstance(record, ReviewVersion):
        Review.objects.select_for_update().filter(pk=record.review_id).first()
        Claim.objects.select_for_update(of=("self",)).filter(reviews=record.review_id).first()
    wanted = {one.pk for one in (record, other) if one is not None}
    # In one order, so that two who move the same two records do not wait for each other for ever.
    rows = type(record)._default_manager.select_for_update().filter(pk__in=wanted).order_by("pk")
    found = {row.pk: row for row in rows}
    return found.get(record.pk), found.get(other.pk) if other is not None else None


def apply_transition(  # noqa: PLR0913  all that a move is made with, by keyword
    *,
    record: Record,
    move: Transition,
    user: User,
    text: str = "",
    other: Record | None = None,
    seen: int,
) -> Record:
    """Move the record, and return it as it then is.

    ``seen`` is the revision of the record on which the person decided; ``text`` and ``other`` are
    what the move asks for. Raises ``NotAllowed``, ``Conflict`` (another state, or someone else was
    faster), ``NotReady`` with what is missing, or ``Invalid`` for what was given; then nothing was
    changed.
    """
    field, named_move = _STATE_FIELD[type(record)], {"move": move.label}
    if not user.has_perm(move.permission):
        raise NotAllowed(_("%(move)s: your role does not allow this.") % named_move)
    if move.other and other is None:
        fault = _("%(move)s: name the %(asked)s.")
        raise Invalid(fault % {**named_move, "asked": _(move.other)}, field="claim")
    with transaction.atomic():
        record, other = _locked(record, other if move.other else None)
        if record is None or (move.other and other is None):
            raise Conflict(_("%(move)s: the record was deleted meanwhile.") % named_move)
        state = getattr(record, field)
        if state not in move.start:
            raise Conflict(
                _("%(move)s: not possible while %(field)s is %(state)s.")
                % {**named_move, "field": field, "state": state}
            )
        if record.revision != seen:
            raise Stale(
                _("%(move)s: the record was changed since you read it. Read it again.") % named_move
            )
        if objection := move.objection(record, user):
            raise NotAllowed(objection)
        if obstacle := move.obstacle(record):
            raise Conflict(f"{move.label}: {obstacle}")
        if unfit := move.unfit(record, other):
            raise Invalid(f"{move.label}: {unfit}", field="claim")
        given = TransitionInput(user, _text(move, text), timezone.now(), other)
        if missing := move.missing(record):
            raise NotReady(f"{move.label}: {' '.join(missing)}", missing=missing)
        with audit_context(actor=actor_name(user), action=move.name, reason=given.text):
            _write(record, move, given, seen)
        record.refresh_from_db()
    return record


def _write(record: Record, move: Transition, given: TransitionInput, seen: int) -> None:
    """Change the state, and what changes with it."""
    model, field = type(record), _STATE_FIELD[type(record)]
    move.before(record, given)
    end = move.instead if move.diverted(record) else move.end
    changes = move.changes(given) | ({field: end} if end else {})
    rows = model._default_manager.filter(
        pk=record.pk, revision=seen, **{f"{field}__in": move.start}
    )
    if not rows.update(**with_new_revision(**changes)):
        fault = _("%(move)s: someone else was faster. Read the record again.")
        raise Conflict(fault % {"move": move.label})
    record.touch_parents()
    move.after(record, given)
