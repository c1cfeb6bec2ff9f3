"""Cleanup between deliveries: requeues messages of killed workers, and deletes old rows."""

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

DELIVERY_RETENTION: Final = timedelta(days=30)
# Shorter than for deliveries: the log of deliveries has more details.
_TASK_RETENTION: Final = timedelta(days=1)
_BATCH_SIZE: Final = 200


def clean_up() -> None:
    """Run the whole cleanup. Several workers can run it in parallel."""
    now = timezone.now()
    requeue_lost_deliveries(now)
    fail_abandoned_tasks(now)
    delete_old_rows(now)


def requeue_lost_deliveries(now: datetime) -> int:
    """Queue due deliveries again that have no pending task; return their number.

    A delivery loses its task when its worker is killed. A task with the status READY is not lost:
    all workers are busy.
    """
    ready = DBTaskResult.objects.filter(id=OuterRef("task_id"), status=TaskResultStatus.READY)
    lost = WebhookDelivery.objects.filter(
        ~Exists(ready),
        Q(leased_until__isnull=True) | Q(leased_until__lt=now),
        state=DeliveryState.WAITING,
        due_at__lte=now,
    )
    with transaction.atomic():
        # SKIP LOCKED: another worker that cleans up at the same time takes other rows.
        deliveries = list(lost.select_for_update(skip_locked=True, of=("self",))[:_BATCH_SIZE])
        schedule_all(deliveries, now)
    return len(deliveries)


def fail_abandoned_tasks(now: datetime) -> None:
    """Mark tasks as failed that a killed worker left running."""
    # After the lease no worker runs the task any more. Running tasks are never deleted, so without
    # this they would stay forever.
    DBTaskResult.objects.filter(
        task_path=deliver.module_path,
        status=TaskResultStatus.RUNNING,
        started_at__lt=now - LEASE,
    ).update(
        status=TaskResultStatus.FAILED,
        finished_at=now,
        traceback="The worker ended before the task did.",
    )


def delete_old_rows(now: datetime) -> None:
    """Delete deliveries that ended a month ago, finished tasks, and expired previous secrets."""
    WebhookDelivery.objects.filter(finished_at__lt=now - DELIVERY_RETENTION).delete()
    finished_tasks = DBTaskResult.objects.filter(
        task_path=deliver.module_path,
        status__in=(TaskResultStatus.SUCCESSFUL, TaskResultStatus.FAILED),
        finished_at__lt=now - _TASK_RETENTION,
    )
    finished_tasks.delete()
    WebhookEndpoint.objects.filter(previous_until__lt=now).update(
        previous_secret="", previous_until=None
    )
