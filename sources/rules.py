"""The rules of sources that the database enforces.

Each rule has its code, its sentence for people and its condition. The condition of a constraint
holds for every row; that of a guard describes the writes to refuse.
"""

from typing import Final

from django.db.models import F, Q
from django.db.models.constraints import BaseConstraint
from django.db.models.functions import Length, Lower
from django.utils.translation import gettext_lazy as _

from claimsapi.core.database.constraints import (
    Check,
    Unique,
    date_fits_precision,
    not_blank,
    one_of,
)
from claimsapi.core.database.guards import Guard, columns_changed, forbid_replace
from sources.choices import DocumentKind, Precision, SpeakerKind

PUBLISHER_CONSTRAINTS: Final[list[BaseConstraint]] = [
    not_blank("name"),
    Check(
        "sources_publisher_site_canonical",
        _("site: enter a host in lower case, without www. and path."),
        Q(site=Lower("site"))
        & ~Q(site__startswith="www.")
        & ~Q(site__contains="/")
        & Q(site__contains="."),
    ),
]

SPEAKER_CONSTRAINTS: Final[list[BaseConstraint]] = [
    not_blank("name"),
    one_of("kind", SpeakerKind),
]

IDENTIFIER_CONSTRAINTS: Final[list[BaseConstraint]] = [not_blank("url")]

# An identifier that moved to another speaker would change the meaning of earlier exports.
IDENTIFIER_GUARDS: Final = (
    Guard(
        "identity",
        on="UPDATE",
        sentence=_("An identifier keeps its speaker."),
        refuse_when=columns_changed("speaker_id"),
    ),
)

AFFILIATION_CONSTRAINTS: Final[list[BaseConstraint]] = [
    not_blank("role"),
    one_of("start_precision", Precision),
    one_of("end_precision", Precision),
    date_fits_precision("start"),
    date_fits_precision("end"),
    Check(
        "sources_affiliation_in_order",
        _("A role cannot end before it starts."),
        Q(start_on__isnull=True)
        | Q(end_on__isnull=True)
        | Q(end_on__gte=F("start_on"))
        # The end '2024' is stored as its first day but can be any day of the year.
        | Q(end_precision=Precision.YEAR, end_on__year=F("start_on__year"))
        | Q(
            end_precision=Precision.MONTH,
            end_on__year=F("start_on__year"),
            end_on__month=F("start_on__month"),
        ),
    ),
]

# Statements refer to the role as one of their speaker's.
AFFILIATION_GUARDS: Final = (
    Guard(
        "identity",
        on="UPDATE",
        sentence=_("A role keeps its speaker."),
        refuse_when=columns_changed("speaker_id"),
    ),
)

DOCUMENT_CONSTRAINTS: Final[list[BaseConstraint]] = [
    not_blank("title"),
    not_blank("url"),
    one_of("kind", DocumentKind),
    one_of("published_precision", Precision),
    date_fits_precision("published"),
]

SNAPSHOT_CONSTRAINTS: Final[list[BaseConstraint]] = [
    # The same bytes of one document are one snapshot, however often somebody retrieves them.
    Unique(
        "sources_snapshot_once_per_document",
        _("The document has a snapshot with this SHA-256 already."),
        fields=["document", "sha256"],
    ),
    Check(
        "sources_snapshot_sha256_hexadecimal",
        _("sha256: enter 64 hexadecimal digits in lower case."),
        Q(sha256__regex=r"\A[0-9a-f]{64}\Z"),
    ),
    Check(
        "sources_snapshot_text_complete",
        _("A snapshot's text must not be empty and needs its length, size and retrieval time."),
        Q(text__isnull=True, retrieved_at__isnull=True)
        | Q(
            ~Q(text=""),
            text__isnull=False,
            length__isnull=False,
            length=Length("text"),
            size__isnull=False,
            retrieved_at__isnull=False,
        ),
    ),
]

# A snapshot can be announced by hash and length, and receive its text later. From then on it is
# final: passages are positions in its text.
SNAPSHOT_GUARDS: Final = (
    Guard(
        "identity",
        on="UPDATE",
        sentence=_("A snapshot keeps its document and its SHA-256."),
        refuse_when=columns_changed("document_id", "sha256"),
    ),
    Guard(
        "frozen",
        on="UPDATE",
        sentence=_("A snapshot with a text never changes: add another snapshot of the document."),
        refuse_when="OLD.text IS NOT NULL AND "
        + columns_changed("text", "media_type", "length", "size", "retrieved_at"),
    ),
    Guard(
        "matches_hash",
        on="UPDATE",
        sentence=_("The text's length differs from the announced length of this snapshot."),
        # Passages may already rest on positions within the announced length.
        refuse_when="OLD.length IS NOT NULL AND " + columns_changed("length"),
    ),
    forbid_replace("sources_snapshot", "document_id", "sha256"),
)
