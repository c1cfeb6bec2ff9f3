"""Enumerations of claims, reviews and webhooks, and groups of their values."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

IMPORT_ACTION: Final = "import"  # the action of ledger entries that an import appends


class ClaimKind(TextChoices):
    """The kind of proposition that a claim is."""

    EVENT = "event", _("Event")
    STATISTIC = "statistic", _("Statistic")
    COMPARISON = "comparison", _("Comparison")
    CAUSAL = "causal", _("Causal")
    PREDICTION = "prediction", _("Prediction")
    POSITION = "position", _("Position")


class Checkability(TextChoices):
    """Whether evidence can decide a claim."""

    CHECKABLE = "checkable", _("Checkable")
    PARTLY = "partly", _("Checkable in part")
    NOT_YET = "not_yet", _("Not yet checkable")
    NOT_CHECKABLE = "not_checkable", _("Not Checkable")


class ClaimStatus(TextChoices):
    """The progress of our work on a claim. The result is the verdict of its review."""

    UNREVIEWED = "unreviewed", _("Unreviewed")
    IN_REVIEW = "in_review", _("In Review")
    REVIEWED = "reviewed", _("Reviewed")
    NOT_CHECKABLE = "not_checkable", _("Not Checkable")
    REJECTED = "rejected", _("Rejected")


# The desk has not decided on these claims yet.
UNDECIDED_STATUSES: Final = (ClaimStatus.UNREVIEWED, ClaimStatus.IN_REVIEW)
STATUSES_WITH_REASON: Final = (ClaimStatus.NOT_CHECKABLE, ClaimStatus.REJECTED)


class Priority(TextChoices):
    """The urgency of a claim at this desk, the most urgent first."""

    URGENT = "urgent", _("Urgent")
    HIGH = "high", _("High")
    NORMAL = "normal", _("Normal")
    LOW = "low", _("Low")


class Quotation(TextChoices):
    """The form of quotation; ``authorial`` is a statement by the document itself."""

    DIRECT = "direct", _("Direct")
    MIXED = "mixed", _("Mixed")
    INDIRECT = "indirect", _("Indirect")
    AUTHORIAL = "authorial", _("Authorial")


class SourceGiven(TextChoices):
    """Whether the document gives a source for a statement."""

    UNKNOWN = "unknown", _("Not examined")
    NONE = "none", _("None")
    NAMED = "named", _("Named")
    LINKED = "linked", _("Linked")


# Statistics list verdicts in this order, and the public index numbers them by it. A change of the
# order changes the triggers of the index, so that the next ``migrate`` rebuilds it.
class Verdict(TextChoices):
    """The result of a review: the common values that all publishers' ratings are mapped to."""

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
    UNMAPPED = "unmapped", _("Not mapped yet")


class ReviewOrigin(TextChoices):
    """Whether a review was written at this desk or imported."""

    OWN = "own", _("Own")
    IMPORTED = "imported", _("Imported")


class VersionState(TextChoices):
    """The states of a review version."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    PUBLISHED = "published", _("Published")
    SUPERSEDED = "superseded", _("Superseded")
    RETRACTED = "retracted", _("Retracted")


OPEN_STATES: Final = (VersionState.DRAFT, VersionState.SUBMITTED)
PUBLIC_STATES: Final = (VersionState.PUBLISHED, VersionState.SUPERSEDED, VersionState.RETRACTED)
PUBLIC_STATES_SQL: Final = "(" + ", ".join(f"'{state}'" for state in PUBLIC_STATES) + ")"

# The allowed transitions, as source and target. The publication of the next version supersedes.
VERSION_TRANSITIONS: Final = (
    (VersionState.DRAFT, VersionState.SUBMITTED),
    (VersionState.SUBMITTED, VersionState.DRAFT),
    (VersionState.SUBMITTED, VersionState.PUBLISHED),
    (VersionState.PUBLISHED, VersionState.SUPERSEDED),
    (VersionState.PUBLISHED, VersionState.RETRACTED),
)


class CorrectionKind(TextChoices):
    """The reason for a newer version of a published review."""

    CORRECTION = "correction", _("Correction")
    CLARIFICATION = "clarification", _("Clarification")
    UPDATE = "update", _("Update")
    RETRACTION = "retraction", _("Retraction")


class Stance(TextChoices):
    """The relation of a piece of evidence to the claim."""

    SUPPORTS = "supports", _("Supports")
    REFUTES = "refutes", _("Refutes")
    CONTEXT = "context", _("Context")
    INSUFFICIENT = "insufficient", _("Insufficient")


class RelationKind(TextChoices):
    """The kind of a relation between two claims."""

    SAME_AS = "same_as", _("Same As")
    REPEATS = "repeats", _("Repeats")
    CONTRADICTS = "contradicts", _("Contradicts")
    NARROWER_THAN = "narrower_than", _("Narrower Than")
    PART_OF = "part_of", _("Part Of")


SYMMETRIC_KINDS: Final = (RelationKind.SAME_AS, RelationKind.CONTRADICTS)


class RelationState(TextChoices):
    """The decision on a relation between two claims."""

    SUGGESTED = "suggested", _("Suggested")
    CONFIRMED = "confirmed", _("Confirmed")
    REJECTED = "rejected", _("Rejected")


class WebhookEvent(TextChoices):
    """The events that webhooks announce."""

    PUBLISHED = "review.published", _("Review published")
    CORRECTED = "review.corrected", _("Review corrected")
    RETRACTED = "review.retracted", _("Review retracted")
    TEST = "webhook.test", _("Test")


class DeliveryState(TextChoices):
    """The progress of a webhook delivery."""

    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    GIVEN_UP = "given_up", _("Given up")


class DeliveryFault(TextChoices):
    """The reason why the last attempt of a delivery failed."""

    ADDRESS = "address", _("The host name resolves to a private address")
    NAME = "name", _("Host name not found")
    CONNECTION = "connection", _("No connection")
    CERTIFICATE = "certificate", _("TLS failed")
    TIME = "time", _("No response in time")
    REDIRECT = "redirect", _("Redirected: enter the target URL")
    STATUS = "status", _("Error response")
    GONE = "gone", _("Endpoint gone (410)")
    ANSWER = "answer", _("The response is not HTTP")
    SECRET = "secret", _("The secret cannot be decrypted: create a new one")
    OFF = "off", _("The endpoint is switched off")
    NOT_PUBLIC = "not_public", _("No longer public")
    WORKER = "worker", _("The worker stopped during the attempt")
    WAITED = "waited", _("Waited too long in the queue")
