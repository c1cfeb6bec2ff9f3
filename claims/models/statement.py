"""Statements: the appearances of claims. The rules are in ``statement_rules``."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from claims.choices import Quotation, SourceGiven
from claims.models.claim import Claim
from claims.models.passage import Passage
from claims.models.statement_rules import STATEMENT_CONSTRAINTS, STATEMENT_GUARDS
from claims.querysets import StatementQuerySet
from claimsapi.core.partial_date import PartialDate
from sources.models import Affiliation, Document, Speaker, precision_field


class Statement(Passage):
    """One appearance of a claim: who said it, where, when, and in which words."""

    guards: ClassVar = STATEMENT_GUARDS

    part_of: ClassVar = ("claim",)
    revealed_relations: ClassVar = ("speaker", "document")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="statements")
    document = models.ForeignKey(
        Document,
        models.PROTECT,
        related_name="statements",
        blank=True,
        null=True,
        help_text=_("Where it was said; empty if unknown."),
    )
    speaker = models.ForeignKey(
        Speaker,
        models.PROTECT,
        related_name="statements",
        blank=True,
        null=True,
        help_text=_("Empty if the document itself makes the statement."),
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
        max_length=300, blank=True, help_text=_("The attribution as printed in the document.")
    )
    stated_on = models.DateField(_("stated"), blank=True, null=True)
    stated_precision = precision_field()
    source_given = models.CharField(
        max_length=7,
        choices=SourceGiven,
        default=SourceGiven.UNKNOWN,
        help_text=_("Whether the document gives a source for the statement."),
    )

    objects = StatementQuerySet.as_manager()

    class Meta:
        # A UUIDv7 begins with its time of creation, so this is the order of creation.
        ordering: ClassVar = ["public_id"]
        constraints: ClassVar = STATEMENT_CONSTRAINTS

    @property
    def stated_date(self) -> PartialDate:
        return PartialDate(self.stated_on, self.stated_precision)

    @property
    def roles(self) -> list[Affiliation]:
        """The speaker's role: the chosen one, or all that the speaker had on that date."""
        # A speaker can have several roles at once, and the document may not name the right one.
        if self.affiliation is not None or self.speaker is None:
            return [self.affiliation] if self.affiliation is not None else []
        return [role for role in self.speaker.affiliations.all() if role.includes(self.stated_date)]

    def __str__(self) -> str:
        words = self.exact or self.attributed_as or self.get_quotation_display()
        return words if len(words) <= 80 else f"{words[:79]}…"
