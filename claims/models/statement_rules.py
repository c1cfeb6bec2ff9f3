"""The rules of statements that the database enforces."""

from typing import Final

from django.db.models import Q
from django.db.models.constraints import BaseConstraint
from django.utils.translation import gettext_lazy as _

from claims.choices import Quotation, SourceGiven
from claims.models.passage_rules import passage_guards
from claimsapi.core.database.constraints import (
    Check,
    Unique,
    date_fits_precision,
    one_of,
    passage_in_order,
)
from claimsapi.core.database.guards import Guard
from sources.choices import Precision

STATEMENT_CONSTRAINTS: Final[list[BaseConstraint]] = [
    one_of("quotation", Quotation),
    one_of("source_given", SourceGiven),
    one_of("stated_precision", Precision),
    date_fits_precision("stated"),
    passage_in_order(),
    Check(
        "claims_statement_authorial_has_no_speaker",
        _("A statement needs a speaker unless it is authorial."),
        Q(speaker__isnull=True, quotation=Quotation.AUTHORIAL)
        | Q(Q(speaker__isnull=False), ~Q(quotation=Quotation.AUTHORIAL)),
    ),
    Check(
        "claims_statement_speaker_or_document",
        _("A statement needs a speaker or a document."),
        Q(speaker__isnull=False) | Q(document__isnull=False),
    ),
    Check(
        "claims_statement_snapshot_of_document",
        _("A statement with a snapshot needs the snapshot's document."),
        Q(snapshot__isnull=True) | Q(document__isnull=False),
    ),
    Unique(
        "claims_statement_once_per_passage",
        _("The claim has a statement at this passage already."),
        # NULLs are distinct: a claim can have several statements without a position.
        fields=["claim", "snapshot", "start", "end"],
    ),
]

STATEMENT_GUARDS: Final = (
    *passage_guards("claims_statement"),
    Guard(
        "own_role",
        on=("INSERT", "UPDATE"),
        sentence=_("The role belongs to another speaker: choose a role of this speaker."),
        refuse_when=(
            "NEW.affiliation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sources_affiliation a"
            " WHERE a.id = NEW.affiliation_id AND a.speaker_id = NEW.speaker_id)"
        ),
    ),
)
