"""What is published, corrected and withdrawn is told to every endpoint, at least once."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from claims import workflow
from claims.choices import DeliveryFault, DeliveryState, WebhookEvent
from claims.models import ReviewVersion, WebhookDelivery, WebhookEndpoint
from claims.webhooks import delivery as delivery_module
from claims.webhooks import outbox, retry_policy
from claims.webhooks.cleanup import KEPT, prune, rescue
from claims.webhooks.delivery import deliver
from claims.webhooks.endpoints import endpoint_secrets, rotate_endpoint_secret, set_endpoint_secret
from claims.webhooks.http_client import Fault, post
from claims.webhooks.outbox import resend_deliveries, resend_delivery, send_test_message
from claims.webhooks.payload import build_payload
from claimsapi.core.errors import Conflict
from claimsapi.core.models import Entry
from tests.factories import (
    EvidenceFactory,
    ReviewVersionFactory,
    UserFactory,
    corrected_version,
    move,
    published_version,
    submitted_version,
)
from tests.webhook_receiver import Receiver, receiving

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def loopback_allowed(settings: Any) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


def endpoint_at(url: str, name: str = "Agency") -> tuple[WebhookEndpoint, str]:
    """An endpoint and its secret."""
    endpoint = WebhookEndpoint(name=name, url=url)
    secret = set_endpoint_secret(endpoint=endpoint)
    endpoint.full_clean()
    endpoint.save()
    return endpoint, secret


def due(**ago: float) -> None:
    """Let what waits be due, as if that time had passed since."""
    past = timezone.now() - timedelta(**(ago or {"seconds": 1}))
    WebhookDelivery.objects.filter(state=DeliveryState.WAITING).update(due_at=past)
    WebhookEndpoint.objects.update(paused_until=None)


def work() -> None:
    """Try each message that waits, once, as the worker's tasks do."""
    due()
    for pk in WebhookDelivery.objects.order_by("pk").values_list("pk", flat=True):
        deliver.call(pk)


# --- what is told ---------------------------------------------------------------------------------
def test_a_publication_is_told_with_what_is_public_of_it(receiver: Receiver) -> None:
    _endpoint, secret = endpoint_at(receiver.url)
    version = published_version()
    work()
    [message] = receiver.verified(secret)
    review = version.review
    assert message["type"] == "review.published"
    assert message["timestamp"].endswith("Z")
    assert message["data"] == {
        "id": str(review.public_id),
        "url": f"http://localhost:8000/api/v1/reviews/{review.public_id}/",
        "page": f"http://localhost:8000/reviews/{ReviewVersion.objects.get().review.slug}/",
        "claim": {
            "id": str(review.claim.public_id),
            "url": f"http://localhost:8000/api/v1/claims/{review.claim.public_id}/",
            "text": review.claim.text,
        },
        "publisher": review.publisher.name,
        "version": 1,
        "verdict": "false",
        "rating": version.rating.label,
        "headline": "Most ferries were on time",
        "summary": "The harbour's log shows it.",
        "published_at": message["timestamp"],
        "correction_kind": None,
        "correction_note": None,
        "retraction_note": None,
    }
    [(headers, _body)] = receiver.requests
    assert headers["Content-Type"] == "application/json"
    delivery = WebhookDelivery.objects.get()
    assert headers["webhook-id"] == delivery.message_id
    assert (delivery.state, delivery.attempts, delivery.status) == ("delivered", 1, 204)


