"""The rules of claims and their relations that the database enforces.

Each rule has its code, its sentence for people and its condition. The condition of a constraint
holds for every row; that of a guard describes the writes to refuse.
"""

from typing import Final

from django.db.models import F, Q
from django.db.models.constraints import BaseConstraint
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext_lazy as _

from claims.choices import (
    PUBLIC_STATES_SQL,
    STATUSES_WITH_REASON,
    SYMMETRIC_KINDS,
    Checkability,
    ClaimKind,
    ClaimStatus,
    RelationKind,
    RelationState,
)
from claimsapi.core.database.constraints import (
    Check,
    Unique,
    date_fits_precision,
    not_blank,
    one_of,
)
from claimsapi.core.database.guards import Guard, columns_changed
from sources.choices import Precision

CLAIM_CONSTRAINTS: Final[list[BaseConstraint]] = [
    not_blank("text"),
    one_of("kind", ClaimKind, ""),
    one_of("checkability", Checkability),
    one_of("status", ClaimStatus),
    one_of("decidable_precision", Precision),
    date_fits_precision("decidable"),
    Check(
        "claims_claim_decision_has_reason",
        _("A rejected or not checkable claim needs a reason."),
        ~Q(status__in=STATUSES_WITH_REASON) | ~Q(status_reason=""),
    ),
    Check(
        "claims_claim_rejected_not_listed",
        _("A rejected claim cannot be listed for the public."),
        ~Q(status=ClaimStatus.REJECTED) | Q(listed_at__isnull=True),
    ),
]

CLAIM_GUARDS: Final = (
    Guard(
        "published_wording",
        on="UPDATE",
        sentence=_(
            "This claim has a published verdict, so its text is final."
            " Create a new claim for the new text."
        ),
        # Readers saw the verdict together with this text.
        refuse_when=columns_changed("text")
        + " AND EXISTS (SELECT 1 FROM claims_review r JOIN claims_reviewversion v"
        " ON v.review_id = r.id WHERE r.claim_id = OLD.id"
        f" AND v.state IN {PUBLIC_STATES_SQL})",
    ),
)

_ALREADY_RELATED: Final = _("These claims have this relation already.")

RELATION_CONSTRAINTS: Final[list[BaseConstraint]] = [
    one_of("kind", RelationKind),
    one_of("state", RelationState),
    Check(
        "claims_claimrelation_distinct_claims",
        _("A claim cannot have a relation to itself."),
        ~Q(from_claim=F("to_claim")),
    ),
    Unique(
        "claims_claimrelation_once", _ALREADY_RELATED, fields=["from_claim", "to_claim", "kind"]
    ),
    Unique(
        "claims_claimrelation_once_either_way",
        _ALREADY_RELATED,
        # A symmetric relation is the same from either side: compare the pair in a fixed order.
        Least("from_claim", "to_claim"),
        Greatest("from_claim", "to_claim"),
        "kind",
        condition=Q(kind__in=SYMMETRIC_KINDS),
    ),
]
