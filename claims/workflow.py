"""The table of moves, and the one function that makes a move.

A move says from which states it starts, where it ends, who may make it, what it asks for and what
must be right first. The desk, the API and commands all move records by :func:`make_move`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import timezone

from claims.choices import PUBLIC_STATES, ClaimStatus, VersionState
from claims.models import Claim, Review, ReviewVersion
from claimsapi.core.errors import Conflict, Invalid, NotAllowed, NotReady, Stale
from claimsapi.core.ledger.acting import acting, named
from claimsapi.core.models import Record, User, touched
from claimsapi.core.text import normalised, unprintable

LONGEST_TEXT: Final = 5000  # characters of a reason or a public note


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table.

    ``end`` is empty for a move that leaves the state as it is; the move ends in ``instead`` for a
    record of which ``diverted`` is true. ``asks`` names the text that must be given with it.
    ``objection`` returns a sentence why this person may not, ``obstacle`` one why nobody may with
    this record, ``missing`` sentences about what must be mended first; ``changes`` gives the
    columns that the move sets; ``before`` and ``after`` change other records in the same
    transaction.
    """

    name: str
    label: str
    start: tuple[str, ...]
    end: str
    permission: str
    asks: str = ""
    instead: str = ""
    diverted: Callable[[Any], bool] = lambda _record: False
    obstacle: Callable[[Any], str] = lambda _record: ""
    objection: Callable[[Any, User], str] = lambda _record, _user: ""
    missing: Callable[[Any], list[str]] = lambda _record: []
    changes: Callable[[User, str, datetime], dict[str, Any]] = lambda _user, _text, _now: {}
    before: Callable[[Any, datetime], None] = lambda _record, _now: None
    after: Callable[[Any], None] = lambda _record: None


def _not_by_its_author(version: ReviewVersion, user: User) -> str:
    return "You wrote this version: another person publishes it." if version.author == user else ""


def _incomplete(version: ReviewVersion) -> list[str]:
    wanting = [
        (version.rating_id is None, "Choose a rating."),
        (not version.summary.strip(), "Write a summary."),
        (not version.evidence.exists(), "Add at least one piece of evidence."),
        (
            version.number > 1 and not version.correction_kind,
            "Say what kind of correction this version is.",
        ),
        (
            version.number > 1 and not version.correction_note.strip(),
            "Write the public note of the correction.",
        ),
        (version.review.claim.status == ClaimStatus.REJECTED, "Reopen the rejected claim."),
    ]
    return [sentence for wants, sentence in wanting if wants]


def _supersede(version: ReviewVersion, now: datetime) -> None:
    published = ReviewVersion.objects.filter(review=version.review, state=VersionState.PUBLISHED)
    published.update(**touched(state=VersionState.SUPERSEDED, closed_at=now))


def _show_reviewed(version: ReviewVersion) -> None:
    Review.objects.filter(pk=version.review_id).update(**touched())
    claim = Claim.objects.filter(pk=version.review.claim_id).exclude(status=ClaimStatus.REVIEWED)
    claim.update(**touched(status=ClaimStatus.REVIEWED, status_reason=""))


def _show_retracted(version: ReviewVersion) -> None:
    Review.objects.filter(pk=version.review_id).update(**touched())
    claim = version.review.claim
    if not ReviewVersion.objects.filter(review__claim=claim, state=VersionState.PUBLISHED).exists():
        reviewed = Claim.objects.filter(pk=claim.pk, status=ClaimStatus.REVIEWED)
        reviewed.update(**touched(status=ClaimStatus.IN_REVIEW))


SUBMIT: Final = Move(
    "submit",
    "Submit",
    (VersionState.DRAFT,),
    VersionState.SUBMITTED,
    "claims.change_reviewversion",
    missing=_incomplete,
    changes=lambda _user, _text, now: {"submitted_at": now, "return_reason": ""},
)
RETURN: Final = Move(
    "return",
    "Return to author",
    (VersionState.SUBMITTED,),
    VersionState.DRAFT,
    "claims.publish_reviewversion",
    asks="reason",
    changes=lambda _user, text, _now: {"return_reason": text},
)
PUBLISH: Final = Move(
    "publish",
    "Publish",
    (VersionState.SUBMITTED,),
    VersionState.PUBLISHED,
    "claims.publish_reviewversion",
    objection=_not_by_its_author,
    missing=_incomplete,
    changes=lambda user, _text, now: {"editor": user, "published_at": now},
    before=_supersede,
    after=_show_reviewed,
)
RETRACT: Final = Move(
    "retract",
    "Retract",
    (VersionState.PUBLISHED,),
    VersionState.RETRACTED,
    "claims.retract_reviewversion",
    asks="public note",
    changes=lambda _user, text, now: {"retraction_note": text, "closed_at": now},
    after=_show_retracted,
)


_UNDECIDED = (ClaimStatus.UNREVIEWED, ClaimStatus.IN_REVIEW)


def _was_judged(claim: Claim) -> str:
    judged = ReviewVersion.objects.filter(review__claim=claim, state__in=PUBLIC_STATES)
    return "It has a published or retracted review." if judged.exists() else ""


def _is_worked_on(claim: Claim) -> bool:
    return ReviewVersion.objects.filter(review__claim=claim).exists()