@pytest.mark.parametrize("microsecond", [0, 417_000])
def test_a_message_writes_moments_as_the_api_does(
    receiver: Receiver, client: Client, microsecond: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _endpoint, secret = endpoint_at(receiver.url)
    version = submitted_version()
    at = timezone.now().replace(microsecond=microsecond) + timedelta(seconds=1)
    with monkeypatch.context() as then:
        then.setattr(timezone, "now", lambda: at)
        move(version, workflow.PUBLISH, UserFactory(role="editor"))
    work()
    [message] = receiver.verified(secret)
    review = client.get(f"/api/v1/reviews/{version.review.public_id}/").json()
    assert message["data"]["published_at"] == review["current_version"]["published_at"]
    assert message["timestamp"] == message["data"]["published_at"]


def test_a_correction_and_a_withdrawal_are_told_with_their_public_notes(
    receiver: Receiver,
) -> None:
    first = published_version()
    _endpoint, secret = endpoint_at(receiver.url)
    second = corrected_version(first)
    move(second, workflow.RETRACT, second.editor, "It was about another ferry.")
    work()
    corrected, withdrawn = receiver.verified(secret)
    assert corrected["type"] == "review.corrected"
    assert corrected["data"]["version"] == 2
    assert corrected["data"]["correction_kind"] == "correction"
    assert corrected["data"]["correction_note"] == "We had the wrong ferry."
    assert withdrawn["type"] == "review.withdrawn"
    assert withdrawn["data"]["retraction_note"] == "It was about another ferry."
    assert withdrawn["timestamp"] > corrected["timestamp"]


def test_no_other_move_is_told(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    version = submitted_version()
    move(version, workflow.RETURN, UserFactory(role="editor"), "Which log?")
    claim = version.review.claim
    claim.refresh_from_db()
    workflow.apply_transition(
        record=claim,
        transition=workflow.LIST,
        user=UserFactory(role="editor"),
        revision=claim.revision,
    )
    assert not WebhookDelivery.objects.exists()


def test_every_endpoint_that_is_switched_on_is_told(receiver: Receiver) -> None:
    endpoint_at(receiver.url, "One")
    endpoint_at(receiver.url, "Two")
    off, _secret = endpoint_at(receiver.url, "Off")
    WebhookEndpoint.objects.filter(pk=off.pk).update(is_active=False)
    published_version()
    work()
    told = WebhookDelivery.objects.values_list("endpoint__name", flat=True)
    assert sorted(told) == ["One", "Two"]
    assert len(set(receiver.ids())) == 2


def test_a_move_that_is_rolled_back_tells_nothing(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    version = submitted_version()
    with transaction.atomic():
        move(version, workflow.PUBLISH, UserFactory(role="editor"))
        assert WebhookDelivery.objects.count() == DBTaskResult.objects.count() == 1
        transaction.set_rollback(True)  # as an error would
    assert not WebhookDelivery.objects.exists()
    assert not DBTaskResult.objects.exists()
    assert receiver.requests == []


def test_a_move_that_is_refused_tells_nothing(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    version = ReviewVersionFactory()
    EvidenceFactory(version=version)
    with pytest.raises(Conflict):
        move(version, workflow.PUBLISH, UserFactory(role="editor"))
    assert not WebhookDelivery.objects.exists()


def test_publishing_without_endpoints_costs_one_query() -> None:
    version, editor = submitted_version(), UserFactory(role="editor")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        move(version, workflow.PUBLISH, editor)
    assert sum("webhook" in query["sql"] for query in queries) == 1


def test_a_message_is_of_what_is_public_when_it_is_sent(receiver: Receiver) -> None:
    """What waits holds no words: those that were mended meanwhile are not sent."""
    _endpoint, secret = endpoint_at(receiver.url)
    publisher = published_version().review.publisher
    publisher.name = "The Harbour Mirror"
    publisher.save()
    work()
    assert receiver.verified(secret)[0]["data"]["publisher"] == "The Harbour Mirror"


def test_a_draft_is_told_to_nobody_whatever_the_outbox_says(receiver: Receiver) -> None:
    endpoint, _secret = endpoint_at(receiver.url)
    now = timezone.now()
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint,
        event=WebhookEvent.PUBLISHED,
        version=submitted_version(),
        happened_at=now,
        queued_at=now,
        due_at=now,
    )
    assert build_payload(delivery) is None
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.fault) == (DeliveryState.GIVEN_UP, DeliveryFault.NOT_PUBLIC)
    assert receiver.requests == []


# --- failing --------------------------------------------------------------------------------------
def test_what_fails_is_sent_again_later_under_the_same_id() -> None:
    with receiving(500, 503, 200) as receiver:
        endpoint, secret = endpoint_at(receiver.url)
        published_version()
        before = timezone.now()
        work()
        delivery = WebhookDelivery.objects.get()
        assert (delivery.state, delivery.status, delivery.answer) == ("waiting", 500, "Read")
        assert delivery.fault == DeliveryFault.STATUS
        waits = delivery.due_at
        assert waits is not None
        assert waits > before + timedelta(seconds=20)
        endpoint.refresh_from_db()
        assert endpoint.failing_since is not None
        task = DBTaskResult.objects.get(pk=str(delivery.task_id))
        assert task.status == TaskResultStatus.READY
        assert task.run_after >= waits
        deliver.call(delivery.pk)  # too early: nothing happens
        work()
        work()
        work()  # delivered: nothing happens
        assert len(receiver.verified(secret)) == 3
        assert set(receiver.ids()) == {delivery.message_id}
    delivery.refresh_from_db()
    endpoint.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.fault) == ("delivered", 3, "")
    assert (endpoint.failing_since, endpoint.paused_until) == (None, None)
    assert endpoint.delivered_at is not None


def test_after_the_last_attempt_a_message_is_given_up_and_the_endpoint_fails() -> None:
    with receiving(500) as receiver:
        endpoint, _secret = endpoint_at(receiver.url)
        published_version()
        for _attempt in range(retry_policy.ATTEMPTS + 3):
            work()
    assert len(receiver.requests) == retry_policy.ATTEMPTS
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.due_at) == (DeliveryState.GIVEN_UP, None)
    endpoint.refresh_from_db()
    assert endpoint.is_active
    assert endpoint.failing_since is not None


