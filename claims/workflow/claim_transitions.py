"""Transitions of claims: the state of our work on a claim, and whether it is listed publicly."""

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
from claims.workflow.transition import REASON, Decision, Transition
from claimsapi.core.models import with_new_revision


def _impossible_by_published_review(claim: Claim) -> str:
    published = ReviewVersion.objects.filter(review__claim=claim, state__in=PUBLIC_STATES)
    return _("It has a published or retracted review.") if published.exists() else ""


def _has_versions(claim: Claim) -> bool:
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
    text_name=REASON,
    impossible_reason=_impossible_by_published_review,
    changes=lambda decision: {"status_reason": decision.text, "listed_at": None},
)
MARK_NOT_CHECKABLE: Final = Transition(
    "mark_not_checkable",
    gettext_noop("Mark as not checkable"),
    UNDECIDED_STATUSES,
    ClaimStatus.NOT_CHECKABLE,
    "claims.decide_claim",
    text_name=REASON,
    changes=lambda decision: {"status_reason": decision.text},
)


def _impossible_by_review(claim: Claim) -> str:
    if not claim.reviews.exists():
        return ""
    return _("This claim has a review, so it must stay. Mark the other claim as the same.")


def _other_denial_reason(claim: Claim, other: Claim) -> str:
    if claim == other:
        return _("A claim cannot be the same as itself. Choose another claim.")
    if other.status == ClaimStatus.REJECTED:
        return _("The other claim is rejected. Choose a claim that is not rejected.")
    contradictions = ClaimRelation.objects.filter(
        Q(from_claim=claim, to_claim=other) | Q(from_claim=other, to_claim=claim),
        kind=RelationKind.CONTRADICTS,
        state=RelationState.CONFIRMED,
    )
    return _("These claims contradict each other.") if contradictions.exists() else ""


def _same_as_reason(decision: Decision) -> str:
    first_line = f"The same as: {decision.other.text}"
    return f"{first_line}\n{decision.text}" if decision.text else first_line


def _merge_into_other(claim: Claim, decision: Decision) -> None:
    """Move statements and relations to the other claim, except those that it already has."""
    other = decision.other
    at_same_passage = Statement.objects.filter(
        claim=other, snapshot=OuterRef("snapshot"), start=OuterRef("start"), end=OuterRef("end")
    )
    Statement.objects.filter(~Exists(at_same_passage), claim=claim).update(
        **with_new_revision(claim=other)
    )
    others = ClaimRelation.objects.exclude(
        kind=RelationKind.SAME_AS
    )  # a person decides on each of those
    for relation in others.filter(Q(from_claim=claim) | Q(to_claim=claim)):
        ends = [other if end == claim else end for end in (relation.from_claim, relation.to_claim)]
        if ends[0] != ends[1] and not _related(ends[0], ends[1], relation.kind):
            relation.from_claim, relation.to_claim = ends
            relation.save()
    same = ClaimRelation.objects.filter(
        Q(from_claim=claim, to_claim=other) | Q(from_claim=other, to_claim=claim),
        kind=RelationKind.SAME_AS,
    ).first() or ClaimRelation(kind=RelationKind.SAME_AS)
    # From the rejected claim to the other claim: its public URL redirects in this direction.
    same.from_claim, same.to_claim = claim, other
    same.state, same.decided_by = RelationState.CONFIRMED, decision.user
    same.save()
    if (
        claim.listed_at and not other.listed_at
    ):  # readers of the rejected claim are redirected to it
        Claim.objects.filter(pk=other.pk).update(**with_new_revision(listed_at=decision.at))


def _undo_same_as(claim: Claim, decision: Decision) -> None:
    """Reject the relation that says that the reopened claim is the same as another."""
    same = ClaimRelation.objects.filter(
        from_claim=claim, kind=RelationKind.SAME_AS, state=RelationState.CONFIRMED
    )
    same.update(**with_new_revision(state=RelationState.REJECTED, decided_by=decision.user))


def _related(one: Claim, other: Claim, kind: str) -> bool:
    condition = Q(from_claim=one, to_claim=other)
    if kind in SYMMETRIC_KINDS:
        condition |= Q(from_claim=other, to_claim=one)
    return ClaimRelation.objects.filter(condition, kind=kind).exists()


SAME_AS: Final = Transition(
    "same_as",
    gettext_noop("Mark as the same as another"),
    (*UNDECIDED_STATUSES, ClaimStatus.NOT_CHECKABLE),
    ClaimStatus.REJECTED,
    "claims.decide_claim",
    other_name=gettext_noop("claim that stays"),
    impossible_reason=_impossible_by_review,
    other_denial_reason=_other_denial_reason,
    changes=lambda decision: {"status_reason": _same_as_reason(decision), "listed_at": None},
    after=_merge_into_other,
)
REOPEN: Final = Transition(
    "reopen",
    gettext_noop("Reopen"),
    (ClaimStatus.REJECTED, ClaimStatus.NOT_CHECKABLE),
    ClaimStatus.UNREVIEWED,
    "claims.decide_claim",
    fallback_state=ClaimStatus.IN_REVIEW,
    uses_fallback=_has_versions,
    changes=lambda _decision: {"status_reason": ""},
    after=_undo_same_as,
)
LIST: Final = Transition(
    "list",
    gettext_noop("List for the public"),
    tuple(status for status in ClaimStatus if status != ClaimStatus.REJECTED),
    "",
    "claims.list_claim",
    impossible_reason=lambda claim: _("The claim is listed already.") if claim.listed_at else "",
    changes=lambda decision: {"listed_at": decision.at},
)
UNLIST: Final = Transition(
    "unlist",
    gettext_noop("Take off the public list"),
    tuple(ClaimStatus),
    "",
    "claims.list_claim",
    impossible_reason=lambda claim: "" if claim.listed_at else _("The claim is not listed."),
    changes=lambda _decision: {"listed_at": None},
)
