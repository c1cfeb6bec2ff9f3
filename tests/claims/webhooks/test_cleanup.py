"""The cleanup queues messages of killed workers again, and deletes old rows of the log."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from claims.choices import DeliveryState
from claims.models import WebhookDelivery
from claims.webhooks.cleanup import DELIVERY_RETENTION, delete_old_rows, requeue_lost_deliveries
from claims.webhooks.delivery import deliver
from tests.claims.webhooks.deliveries import attempt_all, create_endpoint
from tests.factories import published_version
from tests.webhook_receiver import Receiver

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("allow_loopback")]


def test_a_message_of_a_killed_worker_is_sent_after_its_lease(receiver: Receiver) -> None:
    create_endpoint(receiver.url)
    published_version()
    now = timezone.now()
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, started_at=now)
    # The state after the worker was killed during its attempt.
    WebhookDelivery.objects.update(
        attempts=1, due_at=now - timedelta(seconds=9), leased_until=now + timedelta(minutes=1)
    )
    assert requeue_lost_deliveries(now) == 0
    deliver.call(WebhookDelivery.objects.get().pk)
    assert receiver.requests == []
    later = now + timedelta(minutes=2)
    assert requeue_lost_deliveries(later) == 1
    assert requeue_lost_deliveries(later) == 0  # its new task is pending
    WebhookDelivery.objects.update(leased_until=now - timedelta(seconds=1))
    attempt_all()
    assert len(receiver.requests) == 1


def test_the_log_is_kept_for_a_month(receiver: Receiver) -> None:
    create_endpoint(receiver.url)
    published_version()
    attempt_all()
    published_version()
    now = timezone.now()
    DBTaskResult.objects.update(
        status=TaskResultStatus.SUCCESSFUL, finished_at=now - timedelta(days=2)
    )
    delete_old_rows(now + DELIVERY_RETENTION - timedelta(hours=1))
    assert WebhookDelivery.objects.count() == 2
    assert not DBTaskResult.objects.exists()
    delete_old_rows(now + DELIVERY_RETENTION + timedelta(hours=1))
    assert WebhookDelivery.objects.get().state == DeliveryState.WAITING