def test_an_endpoint_that_failed_for_days_is_switched_off() -> None:
    with receiving(500) as receiver:
        endpoint, _secret = endpoint_at(receiver.url)
        published_version()
        long_ago = timezone.now() - retry_policy.SWITCHED_OFF_AFTER - timedelta(hours=1)
        WebhookEndpoint.objects.update(failing_since=long_ago)
        WebhookDelivery.objects.update(attempts=retry_policy.ATTEMPTS - 1)
        published_version()
        work()
        endpoint.refresh_from_db()
        assert not endpoint.is_active
        assert endpoint.switched_off_at is not None
        published_version()
        work()
    assert len(receiver.requests) == 1
    states = WebhookDelivery.objects.order_by("pk").values_list("state", "fault")
    assert list(states) == [("given_up", "status"), ("given_up", "off")]


def test_a_receiver_that_says_it_is_gone_is_asked_no_more() -> None:
    with receiving(410) as receiver:
        endpoint, _secret = endpoint_at(receiver.url)
        published_version()
        work()
    endpoint.refresh_from_db()
    assert not endpoint.is_active
    assert WebhookDelivery.objects.get().state == DeliveryState.GIVEN_UP


def test_after_a_failure_the_others_of_the_endpoint_wait_without_an_attempt() -> None:
    with receiving(500) as receiver:
        endpoint_at(receiver.url)
        published_version()
        published_version()
        due()
        first, second = WebhookDelivery.objects.order_by("pk")
        deliver.call(first.pk)
        deliver.call(second.pk)
    assert len(receiver.requests) == 1
    second.refresh_from_db()
    assert (second.state, second.attempts, second.leased_until) == ("waiting", 0, None)
    assert WebhookEndpoint.objects.filter(paused_until__lte=second.due_at).exists()


def test_what_waited_for_days_behind_others_is_given_up() -> None:
    endpoint_at("http://127.0.0.1:1/")
    published_version()
    soon = timezone.now() + timedelta(minutes=1)
    long_ago = timezone.now() - retry_policy.LONGEST_WAITING - timedelta(hours=1)
    due()
    WebhookDelivery.objects.update(queued_at=long_ago)
    WebhookEndpoint.objects.update(paused_until=soon)
    deliver.call(WebhookDelivery.objects.get().pk)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.fault) == (DeliveryState.GIVEN_UP, DeliveryFault.WAITED)
    assert delivery.attempts == 0


def test_a_private_address_is_refused_without_the_setting(settings: Any) -> None:
    with receiving() as receiver:
        endpoint_at(receiver.url)
        settings.WEBHOOKS_ALLOW_PRIVATE = False
        published_version()
        work()
    assert receiver.requests == []
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.fault) == ("waiting", DeliveryFault.ADDRESS)


