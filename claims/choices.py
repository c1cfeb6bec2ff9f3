"""The enumerations of claims and reviews."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

IMPORT_ACTION: Final = "import"  # the action of ledger entries that an import writes


class ClaimKind(TextChoices):
    """What sort of proposition a claim is."""

    EVENT = "event", _("Event")
    STATISTIC = "statistic", _("Statistic")
    COMPARISON = "comparison", _("Comparison")
    CAUSAL = "causal", _("Causal")
    PREDICTION = "prediction", _("Prediction")
    POSITION = "position", _("Position")


class Checkability(TextChoices):
    """How far evidence can decide a claim."""

    CHECKABLE = "checkable", _("Checkable")
    PARTLY = "partly", _("Checkable in part")
    NOT_YET = "not_yet", _("Not yet: its time has not come")
    NOT_CHECKABLE = "not_checkable", _("Not Checkable")


class ClaimStatus(TextChoices):
    """Where a claim stands in our work; what we found is the verdict."""

    UNREVIEWED = "unreviewed", _("Unreviewed")
    IN_REVIEW = "in_review", _("In Review")
    REVIEWED = "reviewed", _("Reviewed")
    NOT_CHECKABLE = "not_checkable", _("Not Checkable")
    REJECTED = "rejected", _("Rejected")


# The desk has not decided on these claims yet.
UNDECIDED_STATUSES: Final = (ClaimStatus.UNREVIEWED, ClaimStatus.IN_REVIEW)


class Priority(TextChoices):
    """How urgent a claim is to us, the most urgent first."""

    URGENT = "urgent", _("Urgent")
    HIGH = "high", _("High")
    NORMAL = "normal", _("Normal")
    LOW = "low", _("Low")


class Quotation(TextChoices):
    """How a document gives somebody's words; ``authorial`` is the document's own voice."""

    DIRECT = "direct", _("Direct")
    MIXED = "mixed", _("Mixed")
    INDIRECT = "indirect", _("Indirect")
    AUTHORIAL = "authorial", _("Authorial")


class SourceGiven(TextChoices):
    """What source the document itself gives for a statement."""

    UNKNOWN = "unknown", _("Nobody has looked")
    NONE = "none", _("None")
    NAMED = "named", _("Named")
    LINKED = "linked", _("Linked")


class Verdict(TextChoices):
    """What was found, in the words that all publishers' ratings are mapped to."""

    TRUE = "true", _("True")
    MOSTLY_TRUE = "mostly_true", _("Mostly True")
    MIXED = "mixed", _("Mixed")
    MOSTLY_FALSE = "mostly_false", _("Mostly False")
    FALSE = "false", _("False")
    MISLEADING = "misleading", _("Misleading")
    MISSING_CONTEXT = "missing_context", _("Missing Context")
    OUTDATED = "outdated", _("Outdated")
    SATIRE = "satire", _("Satire")
    UNPROVEN = "unproven", _("Unproven")
    NOT_CHECKABLE = "not_checkable", _("Not Checkable")
    UNMAPPED = "unmapped", _("Nobody has decided yet")


class ReviewOrigin(TextChoices):
    """Whether a review was made at this desk or brought in from elsewhere."""

    OWN = "own", _("Own")
    IMPORTED = "imported", _("Imported")


class VersionState(TextChoices):
    """The life of a review version."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    PUBLISHED = "published", _("Published")
    SUPERSEDED = "superseded", _("Superseded")
    RETRACTED = "retracted", _("Retracted")


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

    CORRECTION = "correction", _("Correction")
    CLARIFICATION = "clarification", _("Clarification")
    UPDATE = "update", _("Update")
    RETRACTION = "retraction", _("Retraction")


class Stance(TextChoices):
    """What a document does for the claim that it is evidence on."""

    SUPPORTS = "supports", _("Supports")
    REFUTES = "refutes", _("Refutes")
    CONTEXT = "context", _("Context")
    INSUFFICIENT = "insufficient", _("Insufficient")


class RelationKind(TextChoices):
    """How one claim relates to another."""

    SAME_AS = "same_as", _("Same As")
    REPEATS = "repeats", _("Repeats")
    CONTRADICTS = "contradicts", _("Contradicts")
    NARROWER_THAN = "narrower_than", _("Narrower Than")
    PART_OF = "part_of", _("Part Of")


SYMMETRIC_KINDS: Final = (RelationKind.SAME_AS, RelationKind.CONTRADICTS)


class RelationState(TextChoices):
    """Whether somebody has decided on a relation."""

    SUGGESTED = "suggested", _("Suggested")
    CONFIRMED = "confirmed", _("Confirmed")
    REJECTED = "rejected", _("Rejected")


class WebhookEvent(TextChoices):
    """What other systems are told of."""

    PUBLISHED = "review.published", _("Review published")
    CORRECTED = "review.corrected", _("Review corrected")
    WITHDRAWN = "review.withdrawn", _("Review withdrawn")
    TEST = "webhook.test", _("Test")


class DeliveryState(TextChoices):
    """How far the delivery of a message has come."""

    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    GIVEN_UP = "given_up", _("Given up")


class DeliveryFault(TextChoices):
    """Why a message was not delivered, or not yet."""

    ADDRESS = "address", _("The name leads to a private address")
    NAME = "name", _("The name was not found")
    CONNECTION = "connection", _("No connection")
    CERTIFICATE = "certificate", _("TLS failed")
    TIME = "time", _("No answer in time")
    REDIRECT = "redirect", _("Redirected: enter the address that it leads to")
    STATUS = "status", _("Answered with an error")
    GONE = "gone", _("Answered that the endpoint is gone")
    ANSWER = "answer", _("The answer is no HTTP")
    SECRET = "secret", _("The secret cannot be read: make a new one")
    OFF = "off", _("The endpoint is switched off")
    NOT_PUBLIC = "not_public", _("No longer public")
    WORKER = "worker", _("The worker ended in the middle")
    WAITED = "waited", _("Waited too long behind others")
