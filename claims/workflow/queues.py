"""The work queues of the desk: which claims wait, for whom, and why."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from claims.choices import (
    OPEN_STATES,
    UNDECIDED_STATUSES,
    ClaimKind,
    ClaimStatus,
    Priority,
    VersionState,
)
from claims.models import Claim, Evidence, ReviewVersion
from claimsapi.core.database.partial_dates import ends_before
from claimsapi.core.models import User
from sources.choices import Precision
from sources.models import Snapshot


@dataclass(frozen=True, slots=True)
class Queue:
    """A list of claims that wait for the same work.

    ``waiting(user, now)`` is the condition of its claims. ``empty`` is the text of an empty queue.
    """

    name: str
    label_msgid: str
    empty_msgid: str
    waiting: Callable[[User, datetime], Q]

    @property
    def label(self) -> str:
        return gettext(self.label_msgid)

    @property
    def empty(self) -> str:
        return gettext(self.empty_msgid)


def _with_version(**values: object) -> Exists:
    return Exists(ReviewVersion.objects.filter(review__claim=OuterRef("pk"), **values))


def _open() -> Q:
    """Claims that are undecided, or have a draft or a submitted version."""
    return Q(status__in=UNDECIDED_STATUSES) | Q(_with_version(state__in=OPEN_STATES))


def _mine(user: User, _now: datetime) -> Q:
    """Open claims that are assigned to the user, and claims with a draft of the user."""
    assigned = Q(assignment__assignee=user) & _open()
    return assigned | Q(_with_version(author=user, state=VersionState.DRAFT))


def _submitted(user: User, _now: datetime) -> Q:
    others = ReviewVersion.objects.filter(state=VersionState.SUBMITTED).exclude(author=user)
    return Q(Exists(others.filter(review__claim=OuterRef("pk"))))


def _returned(_user: User, _now: datetime) -> Q:
    returned = ReviewVersion.objects.filter(state=VersionState.DRAFT).exclude(return_reason="")
    return Q(Exists(returned.filter(review__claim=OuterRef("pk"))))


def _unassigned(_user: User, _now: datetime) -> Q:
    return _open() & Q(assignment__assignee=None)


def _due(_user: User, now: datetime) -> Q:
    """Predictions that are neither reviewed nor rejected, whose date is today or has passed."""
    today = now.date()
    is_due = ends_before("decidable", today) | Q(
        decidable_precision=Precision.DAY, decidable_on=today
    )
    # A prediction that is marked as not checkable may be checkable on its date, so it is due too.
    may_be_checked = ~Q(status__in=(ClaimStatus.REVIEWED, ClaimStatus.REJECTED))
    return Q(kind=ClaimKind.PREDICTION) & is_due & may_be_checked


def _source_changed(_user: User, now: datetime) -> Q:
    """Claims with a published review whose evidence has a newer snapshot of its document.

    Reviews younger than ``DESK_REVISIT_DAYS`` are left out.
    """
    newer = Snapshot.objects.filter(
        document=OuterRef("document"), retrieved_at__gt=OuterRef("version__published_at")
    )
    changed = Evidence.objects.filter(
        Exists(newer),
        version__review__claim=OuterRef("pk"),
        version__state=VersionState.PUBLISHED,
        version__published_at__lte=now - timedelta(days=settings.DESK_REVISIT_DAYS),
    )
    return Q(Exists(changed))


def _all_open(_user: User, _now: datetime) -> Q:
    return _open()


QUEUES: Final = (
    Queue(
        "mine",
        gettext_noop("Mine"),
        gettext_noop("Nothing waits for you. Take a claim from 'Unassigned'."),
        _mine,
    ),
    Queue(
        "submitted",
        gettext_noop("For a second pair of eyes"),
        gettext_noop("No review waits for an editor. Reviews that others submit appear here."),
        _submitted,
    ),
    Queue(
        "returned",
        gettext_noop("Returned"),
        gettext_noop("No review was returned to its author."),
        _returned,
    ),
    Queue(
        "unassigned",
        gettext_noop("Unassigned"),
        gettext_noop("Every open claim is assigned. Add a claim or a document."),
        _unassigned,
    ),
    Queue(
        "due",
        gettext_noop("Predictions due"),
        gettext_noop("No prediction is due. Enter the dates that predictions are about."),
        _due,
    ),
    Queue(
        "changed",
        gettext_noop("Source changed"),
        gettext_noop("No source of a published review has changed."),
        _source_changed,
    ),
    Queue(
        "open",
        gettext_noop("All open"),
        gettext_noop("No claim is open. Add a claim or a document."),
        _all_open,
    ),
)

_URGENCY: Final = Case(
    *(
        When(assignment__priority=priority, then=Value(position))
        for position, priority in enumerate(Priority.values)
    ),
    default=Value(Priority.values.index(Priority.NORMAL)),
    output_field=IntegerField(),
)


def queue_claims(queue: Queue, user: User) -> QuerySet[Claim]:
    """Return the claims of a queue: the most urgent first, then the oldest."""
    rows = Claim.objects.visible_to(user).filter(queue.waiting(user, timezone.now()))
    return rows.order_by(_URGENCY, "created_at", "public_id")


def queue_lengths(user: User) -> dict[str, int]:
    """Return the number of claims in each queue, in one query."""
    now = timezone.now()
    return Claim.objects.visible_to(user).aggregate(
        **{queue.name: Count("pk", filter=queue.waiting(user, now)) for queue in QUEUES}
    )
