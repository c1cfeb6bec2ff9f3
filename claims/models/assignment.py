"""Assignments of claims to people at the desk."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from claims.choices import Priority
from claims.models.claim import Claim
from claims.querysets import AssignmentQuerySet
from claimsapi.core.database.constraints import one_of
from claimsapi.core.models import Record


class Assignment(Record):
    """The person who works on a claim, and its priority. Internal: the public never sees it.

    A claim without an assignment is unassigned and has normal priority.
    """

    part_of: ClassVar = ("claim",)
    staff_only_fields: ClassVar = frozenset({"assignee", "priority"})

    claim = models.OneToOneField(
        Claim, models.CASCADE, related_name="assignment", verbose_name=_("claim")
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="assignments",
        verbose_name=_("assigned to"),
        blank=True,
        null=True,
        help_text=_("Empty if the claim is unassigned."),
    )
    priority = models.CharField(
        _("priority"), max_length=6, choices=Priority, default=Priority.NORMAL
    )

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering: ClassVar = ["public_id"]
        constraints: ClassVar = [one_of("priority", Priority)]

    def __str__(self) -> str:
        return f"{self.claim}: {self.assignee or '—'}"