START_REVIEW: Final = Move(
    "start_review",
    "Start review",
    (ClaimStatus.UNREVIEWED,),
    ClaimStatus.IN_REVIEW,
    "claims.change_claim",
)
REJECT: Final = Move(
    "reject",
    "Reject",
    _UNDECIDED,
    ClaimStatus.REJECTED,
    "claims.decide_claim",
    asks="reason",
    obstacle=_was_judged,
    changes=lambda _user, text, _now: {"status_reason": text, "listed_at": None},
)
MARK_NOT_CHECKABLE: Final = Move(
    "mark_not_checkable",
    "Mark as not checkable",
    _UNDECIDED,
    ClaimStatus.NOT_CHECKABLE,
    "claims.decide_claim",
    asks="reason",
    changes=lambda _user, text, _now: {"status_reason": text},
)
REOPEN: Final = Move(
    "reopen",
    "Reopen",
    (ClaimStatus.REJECTED, ClaimStatus.NOT_CHECKABLE),
    ClaimStatus.UNREVIEWED,
    "claims.decide_claim",
    instead=ClaimStatus.IN_REVIEW,
    diverted=_is_worked_on,
    changes=lambda _user, _text, _now: {"status_reason": ""},
)
LIST: Final = Move(
    "list",
    "List for the public",
    tuple(status for status in ClaimStatus if status != ClaimStatus.REJECTED),
    "",
    "claims.list_claim",
    obstacle=lambda claim: "The claim is listed already." if claim.listed_at else "",
    changes=lambda _user, _text, now: {"listed_at": now},
)
UNLIST: Final = Move(
    "unlist",
    "Take off the public list",
    tuple(ClaimStatus),
    "",
    "claims.list_claim",
    obstacle=lambda claim: "" if claim.listed_at else "The claim is not listed.",
    changes=lambda _user, _text, _now: {"listed_at": None},
)

MOVES: Final[dict[type[Record], tuple[Move, ...]]] = {
    ReviewVersion: (SUBMIT, RETURN, PUBLISH, RETRACT),
    Claim: (START_REVIEW, MARK_NOT_CHECKABLE, REJECT, REOPEN, LIST, UNLIST),
}
_STATE_FIELD: Final[dict[type[Record], str]] = {ReviewVersion: "state", Claim: "status"}


def state_label(record: Record) -> str:
    """Where the record stands, in words for people."""
    return str(getattr(record, f"get_{_STATE_FIELD[type(record)]}_display")())


def possible_moves(*, record: Record, user: User) -> list[Move]:
    """Return the moves that this person may make from where the record stands, for buttons."""
    state = getattr(record, _STATE_FIELD[type(record)])
    return [
        move
        for move in MOVES[type(record)]
        if state in move.start
        and user.has_perm(move.permission)
        and not move.objection(record, user)
        and not move.obstacle(record)
    ]


def _given(move: Move, text: str) -> str:
    """The text that a move asks for, as it is kept; ``Invalid`` if it does not do."""
    text = normalised(text).strip()
    if move.asks and not text:
        raise Invalid(f"{move.label}: write the {move.asks}.", field="text")
    if len(text) > LONGEST_TEXT:
        fault = f"{move.asks or 'text'}: at most {LONGEST_TEXT} characters."
        raise Invalid(fault, field="text")
    if problem := unprintable(text):
        raise Invalid(f"{move.asks or 'text'}: {problem}", field="text")
    return text


def _locked(record: Record) -> Record:
    """The record as it is now, locked, and before it what a move of it looks at or changes."""
    if isinstance(record, ReviewVersion):
        review = Review.objects.select_for_update().get(pk=record.review_id)
        Claim.objects.select_for_update().get(pk=review.claim_id)
    locked: Record = type(record)._default_manager.select_for_update().get(pk=record.pk)
    return locked


def make_move(*, record: Record, move: Move, user: User, text: str = "", seen: int) -> Record:
    """Move the record, and return it as it then is.

    ``seen`` is the revision of the record on which the person decided; ``text`` is what the move
    asks for. Raises ``NotAllowed``, ``Conflict`` (another state, or someone else was faster),
    ``NotReady`` with what is missing, or ``Invalid`` for the text; then nothing was changed.
    """
    model = type(record)
    field = _STATE_FIELD[model]
    if not user.has_perm(move.permission):
        raise NotAllowed(f"{move.label}: your role does not allow this.")
    with transaction.atomic():
        try:
            record = _locked(record)
        except ObjectDoesNotExist:
            raise Conflict(f"{move.label}: the record was deleted meanwhile.") from None
        state = getattr(record, field)
        if state not in move.start:
            raise Conflict(f"{move.label}: not possible while {field} is {state}.")
        if record.revision != seen:
            raise Stale(f"{move.label}: the record was changed since you read it. Read it again.")
        if objection := move.objection(record, user):
            raise NotAllowed(objection)
        if obstacle := move.obstacle(record):
            raise Conflict(f"{move.label}: {obstacle}")
        text = _given(move, text)
        if missing := move.missing(record):
            raise NotReady(f"{move.label}: {' '.join(missing)}", missing=missing)
        with acting(actor=named(user), action=move.name, reason=text):
            _write(record, move, user, text, seen)
        record.refresh_from_db()
    return record


def _write(record: Record, move: Move, user: User, text: str, seen: int) -> None:
    """Change the state, and what changes with it."""
    model, field, now = type(record), _STATE_FIELD[type(record)], timezone.now()
    move.before(record, now)
    end = move.instead if move.diverted(record) else move.end
    changes = move.changes(user, text, now) | ({field: end} if end else {})
    rows = model._default_manager.filter(
        pk=record.pk, revision=seen, **{f"{field}__in": move.start}
    )
    if not rows.update(**touched(**changes)):
        raise Conflict(f"{move.label}: someone else was faster. Read the record again.")
    record.touch_whole()
    move.after(record)
