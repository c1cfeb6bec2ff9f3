"""Claims, their topics, and how they relate."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from claims.choices import (
    SYMMETRIC_KINDS,
    Checkability,
    ClaimKind,
    ClaimStatus,
    RelationKind,
    RelationState,
)
from claims.querysets import ClaimQuerySet, ClaimRelationQuerySet, TopicQuerySet
from claimsapi.core.database.constraints import date_fits_precision, not_blank, one_of
from claimsapi.core.database.fields import TimestampField
from claimsapi.core.database.guards import Guard, columns_changed
from claimsapi.core.models import Record
from claimsapi.core.partial_date import PartialDate
from sources.choices import Precision
from sources.models import language_field, precision_field

NEEDS_REASON = (ClaimStatus.NOT_CHECKABLE, ClaimStatus.REJECTED)


class Topic(Record):
    """What claims are about."""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120, unique=True)

    objects = TopicQuerySet.as_manager()

    class Meta:
        # Not by name: a dump lists a claim's topics in this order, and collations differ.
        ordering: ClassVar = ["public_id"]
        constraints: ClassVar = [not_blank("name")]

    def __str__(self) -> str:
        return self.name


class Claim(Record):
    """A proposition in neutral words that can be true or false."""

    withdrawable: ClassVar = True
    reveals: ClassVar = ("topics", "statements", "relations_out", "relations_in")

    guards: ClassVar = (
        Guard(
            "judged",
            "UPDATE",
            columns_changed("text")
            + " AND EXISTS (SELECT 1 FROM claims_review r JOIN claims_reviewversion v"
            " ON v.review_id = r.id WHERE r.claim_id = OLD.id"
            " AND v.state NOT IN ('draft', 'submitted'))",
            gettext_noop(
                "A published verdict judges these words: another wording is another claim."
            ),
        ),
    )

    text = models.CharField(max_length=1000, help_text=_("The proposition in neutral words."))
    kind = models.CharField(
        max_length=12,
        choices=ClaimKind,
        blank=True,
        help_text=_("What sort of proposition it is; empty while nobody has said."),
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
        help_text=_("Why it is rejected or not checkable."),
    )
    topics = models.ManyToManyField(Topic, related_name="claims", blank=True)
    language = language_field(blank=True)
    decidable_on = models.DateField(
        _("decidable from"),
        blank=True,
        null=True,
        help_text=_("When it can be judged: of a prediction, the day that it speaks of."),
    )
    decidable_precision = precision_field()
    listed_at = TimestampField(
        _("listed"),
        blank=True,
        null=True,
        editable=False,
        help_text=_("When an editor listed it for the public as being looked into."),
    )

    objects = ClaimQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-public_id"]
        permissions: ClassVar = [
            ("list_claim", "Can list claims for the public"),
            ("decide_claim", "Can reject, reopen and mark claims as not checkable"),
        ]
        constraints: ClassVar = [
            not_blank("text"),
            one_of("kind", ClaimKind, ""),
            one_of("checkability", Checkability),
            one_of("status", ClaimStatus),
            one_of("decidable_precision", Precision),
            *date_fits_precision("decidable"),
            models.CheckConstraint(
                name="claims_claim_decision_has_reason",
                condition=~Q(status__in=NEEDS_REASON) | ~Q(status_reason=""),
                violation_error_message=_("A rejected or not checkable claim says why."),
            ),
            models.CheckConstraint(
                name="claims_claim_rejected_not_listed",
                condition=~Q(status=ClaimStatus.REJECTED) | Q(listed_at__isnull=True),
                violation_error_message=_("A rejected claim is not listed."),
            ),
        ]
        indexes: ClassVar = [
            models.Index("created_at", "public_id", name="claims_claim_created"),
            models.Index("updated_at", "public_id", name="claims_claim_updated"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def decidable(self) -> PartialDate:
        return PartialDate(self.decidable_on, self.decidable_precision)


class ClaimRelation(Record):
    """How one claim relates to another: suggested, confirmed or rejected, by whom or what."""

    part_of: ClassVar = ("from_claim", "to_claim")

    from_claim = models.ForeignKey(Claim, models.PROTECT, related_name="relations_out")
    to_claim = models.ForeignKey(Claim, models.PROTECT, related_name="relations_in")
    kind = models.CharField(max_length=13, choices=RelationKind)
    state = models.CharField(max_length=9, choices=RelationState, default=RelationState.SUGGESTED)
    method = models.CharField(
        max_length=100, blank=True, help_text=_("What suggested it, if it was a program.")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", blank=True, null=True
    )

    objects = ClaimRelationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["public_id"]
        constraints: ClassVar = [
            one_of("kind", RelationKind),
            one_of("state", RelationState),
            models.CheckConstraint(
                name="claims_claimrelation_two_claims",
                condition=~Q(from_claim=F("to_claim")),
                violation_error_message=_("A claim does not relate to itself."),
            ),
            models.UniqueConstraint(
                fields=["from_claim", "to_claim", "kind"],
                name="claims_claimrelation_once",
                violation_error_message=_("These claims are related in this way already."),
            ),
            models.UniqueConstraint(
                Least("from_claim", "to_claim"),
                Greatest("from_claim", "to_claim"),
                "kind",
                condition=Q(kind__in=SYMMETRIC_KINDS),
                name="claims_claimrelation_once_either_way",
                violation_error_message=_("These claims are related in this way already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_claim} {self.get_kind_display()} {self.to_claim}"
