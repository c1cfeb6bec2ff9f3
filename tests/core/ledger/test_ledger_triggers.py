"""Every kind of write appends an entry."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import rfc8785
from django.core import serializers
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Model
from django.db.models.signals import pre_migrate

from claims.models import Claim, Topic
from claimsapi.core.database import triggers
from claimsapi.core.database.ledger_triggers import recorded_fields, recorded_models
from claimsapi.core.ledger.audit_context import (
    audit_context,
    command_actor,
    register_with_connection,
)
from claimsapi.core.models import Entry
from tests import factories as make
from tests.concurrency import Together

MODELS = recorded_models()
pytestmark = pytest.mark.django_db


def serialize_canonically(record: Model) -> str:
    """Serialize a record with Django, in canonical JSON and without its revision."""
    (row,) = json.loads(
        serializers.serialize(
            "json", [record], use_natural_foreign_keys=True, use_natural_primary_keys=True
        )
    )
    del row["fields"]["revision"]
    return rfc8785.dumps(row).decode()


def entries(record: Any) -> list[Entry]:
    return list(Entry.objects.filter(object=record.public_id).order_by("id"))


def create_record(model: type[Model]) -> Any:
    return make.factory_of(model)()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
class TestEveryModel:
    def test_a_new_record_is_recorded_with_its_whole_state(self, model: type[Model]) -> None:
        record = create_record(model)
        record.refresh_from_db()
        (first, *_), last = entries(record), entries(record)[-1]
        assert (first.action, first.kind) == ("create", model._meta.label_lower)
        assert last.state == serialize_canonically(record)

    def test_queryset_update_is_recorded(self, model: type[Model]) -> None:
        record = create_record(model)
        for change in iterate_updates(record):
            before = len(entries(record))
            model._base_manager.filter(pk=record.pk).update(**change)
            record.refresh_from_db()
            recorded = entries(record)
            assert len(recorded) == before + 1, change
            assert recorded[-1].state == serialize_canonically(record), change

    def test_bulk_create_is_recorded(self, model: type[Model]) -> None:
        record = create_record(model)
        delete_record(record)
        assert entries(record)[-1].state is None
        model._base_manager.bulk_create([record])
        assert entries(record)[-1].state == serialize_canonically(record)

    def test_bulk_update_is_recorded(self, model: type[Model]) -> None:
        record = create_record(model)
        ((name, value),) = next(iterate_updates(record)).items()
        setattr(record, name, value)
        before = len(entries(record))
        model._base_manager.bulk_update([record], [name])
        assert len(entries(record)) == before + 1
        assert (
            json.loads(entries(record)[-1].state)["fields"][name]
            == json.loads(serialize_canonically(record))["fields"][name]
        )

    def test_queryset_delete_is_recorded(self, model: type[Model]) -> None:
        record = create_record(model)
        model._base_manager.filter(pk=record.pk).delete()
        last = entries(record)[-1]
        assert (last.action, last.state) == ("delete", None)

    def test_raw_sql_is_recorded(self, model: type[Model]) -> None:
        record = create_record(model)
        table, before = model._meta.db_table, len(entries(record))
        with connection.cursor() as cursor:
            cursor.execute(
                f'UPDATE "{table}" SET updated_at = %s WHERE id = %s',  # noqa: S608  a table's name
                ["2020-01-01 00:00:00+00:00", record.pk],
            )
            assert json.loads(entries(record)[-1].state)["fields"]["updated_at"] == (
                "2020-01-01T00:00:00Z"
            )
            cursor.execute(f'DELETE FROM "{table}" WHERE id = %s', [record.pk])  # noqa: S608
        assert [e.action for e in entries(record)[before:]] == ["change", "delete"]

    def test_an_update_without_a_change_appends_no_entry(self, model: type[Model]) -> None:
        record = create_record(model)
        before = len(entries(record))
        model._base_manager.filter(pk=record.pk).update(revision=9, created_at=record.created_at)
        assert len(entries(record)) == before


def iterate_updates(record: Any) -> Iterator[dict[str, Any]]:
    """Yield allowed changes of single columns."""
    yield {"updated_at": datetime(2021, 2, 3, 4, 5, 6, 7000, tzinfo=UTC)}
    yield {"updated_at": datetime(2021, 2, 3, 4, 5, 6, tzinfo=UTC)}
    for field in recorded_fields(type(record)):
        if field.get_internal_type() == "TextField" and field.name in {"note", "headline", "body"}:
            yield {field.name: 'Words: "quoted", \\ back, \n\t\x7f line, é 🛳 \u2028 \u202e.'}
        if field.name in {"name", "label", "title", "byline", "locator"}:
            yield {field.name: 'A "name" with \\ and é 🛳'}


def delete_record(record: Any) -> None:
    type(record)._base_manager.filter(pk=record.pk).delete()


def test_many_to_many_changes_are_recorded() -> None:
    claim: Any = make.ClaimFactory()
    first: Any = make.TopicFactory()
    second: Any = make.TopicFactory()
    steps: list[Callable[[], Any]] = [
        lambda: claim.topics.add(first),
        lambda: claim.topics.set([second]),
        claim.topics.clear,
        lambda: first.claims.add(claim),
        lambda: Claim.topics.through.objects.filter(claim=claim).delete(),
        lambda: Claim.topics.through.objects.bulk_create(
            [Claim.topics.through(claim=claim, topic=second)]
        ),
        lambda: Claim.topics.through.objects.filter(claim=claim).update(topic=first),
    ]
    for step in steps:
        before = len(entries(claim))
        step()
        assert len(entries(claim)) > before
        assert entries(claim)[-1].state == serialize_canonically(claim)


def test_an_entry_has_actor_action_and_reason() -> None:
    topic = make.TopicFactory()
    with audit_context(actor="@ada", action="rename", reason='They call it "that".'):
        Topic.objects.filter(pk=topic.pk).update(name="Harbours")
    with audit_context(actor=lambda: "@late"):
        Topic.objects.filter(pk=topic.pk).update(name="Ports")
    _created, renamed, later = entries(topic)
    assert (renamed.actor, renamed.action) == ("@ada", "rename")
    assert renamed.reason == 'They call it "that".'
    assert (later.actor, later.action, later.reason) == ("@late", "change", "")
    assert len({e.salt for e in (renamed, later)}) == 2
    assert len(renamed.salt) == 32


def test_the_audit_context_is_sent_again_after_a_rollback() -> None:
    topic = make.TopicFactory()
    with audit_context(actor="@ada"):
        with transaction.atomic():
            Topic.objects.filter(pk=topic.pk).update(name="Harbours")
            transaction.set_rollback(True)
        Topic.objects.filter(pk=topic.pk).update(name="Ports")
    assert [e.actor for e in entries(topic)][1:] == ["@ada"]


def test_a_write_that_cannot_be_recorded_is_refused() -> None:
    if connection.vendor == "postgresql":  # whose types hold nothing that has no JSON
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE core_entry ADD CONSTRAINT fails CHECK (action <> 'refused') NOT VALID"
            )
    claim = make.ClaimFactory()
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        audit_context(action="refused"),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE claims_claim SET updated_at = 'today' WHERE id = %s", [claim.pk])
    assert claim.updated_at == Claim.objects.get().updated_at
    assert len(entries(claim)) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE core_entry SET actor = '@nobody'",
        "UPDATE core_entry SET state = NULL, salt = '', reason = ''",
        "UPDATE core_entry SET id = id + 1000",
        "DELETE FROM core_entry",
        "DELETE FROM core_pending",
    ],
)
def test_entries_cannot_be_changed_or_deleted(sql: str) -> None:
    make.TopicFactory()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_changes_without_triggers_are_recorded_when_triggers_are_installed_again() -> None:
    """Data migrations write without triggers. Afterwards the ledger equals the records again."""
    unchanged, changed, gone = (make.TopicFactory() for _ in range(3))
    triggers.drop(connection)
    new = make.TopicFactory()
    Topic.objects.filter(pk=changed.pk).update(name="Harbours")
    Topic.objects.filter(pk=gone.pk).delete()
    with audit_context(actor="command:migrate"):
        triggers.install(connection)
        triggers.install(connection)
    assert [e.action for e in entries(unchanged)] == ["create"]
    assert [e.action for e in entries(changed)] == ["create", "migrate"]
    assert [e.action for e in entries(gone)] == ["create", "delete"]
    assert [e.action for e in entries(new)] == ["adopt"]
    assert entries(gone)[-1].state is None
    for record in (changed, new):
        record.refresh_from_db()
        assert entries(record)[-1].state == serialize_canonically(record)
        assert entries(record)[-1].actor == "command:migrate"


def test_a_program_without_audit_context_is_recorded_or_refused() -> None:
    """SQLite refuses a program without our function; PostgreSQL records its role."""
    topic = make.TopicFactory()
    rename = "UPDATE claims_topic SET name = 'Ports'"
    if connection.vendor == "postgresql":
        with connection.connection.cursor() as cursor:  # around Django's wrappers
            cursor.execute("SELECT set_config('ledger.actor', '', true)")
            cursor.execute(rename)
            cursor.execute("SELECT session_user")
            (role,) = cursor.fetchone()
        assert entries(topic)[-1].actor == f"database:{role}"
        return
    connection.connection.create_function("ledger_say", 1, None)
    try:
        with pytest.raises(OperationalError, match="function"), connection.cursor() as cursor:
            cursor.execute(rename)
    finally:
        register_with_connection(connection=connection)
    assert len(entries(topic)) == 1


def wait_for_blocked_transactions(number: int) -> None:
    deadline = time.monotonic() + 60
    blocked = -1
    while blocked < number:
        assert time.monotonic() < deadline
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            (blocked,) = cursor.fetchone()


@pytest.mark.django_db(transaction=True)
def test_concurrent_links_are_both_in_the_newest_entry(together: Together) -> None:
    claim = make.ClaimFactory()
    topics = [make.TopicFactory() for _ in range(4)]
    committed: list[Any] = []

    def link(topic: Any) -> Callable[[], None]:
        def act() -> None:
            with transaction.atomic():
                claim.topics.add(topic)
                # Commit only when all others wait for this transaction's lock. SQLite has one
                # writer, so there the others have not begun.
                if connection.vendor == "postgresql":
                    wait_for_blocked_transactions(len(topics) - 1 - len(committed))
                committed.append(topic)

        return act

    together(*(link(topic) for topic in topics))
    assert entries(claim)[-1].state == serialize_canonically(Claim.objects.get())
    assert len(json.loads(entries(claim)[-1].state)["fields"]["topics"]) == 4


@pytest.mark.django_db(transaction=True)
def test_migrate_without_migrations_leaves_no_gap_in_recording() -> None:
    topic = make.TopicFactory()

    def write(**_: Any) -> None:
        Topic.objects.filter(pk=topic.pk).update(name="Written meanwhile")

    pre_migrate.connect(write, weak=False)
    try:
        call_command("migrate", verbosity=0)
    finally:
        pre_migrate.disconnect(write)
    assert [e.action for e in entries(topic)] == ["create", "change"]


def test_an_account_in_the_ledger_cannot_be_deleted() -> None:
    account, other = make.UserFactory(handle="ada"), make.UserFactory()
    with audit_context(actor="@ada"):
        make.TopicFactory()
    with pytest.raises(IntegrityError, match="core_user_named_in_ledger"), transaction.atomic():
        account.delete()
    other.delete()


@pytest.mark.parametrize(
    ("word", "actor"),
    [
        ("seed", "command:seed"),
        ("Export_Audit", "command:export_audit"),
        ('x"\\\n ', "command:x"),
        ("…", "command:unnamed"),
    ],
)
def test_every_command_name_gives_a_valid_actor(word: str, actor: str) -> None:
    assert command_actor(word) == actor