def test_a_delivery_can_be_sent_again_under_its_id(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    published_version()
    work()
    resend_delivery(delivery=WebhookDelivery.objects.get())
    work()
    assert len(receiver.ids()) == 2
    assert len(set(receiver.ids())) == 1
    assert WebhookDelivery.objects.get().state == DeliveryState.DELIVERED


def test_a_delivery_that_is_being_sent_is_not_sent_again(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    published_version()
    WebhookDelivery.objects.update(leased_until=timezone.now() + timedelta(minutes=1))
    with pytest.raises(Conflict):
        resend_delivery(delivery=WebhookDelivery.objects.get())


def test_many_are_sent_again_by_as_many_queries_as_one(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    versions = [published_version() for _ in range(12)]
    work()
    counts = []
    for number in (1, len(versions)):
        with CaptureQueriesContext(connection) as queries:
            chosen = WebhookDelivery.objects.filter(version__in=versions[:number])
            told = resend_deliveries(deliveries=chosen)
        assert told == number
        counts.append(len(queries))
        work()
    assert counts[0] == counts[1] < 15
    assert len(receiver.ids()) == 12 + 1 + 12
    assert len(set(receiver.ids())) == 12


def test_what_is_queued_with_others_is_queued_as_the_library_does(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    published_version()
    delivery = WebhookDelivery.objects.get()
    now = timezone.now()
    delivery_module.schedule(delivery, now)
    delivery.refresh_from_db()
    alone: Any = DBTaskResult.objects.filter(pk=str(delivery.task_id)).values().get()
    delivery_module.schedule_all([delivery], now)
    delivery.refresh_from_db()
    among: Any = DBTaskResult.objects.filter(pk=str(delivery.task_id)).values().get()
    assert among.pop("id") != alone.pop("id")
    assert among.pop("enqueued_at") >= alone.pop("enqueued_at")
    assert among == alone


def test_more_than_may_be_sent_again_at_once_are_refused(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_at(receiver.url)
    for _ in range(3):
        published_version()
    work()
    monkeypatch.setattr(outbox, "MOST_RESENT", 2)
    with pytest.raises(Conflict, match="At most 2 messages"):
        resend_deliveries(deliveries=WebhookDelivery.objects.all())
    assert not WebhookDelivery.objects.filter(state=DeliveryState.WAITING).exists()


def test_a_test_is_sent_once_even_to_an_endpoint_that_is_switched_off() -> None:
    with receiving(500, 200) as receiver:
        endpoint, secret = endpoint_at(receiver.url)
        WebhookEndpoint.objects.update(is_active=False)
        send_test_message(endpoint=endpoint)
        work()
        work()
        assert WebhookDelivery.objects.get().state == DeliveryState.GIVEN_UP
        endpoint.refresh_from_db()
        assert endpoint.failing_since is None
        send_test_message(endpoint=endpoint)
        work()
    assert [m["type"] for m in receiver.verified(secret)] == ["webhook.test"] * 2
    assert receiver.verified(secret)[0]["data"] == {"endpoint": "Agency"}


# --- the guide ------------------------------------------------------------------------------------
def test_the_receiver_in_the_guide_takes_a_message_and_refuses_a_forged_one(
    receiver: Receiver,
) -> None:
    guide = (settings.BASE_DIR / "docs" / "frontend.md").read_text()
    program = re.search(r"## Webhooks.*?```python\n(.*?)```", guide, re.DOTALL)
    assert program is not None
    _endpoint, secret = endpoint_at(receiver.url)
    published_version()
    work()
    names: dict[str, Any] = {}
    exec(program[1].replace("whsec_…", secret), names)  # noqa: S102  what the guide shows
    [(headers, body)] = receiver.requests
    assert names["receive"](headers, body) == 204
    assert names["receive"](headers, body) == 204  # the same message once more
    assert len(names["taken"]) == 1
    assert names["receive"](headers, body + b" ") == 400


# --- secrets --------------------------------------------------------------------------------------
def test_after_a_rotation_both_secrets_verify_for_a_day(receiver: Receiver) -> None:
    endpoint, old = endpoint_at(receiver.url)
    new = rotate_endpoint_secret(endpoint=endpoint)
    assert new != old
    send_test_message(endpoint=endpoint)
    work()
    assert receiver.verified(old) == receiver.verified(new)
    now = timezone.now()
    assert endpoint_secrets(endpoint, now) == [new, old]
    assert endpoint_secrets(endpoint, now + timedelta(hours=25)) == [new]
    newer = rotate_endpoint_secret(endpoint=endpoint)
    assert endpoint_secrets(endpoint, now) == [newer, new]
    prune(now + timedelta(hours=25))
    endpoint.refresh_from_db()
    assert endpoint.previous_secret == ""
    assert endpoint_secrets(endpoint, now) == [newer]


def test_a_secret_lies_in_no_table_in_clear() -> None:
    endpoint, secret = endpoint_at("https://news.example/")
    rotate_endpoint_secret(endpoint=endpoint)
    published_version()
    endpoint.refresh_from_db()
    kept = f"{endpoint.secret} {endpoint.previous_secret}"
    assert secret not in kept
    assert secret.removeprefix("whsec_") not in kept
    assert "whsec_" not in kept
    assert not Entry.objects.filter(kind__contains="webhook").exists()
    assert not Entry.objects.filter(state__contains=endpoint.secret).exists()


def test_a_secret_outlives_a_change_of_the_key_only_by_a_fallback(
    receiver: Receiver, settings: Any
) -> None:
    endpoint, secret = endpoint_at(receiver.url)
    former = settings.SECRET_KEY
    settings.SECRET_KEY = "another"
    send_test_message(endpoint=endpoint)
    work()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.fault) == ("given_up", DeliveryFault.SECRET)
    settings.SECRET_KEY_FALLBACKS = [former]
    resend_delivery(delivery=delivery)
    work()
    assert len(receiver.verified(secret)) == 1


# --- the queue ------------------------------------------------------------------------------------
def test_a_message_whose_worker_was_killed_is_sent_after_its_lease(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    published_version()
    now = timezone.now()
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, started_at=now)
    WebhookDelivery.objects.update(
        attempts=1, due_at=now - timedelta(seconds=9), leased_until=now + timedelta(minutes=1)
    )
    assert rescue(now) == 0
    deliver.call(WebhookDelivery.objects.get().pk)
    assert receiver.requests == []
    later = now + timedelta(minutes=2)
    assert rescue(later) == 1
    assert rescue(later) == 0  # its new task stands ready
    WebhookDelivery.objects.update(leased_until=now - timedelta(seconds=1))
    work()
    assert len(receiver.requests) == 1


def test_a_message_that_ends_every_worker_is_given_up(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends_the_worker(*_: Any, **__: Any) -> None:
        raise MemoryError

    endpoint_at(receiver.url)
    published_version()
    monkeypatch.setattr(delivery_module, "post", ends_the_worker)
    for _attempt in range(retry_policy.ATTEMPTS):
        with pytest.raises(MemoryError):
            work()
        WebhookDelivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    work()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.fault) == (DeliveryState.GIVEN_UP, DeliveryFault.WORKER)


@pytest.mark.parametrize("status", [204, 410, 500])
def test_an_attempt_that_lost_its_lease_says_nothing_of_message_or_endpoint(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that slept through its lease must not overwrite what the next one found."""
    long_ago = timezone.now() - retry_policy.SWITCHED_OFF_AFTER - timedelta(hours=1)
    before: list[Any] = []

    def overtaken(*arguments: Any, **named: Any) -> Any:
        WebhookDelivery.objects.update(attempts=retry_policy.ATTEMPTS + 1)
        before.extend(WebhookEndpoint.objects.values())
        return post(*arguments, **named)

    with receiving(status) as receiver:
        endpoint_at(receiver.url)
        published_version()
        WebhookDelivery.objects.update(attempts=retry_policy.ATTEMPTS - 1)
        WebhookEndpoint.objects.update(failing_since=long_ago)
        monkeypatch.setattr(delivery_module, "post", overtaken)
        work()
    assert len(receiver.requests) == 1
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("waiting", retry_policy.ATTEMPTS + 1)
    assert list(WebhookEndpoint.objects.values()) == before


def changed_by(call: Callable[[], Any]) -> list[str]:
    """Which of the two tables is changed, statement by statement."""
    with CaptureQueriesContext(connection) as queries:
        call()
    changes = re.compile(r'(?:UPDATE|DELETE FROM) "claims_webhook(delivery|endpoint)"')
    return [found[1] for query in queries if (found := changes.match(query["sql"]))]


@pytest.mark.parametrize("status", [204, 410, 500])
@pytest.mark.parametrize("attempts", [0, retry_policy.ATTEMPTS - 1])
def test_a_message_is_changed_before_its_endpoint_by_whoever_changes_both(
    status: int, attempts: int
) -> None:
    """Or two of them would wait for each other for ever."""
    with receiving(status) as receiver:
        endpoint, _secret = endpoint_at(receiver.url)
        published_version()
        due()
        WebhookDelivery.objects.update(attempts=attempts)
        delivery = WebhookDelivery.objects.get()
        for call in (
            partial(deliver.call, delivery.pk),
            partial(resend_delivery, delivery=delivery),
            endpoint.delete,
        ):
            changed = changed_by(call)
            assert set(changed) == {"delivery", "endpoint"}
            assert changed == sorted(changed)


def test_the_log_knows_each_fault_of_sending() -> None:
    assert {fault.value for fault in Fault} <= set(DeliveryFault.values)


def test_the_log_is_kept_for_a_month(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    published_version()
    work()
    published_version()
    now = timezone.now()
    DBTaskResult.objects.update(
        status=TaskResultStatus.SUCCESSFUL, finished_at=now - timedelta(days=2)
    )
    prune(now + KEPT - timedelta(hours=1))
    assert WebhookDelivery.objects.count() == 2
    assert not DBTaskResult.objects.exists()
    prune(now + KEPT + timedelta(hours=1))
    assert WebhookDelivery.objects.get().state == DeliveryState.WAITING


def test_an_endpoint_without_tls_is_refused_without_the_setting(settings: Any) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    with pytest.raises(ValidationError, match="https"):
        endpoint_at("http://news.example/")
    endpoint_at("https://news.example/")
