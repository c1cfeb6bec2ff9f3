"""The guards: put in place by migrate, out of the way of flush, never lost unnoticed."""

from collections import Counter
from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from claims.models import ReviewVersion
from claimsapi.core.database import guards, triggers
from sources.models import Snapshot
from tests.factories import SnapshotFactory, published_version

DECLARED = set(triggers.expected(connection))
A_GUARD = "guard_sources_snapshot_frozen_update"


def installed() -> Counter[str]:
    """The triggers that the database has, by name, read from its own catalogue."""
    queries = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with connection.cursor() as cursor:
        cursor.execute(queries[connection.vendor])
        return Counter(name for (name,) in cursor.fetchall())


def functions() -> Counter[str]:
    """The trigger functions that PostgreSQL has; SQLite has none."""
    if connection.vendor != "postgresql":
        return Counter()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE proname LIKE 'guard%%' OR proname LIKE 'ledger%%'"
            " OR proname LIKE 'keep%%'"
        )
        return Counter(name for (name,) in cursor.fetchall())


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def make_trigger(name: str) -> None:
    """Make a trigger on snapshots that no model declares."""
    if connection.vendor == "sqlite":
        execute(f'CREATE TRIGGER "{name}" BEFORE UPDATE ON sources_snapshot BEGIN SELECT 1; END')
        return
    execute(
        f'CREATE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS'
        " $$ BEGIN RETURN NEW; END $$"
    )
    execute(
        f'CREATE TRIGGER "{name}" BEFORE UPDATE ON sources_snapshot'
        f' FOR EACH ROW EXECUTE FUNCTION "{name}"()'
    )


def lose_guard() -> None:
    """Take a guard away, as a migration that rebuilds a table does on SQLite."""
    lose_trigger()
    if connection.vendor == "postgresql":
        execute(f'DROP FUNCTION "{A_GUARD}"()')


def lose_trigger() -> None:
    """Take a trigger away; on PostgreSQL its function stays."""
    on = "" if connection.vendor == "sqlite" else ' ON "sources_snapshot"'
    execute(f'DROP TRIGGER "{A_GUARD}"{on}')


def warnings() -> list[CheckMessage]:
    return triggers.check_installed(app_configs=None, databases=["default"])


def assert_snapshots_are_frozen() -> None:
    snapshot = SnapshotFactory()
    with pytest.raises(IntegrityError, match="A snapshot never changes"), transaction.atomic():
        Snapshot.objects.filter(pk=snapshot.pk).update(media_type="text/html")


def test_names_are_distinct_and_short_enough_to_be_kept_whole() -> None:
    names = [name for name, _table, _guard in guards.declared(connection.vendor)]
    assert len(names) == len(set(names))
    assert max(map(len, names)) <= 63  # PostgreSQL cuts what is longer


def test_every_guard_has_a_sentence_to_say() -> None:
    messages = {name: guard.message for name, _table, guard in guards.declared(connection.vendor)}
    assert {name for name, message in messages.items() if not message.endswith(".")} == set()


@pytest.mark.django_db
def test_after_migrate_the_database_has_every_declared_guard_once() -> None:
    assert installed() == Counter(DECLARED)


@pytest.mark.django_db(transaction=True)
def test_migrate_brings_back_a_lost_guard() -> None:
    lose_guard()
    call_command("migrate", verbosity=0)
    assert installed() == Counter(DECLARED)
    assert_snapshots_are_frozen()


@pytest.mark.django_db(transaction=True)
def test_migrating_again_leaves_no_guard_twice() -> None:
    call_command("migrate", verbosity=0)
    call_command("migrate", verbosity=0)
    assert installed() == Counter(DECLARED)
    assert functions() == (Counter(DECLARED) if connection.vendor == "postgresql" else Counter())


@pytest.mark.django_db
def test_installing_twice_leaves_no_guard_twice() -> None:
    triggers.install(connection)
    triggers.install(connection)
    assert installed() == Counter(DECLARED)


@pytest.mark.django_db
def test_installing_brings_back_a_guard_of_which_only_the_trigger_was_dropped() -> None:
    lose_trigger()
    triggers.install(connection)
    assert installed() == Counter(DECLARED)


