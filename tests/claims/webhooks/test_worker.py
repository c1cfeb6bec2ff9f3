"""The worker delivers what waits, loses nothing when it is killed, and shares with its like."""

import io
import os
import subprocess
import sys
import time
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
from claims.models import WebhookDelivery, WebhookEndpoint
from claims.webhooks.endpoints import set_endpoint_secret
from claims.webhooks.outbox import send_test_message
from tests.concurrency import database_url, on_file
from tests.factories import published_version
from tests.webhook_receiver import Receiver, receiving

ROOT = Path(__file__).parents[3]


def endpoint_at(url: str) -> str:
    """Make an endpoint; return its secret."""
    endpoint = WebhookEndpoint(name="Agency", url=url)
    secret = set_endpoint_secret(endpoint=endpoint)
    endpoint.save()
    return secret


@pytest.fixture
def own_connection(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker keeps the test's connection, on which the test's transaction is."""
    name = "django_tasks_db.management.commands.db_worker.close_old_connections"
    monkeypatch.setattr(name, lambda: None)


def test_the_worker_delivers_what_is_due_and_keeps_the_rest(
    settings: Any, own_connection: None
) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    with receiving(204, 500) as receiver:
        secret = endpoint_at(receiver.url)
        published_version()
        call_command("run_worker", "--once")
        published_version()
        call_command("run_worker", "--once")
        call_command("run_worker", "--once")
    assert len(receiver.verified(secret)) == 2
    states = WebhookDelivery.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [DeliveryState.DELIVERED, DeliveryState.WAITING]


def test_a_task_that_fails_is_told_and_the_worker_goes_on(
    monkeypatch: pytest.MonkeyPatch, own_connection: None
) -> None:
    def broken(*_: Any) -> None:
        raise LookupError("No such thing.")

    endpoint_at("https://news.example/")
    published_version()
    monkeypatch.setattr("claims.webhooks.delivery.body_of", broken)
    err = io.StringIO()
    call_command("run_worker", "--once", stderr=err)
    assert "LookupError: No such thing." in err.getvalue()
    assert WebhookDelivery.objects.get().state == DeliveryState.WAITING


def test_an_interval_that_makes_no_sense_is_refused() -> None:
    for interval in ("0", "-1", "nan", "1e9"):
        with pytest.raises(CommandError, match="seconds"):
            call_command("run_worker", "--interval", interval)


# --- processes ------------------------------------------------------------------------------------
@contextmanager
def worker(file: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        [sys.executable, "manage.py", "run_worker", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url(file), "WEBHOOKS_ALLOW_PRIVATE": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def waited_for(receiver: Receiver, number: int) -> None:
    until = time.monotonic() + 60
    while len(receiver.requests) < number:
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_nothing_and_two_workers_deliver_once_each(tmp_path: Path) -> None:
    def hangs(handler: Any) -> None:
        handler.server.closing.wait(30)

    file = tmp_path / "worker.sqlite3"
    with on_file(file), receiving(hangs, 204) as receiver:
        secret = endpoint_at(receiver.url)
        published_version()
        with worker(file) as killed:
            waited_for(receiver, 1)
            killed.kill()
            killed.wait()
        first = WebhookDelivery.objects.get()
        assert first.state == DeliveryState.WAITING
        assert DBTaskResult.objects.get().status == TaskResultStatus.RUNNING

        endpoint = WebhookEndpoint.objects.get()
        for _message in range(11):
            send_test_message(endpoint=endpoint)
        # As if the lease of the killed one were over.
        past = timezone.now() - timedelta(minutes=10)
        WebhookDelivery.objects.filter(pk=first.pk).update(leased_until=past)
        DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING).update(started_at=past)
        with worker(file, "--once") as one, worker(file, "--once") as two:
            for each in (one, two):
                _out, err = each.communicate(timeout=60)
                assert (each.returncode, err) == (0, "")

        states = set(WebhookDelivery.objects.values_list("state", flat=True))
        assert states == {DeliveryState.DELIVERED}
        assert len(receiver.verified(secret)) == 13
        twice = {key for key, number in Counter(receiver.ids()).items() if number > 1}
        assert twice == {first.message_id}
        assert not DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING).exists()


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_told_to_end_ends_after_its_task(tmp_path: Path) -> None:
    told = []

    def slow(handler: Any) -> None:
        running.terminate()
        time.sleep(0.3)
        told.append(handler)
        handler.send_response(204)
        handler.end_headers()

    file = tmp_path / "worker.sqlite3"
    with on_file(file), receiving(slow) as receiver:
        endpoint_at(receiver.url)
        published_version()
        published_version()
        with worker(file, "--interval", "0.1") as running:
            _out, err = running.communicate(timeout=60)
            assert running.returncode == 0, err
        assert len(told) == 1
        states = WebhookDelivery.objects.order_by("pk").values_list("state", flat=True)
        assert list(states) == [DeliveryState.DELIVERED, DeliveryState.WAITING]
