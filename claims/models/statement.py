"""Statements: the appearances of claims."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from claims.choices import Quotation, SourceGiven
from claims.models.claim import Claim
from claims.models.passage import Passage, passage_guards
from claims.querysets import StatementQuerySet
from claimsapi.core.database.constraints import date_fits_precision, one_of, passage_in_order
from claimsapi.core.database.guards import Guard
from claimsapi.core.partial_date import PartialDate
from sources.choices import Precision
from sources.models import Affiliation, Document, Speaker, precision_field


class Statement(Passage):
    """One appearance of a claim: who said it, where, when, and in which words."""

    guards: ClassVar = (
        *passage_guards("claims_statement"),
        *(
            Guard(
                "own_role",
                operation,
                "NEW.affiliation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sources_affiliation a"
                " WHERE a.id = NEW.affiliation_id AND a.speaker_id = NEW.speaker_id)",
                gettext_noop("The role is one of another speaker."),
            )
            for operation in ("INSERT", "UPDATE")
        ),
    )

    part_of: ClassVar = ("claim",)
    reveals: ClassVar = ("speaker", "document")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="statements")
    document = models.ForeignKey(
        Document,
        models.PROTECT,
        related_name="statements",
        blank=True,
        null=True,
        help_text=_("Where it was said; empty if that is not known."),
    )
    speaker = models.ForeignKey(
        Speaker,
        models.PROTECT,
        related_name="statements",
        blank=True,
        null=True,
        help_text=_("Empty if the document says it in its own voice."),
    )
    affiliation = models.ForeignKey(
        Affiliation,
        models.PROTECT,
        related_name="statements",
        verbose_name=_("role"),
        blank=True,
        null=True,
        help_text=_("The role in which the speaker said it."),
    )
    quotation = models.CharField(max_length=9, choices=Quotation)
    attributed_as = models.CharField(
        max_length=300, blank=True, help_text=_("The attribution as printed.")
    )
    stated_on = models.DateField(_("stated"), blank=True, null=True)
    stated_precision = precision_field()
    source_given = models.CharField(
        max_length=7,
        choices=SourceGiven,
        default=SourceGiven.UNKNOWN,
        help_text=_("What source the document itself gives for it."),
    )

    objects = StatementQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["public_id"]
        constraints: ClassVar = [
            one_of("quotation", Quotation),
            one_of("source_given", SourceGiven),
            one_of("stated_precision", Precision),
            *date_fits_precision("stated"),
            *passage_in_order(),
            models.CheckConstraint(
                name="claims_statement_authorial_has_no_speaker",
                condition=Q(speaker__isnull=True, quotation=Quotation.AUTHORIAL)
                | Q(Q(speaker__isnull=False), ~Q(quotation=Quotation.AUTHORIAL)),
                violation_error_message=_(
                    "A statement without a speaker is authorial, and only that one."
                ),
            ),
            models.CheckConstraint(
                name="claims_statement_speaker_or_document",
                condition=Q(speaker__isnull=False) | Q(document__isnull=False),
                violation_error_message=_("Say who said it, or where."),
            ),
            models.CheckConstraint(
                name="claims_statement_snapshot_of_document",
                condition=Q(snapshot__isnull=True) | Q(document__isnull=False),
                violation_error_message=_("A snapshot is one of a document: name that too."),
            ),
            models.UniqueConstraint(
                fields=["claim", "snapshot", "start", "end"],
                name="claims_statement_once_per_passage",
                violation_error_message=_("The claim has a statement at this passage already."),
            ),
        ]

    @property
    def stated(self) -> PartialDate:
        return PartialDate(self.stated_on, self.stated_precision)

    @property
    def held(self) -> list[Affiliation]:
        """The role in which it was said; if none was chosen, those that the speaker then held."""
        if self.affiliation is not None or self.speaker is None:
            return [self.affiliation] if self.affiliation is not None else []
        return [role for role in self.speaker.affiliations.all() if role.held_on(self.stated)]

    def __str__(self) -> str:
        words = self.exact or self.attributed_as or self.get_quotation_display()
        return words if len(words) <= 80 else f"{words[:79]}…"