@pytest.mark.django_db
def test_installing_removes_a_guard_that_no_model_declares_any_more() -> None:
    make_trigger("guard_sources_snapshot_forgotten_update")
    triggers.install(connection)
    assert installed() == Counter(DECLARED)
    assert not functions() - Counter(DECLARED)


@pytest.mark.django_db
def test_other_peoples_triggers_are_left_alone() -> None:
    make_trigger("guardian_of_snapshots")
    triggers.install(connection)
    assert installed() == Counter({*DECLARED, "guardian_of_snapshots"})


@pytest.mark.django_db
def test_dropping_leaves_no_guard_and_no_function() -> None:
    triggers.drop(connection)
    assert installed() == Counter()
    assert functions() == Counter()


@pytest.mark.django_db
def test_nothing_is_installed_while_a_migration_is_pending() -> None:
    triggers.drop(connection)
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("claims")
    MigrationRecorder(connection).record_unapplied(*newest)
    triggers.install(connection)
    assert installed() == Counter()


@pytest.mark.django_db(transaction=True)
def test_flush_empties_the_tables_and_leaves_every_guard_in_place() -> None:
    published_version()
    call_command("flush", interactive=False, verbosity=0)
    assert not ReviewVersion.objects.exists()
    assert not Snapshot.objects.exists()
    assert installed() == Counter(DECLARED)
    assert_snapshots_are_frozen()


@pytest.mark.django_db(transaction=True)
def test_a_flush_that_fails_leaves_every_guard_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise RuntimeError("The disk is full.")

    monkeypatch.setattr("django.core.management.commands.flush.Command.handle", fail)
    with pytest.raises(RuntimeError, match="disk is full"):
        call_command("flush", interactive=False, verbosity=0)
    assert installed() == Counter(DECLARED)


@pytest.mark.django_db
def test_the_guards_are_away_inside_of_a_lifted_block_only() -> None:
    with triggers.lifted(connection):
        assert installed() == Counter()
    assert installed() == Counter(DECLARED)


@pytest.mark.django_db
def test_the_system_check_is_silent_while_every_guard_is_in_place() -> None:
    assert warnings() == []


@pytest.mark.django_db
def test_the_system_check_names_a_lost_guard_and_the_remedy() -> None:
    lose_guard()
    (warning,) = warnings()
    assert warning.id == "core.W001"
    assert warning.msg == f"The database 'default' lacks the guards {A_GUARD}."
    assert "manage.py migrate" in (warning.hint or "")


@pytest.mark.django_db
def test_manage_py_check_fails_on_a_lost_guard_when_warnings_count() -> None:
    call_command("check", databases=["default"], fail_level="WARNING")
    lose_guard()
    with pytest.raises(SystemCheckError, match=A_GUARD):
        call_command("check", databases=["default"], fail_level="WARNING")


@pytest.mark.django_db
def test_a_database_without_guards_between_two_versions_is_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(triggers, "migrations_pending", lambda _connection: True)
    assert warnings() == []
    triggers.drop(connection)
    (warning,) = warnings()
    assert warning.id == "core.W002"


def test_the_system_check_asks_no_database_that_it_was_not_told_of() -> None:
    # Without the db fixture a query would fail.
    assert triggers.check_installed(app_configs=None, databases=None) == []


def test_changed_is_true_when_one_of_the_columns_gets_another_value() -> None:
    assert guards.columns_changed("a", "b") == (
        "(OLD.a IS DISTINCT FROM NEW.a OR OLD.b IS DISTINCT FROM NEW.b)"
    )


@pytest.mark.django_db
def test_no_record_and_no_account_changes_its_number() -> None:
    version = published_version()
    for row in (version, version.review, version.rating, version.author, version.evidence.get()):
        assert row is not None
        table = row._meta.db_table
        with (
            pytest.raises(IntegrityError, match="keeps its number"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE {table} SET id = 99999 WHERE id = %s", [row.pk])  # noqa: S608  our tables


@pytest.mark.django_db
def test_no_table_of_records_is_truncated() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE.")
    published_version()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match="not truncated"), transaction.atomic():
            cursor.execute("TRUNCATE claims_evidence")
