"""The moves of claims: what we do with a claim, and whether the public knows of it."""

from typing import Final

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from claims.choices import (
    PUBLIC_STATES,
    SYMMETRIC_KINDS,
    UNDECIDED_STATUSES,
    ClaimStatus,
    RelationKind,
    RelationState,
)
from claims.models import Claim, ClaimRelation, ReviewVersion, Statement
from claims.workflow.transition import REASON, Transition, TransitionInput
from claimsapi.core.models import with_new_revision


def _was_judged(claim: Claim) -> str:
    judged = ReviewVersion.objects.filter(review__claim=claim, state__in=PUBLIC_STATES)
    return _("It has a published or retracted review.") if judged.exists() else ""


def _is_worked_on(claim: Claim) -> bool:
    return ReviewVersion.objects.filter(review__claim=claim).exists()


START_REVIEW: Final = Transition(
    "start_review",
    gettext_noop("Start review"),
    (ClaimStatus.UNREVIEWED,),
    ClaimStatus.IN_REVIEW,
    "claims.change_claim",
)
REJECT: Final = Transition(
    "reject",
    gettext_noop("Reject"),
    UNDECIDED_STATUSES,
    ClaimStatus.REJECTED,
    "claims.decide_claim",
    asks=REASON,
    obstacle=_was_judged,
    changes=lambda given: {"status_reason": given.text, "listed_at": None},
)
MARK_NOT_CHECKABLE: Final = Transition(
    "mark_not_checkable",
    gettext_noop("Mark as not checkable"),
    UNDECIDED_STATUSES,
    ClaimStatus.NOT_CHECKABLE,
    "claims.decide_claim",
    asks=REASON,
    changes=lambda given: {"status_reason": given.text},
)


def _is_reviewed(claim: Claim) -> str:
    if not claim.reviews.exists():
        return ""
    return _("It has a review of its own: a claim with a review stays. Choose it for the other.")


def _not_the_same(claim: Claim, other: Claim) -> str:
    if claim == other:
        return _("Choose another claim: this one is itself.")
    if other.status == ClaimStatus.REJECTED:
        return _("The other claim was rejected: choose one that stands.")
    related = ClaimRelation.objects.filter(
        Q(from_claim=claim, to_claim=other) | Q(from_claim=other, to_claim=claim),
        kind=RelationKind.CONTRADICTS,
        state=RelationState.CONFIRMED,
    )
    return _("These claims contradict each other.") if related.exists() else ""


def _same_reason(given: TransitionInput) -> str:
    same = f"The same as: {given.other.text}"
    return f"{same}\n{given.text}" if given.text else same


def _move_into_other(claim: Claim, given: TransitionInput) -> None:
    """Give the other claim what this one has, but for what the other has already."""
    other = given.other
    at_same_passage = Statement.objects.filter(
        claim=other, snapshot=OuterRef("snapshot"), start=OuterRef("start"), end=OuterRef("end")
    )
    Statement.objects.filter(~Exists(at_same_passage), claim=claim).update(
        **with_new_revision(claim=other)
    )
    others = ClaimRelation.objects.exclude(kind=RelationKind.SAME_AS)  # that is decided by itself
    for relation in others.filter(Q(from_claim=claim) | Q(to_claim=claim)):
        ends = [other if end == claim else end for end in (relation.from_claim, relation.to_claim)]
        if ends[0] != ends[1] and not _related(ends[0], ends[1], relation.kind):
            relation.from_claim, relation.to_claim = ends
            relation.save()
    same = ClaimRelation.objects.filter(
        Q(from_claim=claim, to_claim=other) | Q(from_claim=other, to_claim=claim),
        kind=RelationKind.SAME_AS,
    ).first() or ClaimRelation(kind=RelationKind.SAME_AS)
    # From the one that was set aside: so its address leads to the one that stays.
    same.from_claim, same.to_claim = claim, other
    same.state, same.decided_by = RelationState.CONFIRMED, given.user
    same.save()
    if claim.listed_at and not other.listed_at:  # who followed the one finds the other
        Claim.objects.filter(pk=other.pk).update(**with_new_revision(listed_at=given.at))


def _stand_alone(claim: Claim, given: TransitionInput) -> None:
    """A claim that is reopened is not the same as another any more, until somebody says so."""
    same = ClaimRelation.objects.filter(
        from_claim=claim, kind=RelationKind.SAME_AS, state=RelationState.CONFIRMED
    )
    same.update(**with_new_revision(state=RelationState.REJECTED, decided_by=given.user))


def _related(one: Claim, other: Claim, kind: str) -> bool:
    there = Q(from_claim=one, to_claim=other)
    if kind in SYMMETRIC_KINDS:
        there |= Q(from_claim=other, to_claim=one)
    return ClaimRelation.objects.filter(there, kind=kind).exists()


SAME_AS: Final = Transition(
    "same_as",
    gettext_noop("Mark as the same as another"),
    (*UNDECIDED_STATUSES, ClaimStatus.NOT_CHECKABLE),
    ClaimStatus.REJECTED,
    "claims.decide_claim",
    other=gettext_noop("claim that stays"),
    obstacle=_is_reviewed,
    unfit=_not_the_same,
    changes=lambda given: {"status_reason": _same_reason(given), "listed_at": None},
    after=_move_into_other,
)
REOPEN: Final = Transition(
    "reopen",
    gettext_noop("Reopen"),
    (ClaimStatus.REJECTED, ClaimStatus.NOT_CHECKABLE),
    ClaimStatus.UNREVIEWED,
    "claims.decide_claim",
    instead=ClaimStatus.IN_REVIEW,
    diverted=_is_worked_on,
    changes=lambda _given: {"status_reason": ""},
    after=_stand_alone,
)
LIST: Final = Transition(
    "list",
    gettext_noop("List for the public"),
    tuple(status for status in ClaimStatus if status != ClaimStatus.REJECTED),
    "",
    "claims.list_claim",
    obstacle=lambda claim: _("The claim is listed already.") if claim.listed_at else "",
    changes=lambda given: {"listed_at": given.at},
)
UNLIST: Final = Transition(
    "unlist",
    gettext_noop("Take off the public list"),
    tuple(ClaimStatus),
    "",
    "claims.list_claim",
    obstacle=lambda claim: "" if claim.listed_at else _("The claim is not listed."),
    changes=lambda _given: {"listed_at": None},
)
