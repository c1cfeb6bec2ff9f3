"""What the worker does between messages: find what a dead one left, and drop what is old."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from claims.choices import DeliveryState
from claims.models import WebhookDelivery, WebhookEndpoint
from claims.webhooks.delivery import LEASE, deliver, schedule_all

KEPT: Final = timedelta(days=30)
_TASKS_KEPT: Final = timedelta(days=1)  # the log of deliveries says more
_AT_ONCE: Final = 200


def tidy() -> None:
    """Do all of it. Two workers may do it at the same moment."""
    now = timezone.now()
    rescue(now)
    bury(now)
    prune(now)


def rescue(now: datetime) -> int:
    """Queue again what is due and has no task that will come: its worker was killed.

    Returns how many. A task that stands READY is left: the workers are only late.
    """
    ready = DBTaskResult.objects.filter(id=OuterRef("task_id"), status=TaskResultStatus.READY)
    lost = WebhookDelivery.objects.filter(
        ~Exists(ready),
        Q(leased_until__isnull=True) | Q(leased_until__lt=now),
        state=DeliveryState.WAITING,
        due_at__lte=now,
    )
    with transaction.atomic():
        found = list(lost.select_for_update(skip_locked=True, of=("self",))[:_AT_ONCE])
        schedule_all(found, now)
    return len(found)


def bury(now: datetime) -> None:
    """Mark as failed the tasks that a killed worker left running for ever."""
    DBTaskResult.objects.filter(
        task_path=deliver.module_path,
        status=TaskResultStatus.RUNNING,
        started_at__lt=now - LEASE,
    ).update(
        status=TaskResultStatus.FAILED,
        finished_at=now,
        traceback="The worker ended before the task did.",
    )


def prune(now: datetime) -> None:
    """Drop deliveries that ended a month ago, tasks that ended, and secrets that sign no more."""
    WebhookDelivery.objects.filter(finished_at__lt=now - KEPT).delete()
    ended = DBTaskResult.objects.filter(
        task_path=deliver.module_path,
        status__in=(TaskResultStatus.SUCCESSFUL, TaskResultStatus.FAILED),
        finished_at__lt=now - _TASKS_KEPT,
    )
    ended.delete()
    WebhookEndpoint.objects.filter(previous_until__lt=now).update(
        previous_secret="", previous_until=None
    )
