"""Claims, their topics and their relations. The rules are in ``claim_rules``."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from claims.choices import Checkability, ClaimKind, ClaimStatus, RelationKind, RelationState
from claims.models.claim_rules import CLAIM_CONSTRAINTS, CLAIM_GUARDS, RELATION_CONSTRAINTS
from claims.querysets import ClaimQuerySet, ClaimRelationQuerySet, TopicQuerySet
from claimsapi.core.database.constraints import not_blank
from claimsapi.core.database.fields import TimestampField
from claimsapi.core.models import Record
from claimsapi.core.partial_date import PartialDate
from sources.models import language_field, precision_field


class Topic(Record):
    """A subject of claims."""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120, unique=True)

    objects = TopicQuerySet.as_manager()

    class Meta:
        # By id and not by name: a dump lists topics in this order, and collations differ between
        # databases.
        ordering: ClassVar = ["public_id"]
        constraints: ClassVar = [not_blank("name")]

    def __str__(self) -> str:
        return self.name


class Claim(Record):
    """A proposition in neutral words that can be true or false."""

    withdrawable: ClassVar = True
    revealed_relations: ClassVar = ("topics", "statements", "relations_out", "relations_in")

    guards: ClassVar = CLAIM_GUARDS

    text = models.CharField(max_length=1000, help_text=_("The proposition in neutral words."))
    kind = models.CharField(
        max_length=12,
        choices=ClaimKind,
        blank=True,
        help_text=_("The kind of proposition; empty if not yet decided."),
    )
    checkability = models.CharField(
        max_length=14, choices=Checkability, default=Checkability.CHECKABLE
    )
    status = models.CharField(
        max_length=14, choices=ClaimStatus, default=ClaimStatus.UNREVIEWED, editable=False
    )
    status_reason = models.TextField(
        blank=True,
        editable=False,
        help_text=_("Why the claim is rejected or not checkable."),
    )
    topics = models.ManyToManyField(Topic, related_name="claims", blank=True)
    language = language_field(blank=True)
    decidable_on = models.DateField(
        _("decidable from"),
        blank=True,
        null=True,
        help_text=_("When evidence can decide it: for a prediction, the predicted date."),
    )
    decidable_precision = precision_field()
    # A claim is also public without it, through a published review.
    listed_at = TimestampField(
        _("listed"),
        blank=True,
        null=True,
        editable=False,
        help_text=_("When an editor announced to the public that we are checking it."),
    )

    objects = ClaimQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-public_id"]
        permissions: ClassVar = [
            ("list_claim", "Can list claims for the public"),
            ("decide_claim", "Can reject, reopen and mark claims as not checkable"),
        ]
        constraints: ClassVar = CLAIM_CONSTRAINTS
        indexes: ClassVar = [
            # Keyset pages of the API read these in order, without a sort.
            models.Index("created_at", "public_id", name="claims_claim_created"),
            models.Index("updated_at", "public_id", name="claims_claim_updated"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def decidable_date(self) -> PartialDate:
        return PartialDate(self.decidable_on, self.decidable_precision)


class ClaimRelation(Record):
    """A relation between two claims: suggested, confirmed or rejected."""

    part_of: ClassVar = ("from_claim", "to_claim")

    from_claim = models.ForeignKey(Claim, models.PROTECT, related_name="relations_out")
    to_claim = models.ForeignKey(Claim, models.PROTECT, related_name="relations_in")
    kind = models.CharField(max_length=13, choices=RelationKind)
    state = models.CharField(max_length=9, choices=RelationState, default=RelationState.SUGGESTED)
    method = models.CharField(
        max_length=100, blank=True, help_text=_("The program that suggested the relation, if any.")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", blank=True, null=True
    )

    objects = ClaimRelationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["public_id"]
        constraints: ClassVar = RELATION_CONSTRAINTS

    def __str__(self) -> str:
        return f"{self.from_claim} {self.get_kind_display()} {self.to_claim}"
