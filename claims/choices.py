"""The enumerations of claims and reviews."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ClaimKind(TextChoices):
    """What sort of proposition a claim is."""

    EVENT = "event"
    STATISTIC = "statistic"
    COMPARISON = "comparison"
    CAUSAL = "causal"
    PREDICTION = "prediction"
    POSITION = "position"


class Checkability(TextChoices):
    """How far evidence can decide a claim."""

    CHECKABLE = "checkable"
    PARTLY = "partly", "Checkable in part"
    NOT_YET = "not_yet", "Not yet: its time has not come"
    NOT_CHECKABLE = "not_checkable"


class ClaimStatus(TextChoices):
    """Where a claim stands in our work; what we found is the verdict."""

    UNREVIEWED = "unreviewed"
    IN_REVIEW = "in_review"
    REVIEWED = "reviewed"
    NOT_CHECKABLE = "not_checkable"
    REJECTED = "rejected"


class Priority(TextChoices):
    """How urgent a claim is to us, the most urgent first."""

    URGENT = "urgent", _("Urgent")
    HIGH = "high", _("High")
    NORMAL = "normal", _("Normal")
    LOW = "low", _("Low")


class Quotation(TextChoices):
    """How a document gives somebody's words; ``authorial`` is the document's own voice."""

    DIRECT = "direct"
    MIXED = "mixed"
    INDIRECT = "indirect"
    AUTHORIAL = "authorial"


class SourceGiven(TextChoices):
    """What source the document itself gives for a statement."""

    UNKNOWN = "unknown", "Nobody has looked"
    NONE = "none"
    NAMED = "named"
    LINKED = "linked"


class Verdict(TextChoices):
    """What was found, in the words that all publishers' ratings are mapped to."""

    TRUE = "true"
    MOSTLY_TRUE = "mostly_true"
    MIXED = "mixed"
    MOSTLY_FALSE = "mostly_false"
    FALSE = "false"
    MISLEADING = "misleading"
    MISSING_CONTEXT = "missing_context"
    OUTDATED = "outdated"
    SATIRE = "satire"
    UNPROVEN = "unproven"
    NOT_CHECKABLE = "not_checkable"
    UNMAPPED = "unmapped", "Nobody has decided yet"


class ReviewOrigin(TextChoices):
    """Whether a review was made at this desk or brought in from elsewhere."""

    OWN = "own"
    IMPORTED = "imported"


class VersionState(TextChoices):
    """The life of a review version."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    RETRACTED = "retracted"


OPEN_STATES: Final = (VersionState.DRAFT, VersionState.SUBMITTED)
PUBLIC_STATES: Final = (VersionState.PUBLISHED, VersionState.SUPERSEDED, VersionState.RETRACTED)

# From which state a version comes into which; `superseded` by the publication of the next.
VERSION_MOVES: Final = (
    (VersionState.DRAFT, VersionState.SUBMITTED),
    (VersionState.SUBMITTED, VersionState.DRAFT),
    (VersionState.SUBMITTED, VersionState.PUBLISHED),
    (VersionState.PUBLISHED, VersionState.SUPERSEDED),
    (VersionState.PUBLISHED, VersionState.RETRACTED),
)


class CorrectionKind(TextChoices):
    """Why a published review has a newer version."""

    CORRECTION = "correction"
    CLARIFICATION = "clarification"
    UPDATE = "update"
    RETRACTION = "retraction"


class Stance(TextChoices):
    """What a document does for the claim that it is evidence on."""

    SUPPORTS = "supports"
    REFUTES = "refutes"
    CONTEXT = "context"
    INSUFFICIENT = "insufficient"


class RelationKind(TextChoices):
    """How one claim relates to another."""

    SAME_AS = "same_as"
    REPEATS = "repeats"
    CONTRADICTS = "contradicts"
    NARROWER_THAN = "narrower_than"
    PART_OF = "part_of"


SYMMETRIC_KINDS: Final = (RelationKind.SAME_AS, RelationKind.CONTRADICTS)


class RelationState(TextChoices):
    """Whether somebody has decided on a relation."""

    SUGGESTED = "suggested"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
