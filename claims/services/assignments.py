"""Giving claims to people."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from claims.models import Assignment, Claim
from claimsapi.core.errors import NotAllowed
from claimsapi.core.ledger.audit_context import actor_name, audit_context
from claimsapi.core.models import User


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """A claim that was not given away, since somebody else did that meanwhile."""

    claim: Claim
    assignee: User | None


def can_assign(user: User) -> bool:
    """Whether this person gives claims to people: such as they may see themselves."""
    needed = ("claims.view_claim", "claims.add_assignment", "claims.change_assignment")
    return user.has_perms(needed)


def assignable_users() -> QuerySet[User]:
    """Those to whom a claim may be given: who can work on one."""
    able: QuerySet[User] = User.objects.with_perm(
        "claims.change_claim", backend="django.contrib.auth.backends.ModelBackend"
    )
    return able.filter(is_staff=True).order_by("handle")


def assign_claims(
    *, seen: Mapping[int, int], assignee: User | None, user: User, priority: str = ""
) -> tuple[int, list[Meanwhile]]:
    """Give the claims to one person, or to nobody, and perhaps another priority.

    ``seen`` has by claim the revision of its assignment on which the person decided, 0 if there was
    none. Returns how many were changed, and those left alone since somebody else was faster.
    """
    if not can_assign(user):
        raise NotAllowed(_("Your role does not allow you to assign claims."))
    changed, meanwhile = 0, []
    with transaction.atomic(), audit_context(actor=actor_name(user), action="assign"):
        for claim in Claim.objects.select_for_update().filter(pk__in=seen).order_by("pk"):
            found = Assignment.objects.filter(claim=claim).select_related("assignee").first()
            assignment = found or Assignment(claim=claim)
            if (found.revision if found else 0) != seen[claim.pk]:
                meanwhile.append(Meanwhile(claim, assignment.assignee))
                continue
            before = (assignment.assignee, assignment.priority)
            assignment.assignee = assignee
            assignment.priority = priority or assignment.priority
            if before != (assignment.assignee, assignment.priority):
                assignment.full_clean()
                assignment.save()
                changed += 1
    return changed, meanwhile
