"""Assign claims to users."""

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
class AssignmentConflict:
    """A claim that another user assigned meanwhile, with its present assignee."""

    claim: Claim
    assignee: User | None


def can_assign(user: User) -> bool:
    """Return whether the user may assign claims. This includes the permission to view claims."""
    permissions = ("claims.view_claim", "claims.add_assignment", "claims.change_assignment")
    return user.has_perms(permissions)


def assignable_users() -> QuerySet[User]:
    """Return the staff users who may change claims, by handle."""
    users: QuerySet[User] = User.objects.with_perm(
        "claims.change_claim", backend="django.contrib.auth.backends.ModelBackend"
    )
    return users.filter(is_staff=True).order_by("handle")


def assign_claims(
    *, revisions: Mapping[int, int], assignee: User | None, user: User, priority: str = ""
) -> tuple[int, list[AssignmentConflict]]:
    """Assign claims to a user or to nobody, and set their priority if one is given.

    ``revisions`` maps a claim's primary key to the assignment revision that the user saw, 0 for no
    assignment. Returns the number of changed claims, and the conflicts: claims whose assignment
    has another revision by now. Conflicts stay unchanged.
    """
    if not can_assign(user):
        raise NotAllowed(_("Your role does not allow you to assign claims."))
    number, conflicts = 0, []
    with transaction.atomic(), audit_context(actor=actor_name(user), action="assign"):
        # The claims are locked, since an assignment may not exist yet. One order of locks
        # prevents a deadlock of two users who assign the same claims.
        for claim in Claim.objects.select_for_update().filter(pk__in=revisions).order_by("pk"):
            current = Assignment.objects.filter(claim=claim).select_related("assignee").first()
            assignment = current or Assignment(claim=claim)
            if (current.revision if current else 0) != revisions[claim.pk]:
                conflicts.append(AssignmentConflict(claim, assignment.assignee))
                continue
            before = (assignment.assignee, assignment.priority)
            assignment.assignee = assignee
            assignment.priority = priority or assignment.priority
            if before != (assignment.assignee, assignment.priority):
                assignment.full_clean()
                assignment.save()
                number += 1
    return number, conflicts
