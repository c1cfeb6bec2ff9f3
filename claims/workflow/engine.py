"""The table of transitions, and the one function that applies a transition to a record."""

from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from claims.models import Claim, Review, ReviewVersion
from claims.workflow import claim_transitions, version_transitions
from claims.workflow.transition import Decision, Transition
from claimsapi.core.errors import Conflict, Invalid, NotAllowed, NotReady, Stale
from claimsapi.core.i18n.translation import translate
from claimsapi.core.ledger.audit_context import actor_name, audit_context
from claimsapi.core.models import Record, User, with_new_revision
from claimsapi.core.text import find_unprintable, normalize_text

MAX_TEXT_LENGTH: Final = 5000  # characters of a reason or a public note

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
    """Return the record's state in the reader's language."""
    return str(getattr(record, f"get_{_STATE_FIELD[type(record)]}_display")())


def available_transitions(*, record: Record, user: User) -> list[Transition]:
    """Return the transitions that this user may apply to the record in its present state."""
    state = getattr(record, _STATE_FIELD[type(record)])
    return [
        transition
        for transition in TRANSITIONS[type(record)]
        if state in transition.from_states
        and user.has_perm(transition.permission)
        and not transition.denial_reason(record, user)
        and not transition.impossible_reason(record)
    ]


def apply_transition(  # noqa: PLR0913  keyword arguments, one for each part of the decision
    *,
    record: Record,
    transition: Transition,
    user: User,
    text: str = "",
    other: Record | None = None,
    revision: int,
) -> Record:
    """Apply the transition, and return the record as it is afterwards.

    ``revision`` is the revision that the user saw when they decided. ``text`` and ``other`` are the
    text and the other record that the transition asks for.

    Raises ``NotAllowed`` if this user may not do it, ``Conflict`` if the record is in another state
    or another user changed it first, ``Stale`` if its revision is another one, ``NotReady`` with
    the missing parts, and ``Invalid`` for an unfit text or other record. After an error, nothing
    has changed.
    """
    field, label = _STATE_FIELD[type(record)], {"transition": transition.label}
    if not user.has_perm(transition.permission):
        raise NotAllowed(_("%(transition)s: your role does not allow this.") % label)
    if transition.other_name and other is None:
        message = _("%(transition)s: choose the %(name)s.")
        raise Invalid(message % {**label, "name": _(transition.other_name)}, field="claim")
    with transaction.atomic():
        record, other = _lock(record, other if transition.other_name else None)
        if record is None or (transition.other_name and other is None):
            raise Conflict(_("%(transition)s: another user deleted the record.") % label)
        state = getattr(record, field)
        if state not in transition.from_states:
            message = _("%(transition)s: not possible while %(field)s is %(state)s.")
            raise Conflict(message % {**label, "field": field, "state": state})
        if record.revision != revision:
            message = _(
                "%(transition)s: another user changed this record since you read it. Reload it."
            )
            raise Stale(message % label)
        if reason := transition.denial_reason(record, user):
            raise NotAllowed(reason)
        if reason := transition.impossible_reason(record):
            raise Conflict(f"{transition.label}: {reason}")
        if reason := transition.other_denial_reason(record, other):
            raise Invalid(f"{transition.label}: {reason}", field="claim")
        clean_text = _clean_text(transition, text)
        if missing := transition.unmet_requirements(record):
            raise NotReady(f"{transition.label}: {' '.join(missing)}", missing=missing)
        decision = Decision(user, clean_text, timezone.now(), other)
        with audit_context(actor=actor_name(user), action=transition.name, reason=decision.text):
            _write(record, transition, decision)
        record.refresh_from_db()
    return record


def _clean_text(transition: Transition, text: str) -> str:
    """Return the normalized text, or raise ``Invalid`` if it is missing or unfit for storage."""
    text = normalize_text(text).strip()
    name = _(transition.text_name) if transition.text_name else _("text")
    if transition.text_name and not text:
        message = _("%(transition)s: write the %(name)s.")
        raise Invalid(message % {"transition": transition.label, "name": name}, field="text")
    if len(text) > MAX_TEXT_LENGTH:
        message = _("%(name)s: at most %(most)s characters.")
        raise Invalid(message % {"name": name, "most": MAX_TEXT_LENGTH}, field="text")
    if problem := find_unprintable(text):
        raise Invalid(f"{name}: {translate(problem)}", field="text")
    return text


def _lock(record: Record, other: Record | None) -> tuple[Any, Any]:
    """Lock the records and return them as the database holds them now; None if one is gone."""
    # A transition of a version reads and changes its review and its claim. Every transition locks
    # the review first, then the claim, then the versions, so no two can wait for each other.
    if isinstance(record, ReviewVersion):
        Review.objects.select_for_update().filter(pk=record.review_id).first()
        Claim.objects.select_for_update(of=("self",)).filter(reviews=record.review_id).first()
    keys = {locked.pk for locked in (record, other) if locked is not None}
    # By primary key: two users who merge the same two claims in opposite directions would
    # otherwise each hold the lock that the other needs.
    rows = type(record)._default_manager.select_for_update().filter(pk__in=keys).order_by("pk")
    by_key = {row.pk: row for row in rows}
    return by_key.get(record.pk), by_key.get(other.pk) if other is not None else None


def _write(record: Record, transition: Transition, decision: Decision) -> None:
    model, field = type(record), _STATE_FIELD[type(record)]
    transition.before(record, decision)
    use_fallback = transition.uses_fallback(record)
    to_state = transition.fallback_state if use_fallback else transition.to_state
    changes = transition.changes(decision) | ({field: to_state} if to_state else {})
    # One guarded UPDATE: where locks do nothing (SQLite) or a caller skipped them, the condition
    # still lets only one of two writers change the row.
    rows = model._default_manager.filter(
        pk=record.pk, revision=record.revision, **{f"{field}__in": transition.from_states}
    )
    if not rows.update(**with_new_revision(**changes)):
        message = _("%(transition)s: another user changed this record. Reload it and try again.")
        raise Conflict(message % {"transition": transition.label})
    record.touch_parents()
    transition.after(record, decision)
