"""Workers deliver due messages, lose none when they are killed, and share the queue."""

import io
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from claims.choices import DeliveryState
from claims.models import WebhookDelivery
from claims.webhooks.outbox import send_test_message
from tests.claims.webhooks.deliveries import create_endpoint
from tests.concurrency import PATIENCE, copy_database, database_url
from tests.factories import published_version
from tests.webhook_receiver import serve_receiver

pytestmark = pytest.mark.usefixtures("allow_loopback")

ROOT = Path(__file__).parents[3]


@pytest.fixture
def shared_connection(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the worker keep the connection of the test, which has the test's transaction."""
    name = "django_tasks_db.management.commands.db_worker.close_old_connections"
    monkeypatch.setattr(name, lambda: None)


def test_the_worker_delivers_due_messages_and_keeps_the_rest(shared_connection: None) -> None:
    with serve_receiver(204, 500) as receiver:
        _endpoint, secret = create_endpoint(receiver.url)
        published_version()
        call_command("run_worker", "--once")
        published_version()
        call_command("run_worker", "--once")
        call_command("run_worker", "--once")
    assert len(receiver.verified_messages(secret)) == 2
    states = WebhookDelivery.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [DeliveryState.DELIVERED, DeliveryState.WAITING]


def test_the_worker_reports_a_failed_task_and_continues(
    monkeypatch: pytest.MonkeyPatch, shared_connection: None
) -> None:
    def fail(*_: Any) -> None:
        raise LookupError("No such thing.")

    create_endpoint("https://news.example/")
    published_version()
    monkeypatch.setattr("claims.webhooks.delivery.build_payload", fail)
    err = io.StringIO()
    call_command("run_worker", "--once", stderr=err)
    assert "LookupError: No such thing." in err.getvalue()
    assert WebhookDelivery.objects.get().state == DeliveryState.WAITING


def test_an_invalid_interval_is_refused() -> None:
    for interval in ("0", "-1", "nan", "1e9"):
        with pytest.raises(CommandError, match="seconds"):
            call_command("run_worker", "--interval", interval)


# --- processes ------------------------------------------------------------------------------------
@contextmanager
def start_worker(file: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_worker", *options],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url(file), "WEBHOOKS_ALLOW_PRIVATE": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_no_message_and_two_workers_deliver_each_once(tmp_path: Path) -> None:
    def hang(handler: Any) -> None:
        handler.server.closing.wait(30)

    file = tmp_path / "worker.sqlite3"
    with copy_database(file), serve_receiver(hang, 204) as receiver:
        endpoint, secret = create_endpoint(receiver.url)
        published_version()
        with start_worker(file) as killed:
            receiver.wait_for_requests(1, PATIENCE)
            killed.kill()  # SIGKILL: no handler can release the lease
            killed.wait()
        first = WebhookDelivery.objects.get()
        assert first.state == DeliveryState.WAITING
        assert DBTaskResult.objects.get().status == TaskResultStatus.RUNNING

        for _message in range(11):
            send_test_message(endpoint=endpoint)
        # As if the lease of the killed worker had expired.
        past = timezone.now() - timedelta(minutes=10)
        WebhookDelivery.objects.filter(pk=first.pk).update(leased_until=past)
        DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING).update(started_at=past)
        with start_worker(file, "--once") as one, start_worker(file, "--once") as two:
            for process in (one, two):
                _out, err = process.communicate(timeout=PATIENCE)
                assert (process.returncode, err) == (0, "")

        states = set(WebhookDelivery.objects.values_list("state", flat=True))
        assert states == {DeliveryState.DELIVERED}
        assert len(receiver.verified_messages(secret)) == 13
        # At least once: only the message of the killed worker may arrive twice.
        repeated = {key for key, number in Counter(receiver.message_ids()).items() if number > 1}
        assert repeated == {first.message_id}
        assert not DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING).exists()


@pytest.mark.django_db(transaction=True)
def test_a_terminated_worker_ends_after_its_task(tmp_path: Path) -> None:
    responses = []

    def terminate_then_respond(handler: Any) -> None:
        # The signal is sent before the response, so the worker knows it when its task ends.
        process.terminate()
        responses.append(handler)
        handler.send_response(204)
        handler.end_headers()

    file = tmp_path / "worker.sqlite3"
    with copy_database(file), serve_receiver(terminate_then_respond) as receiver:
        create_endpoint(receiver.url)
        published_version()
        published_version()
        with start_worker(file, "--interval", "0.1") as process:
            _out, err = process.communicate(timeout=PATIENCE)
            assert process.returncode == 0, err
        assert len(responses) == 1
        states = WebhookDelivery.objects.order_by("pk").values_list("state", flat=True)
        assert list(states) == [DeliveryState.DELIVERED, DeliveryState.WAITING]
