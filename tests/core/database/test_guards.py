"""Guards: migrate installs them, flush runs without them, a check reports a missing one."""

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
from claimsapi.core.database import checks as database_checks
from claimsapi.core.database import guards, triggers
from claimsapi.core.database.checks import check_triggers
from sources.models import Snapshot
from tests.factories import SnapshotFactory, published_version

EXPECTED = set(triggers.expected_triggers(connection))
A_GUARD = "guard_sources_snapshot_frozen_update"


def installed() -> Counter[str]:
    """The names of all triggers in the database's own catalog."""
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
            " OR proname LIKE 'read_model%%'"
        )
        return Counter(name for (name,) in cursor.fetchall())


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def create_trigger(name: str) -> None:
    """Create a trigger on snapshots that no model declares."""
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


def drop_guard() -> None:
    """Drop a guard, as a migration that rebuilds a table does on SQLite."""
    drop_trigger()
    if connection.vendor == "postgresql":
        execute(f'DROP FUNCTION "{A_GUARD}"()')


def drop_trigger() -> None:
    """Drop a trigger; on PostgreSQL its function stays."""
    on = "" if connection.vendor == "sqlite" else ' ON "sources_snapshot"'
    execute(f'DROP TRIGGER "{A_GUARD}"{on}')


def warnings() -> list[CheckMessage]:
    return check_triggers(app_configs=None, databases=["default"])


def assert_snapshots_are_frozen() -> None:
    snapshot = SnapshotFactory()
    with pytest.raises(IntegrityError, match=A_GUARD), transaction.atomic():
        Snapshot.objects.filter(pk=snapshot.pk).update(media_type="text/html")


def test_names_of_guards_are_unique_and_fit_into_postgresql() -> None:
    names = [trigger.name for trigger in guards.guard_triggers(connection.vendor)]
    assert len(names) == len(set(names))
    assert max(map(len, names)) <= 63  # PostgreSQL truncates longer names


@pytest.mark.django_db
def test_migrate_installs_every_trigger_once() -> None:
    assert installed() == Counter(EXPECTED)


@pytest.mark.django_db(transaction=True)
def test_migrate_restores_a_missing_guard() -> None:
    drop_guard()
    call_command("migrate", verbosity=0)
    assert installed() == Counter(EXPECTED)
    assert_snapshots_are_frozen()


@pytest.mark.django_db(transaction=True)
def test_migrating_again_installs_no_trigger_twice() -> None:
    call_command("migrate", verbosity=0)
    call_command("migrate", verbosity=0)
    assert installed() == Counter(EXPECTED)
    assert functions() == (Counter(EXPECTED) if connection.vendor == "postgresql" else Counter())


@pytest.mark.django_db
def test_installing_again_installs_no_trigger_twice() -> None:
    triggers.install(connection)
    triggers.install(connection)
    assert installed() == Counter(EXPECTED)


@pytest.mark.django_db
def test_install_restores_a_guard_whose_function_still_exists() -> None:
    drop_trigger()
    triggers.install(connection)
    assert installed() == Counter(EXPECTED)


@pytest.mark.django_db
def test_install_drops_a_guard_that_no_model_declares() -> None:
    create_trigger("guard_sources_snapshot_forgotten_update")
    triggers.install(connection)
    assert installed() == Counter(EXPECTED)
    assert not functions() - Counter(EXPECTED)


@pytest.mark.django_db
def test_install_keeps_triggers_of_others() -> None:
    create_trigger("guardian_of_snapshots")
    triggers.install(connection)
    assert installed() == Counter({*EXPECTED, "guardian_of_snapshots"})


@pytest.mark.django_db
def test_drop_leaves_no_trigger_and_no_function() -> None:
    triggers.drop(connection)
    assert installed() == Counter()
    assert functions() == Counter()


@pytest.mark.django_db
def test_install_does_nothing_while_a_migration_is_pending() -> None:
    triggers.drop(connection)
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("claims")
    MigrationRecorder(connection).record_unapplied(*newest)
    triggers.install(connection)
    assert installed() == Counter()


@pytest.mark.django_db(transaction=True)
def test_flush_empties_the_tables_and_restores_every_guard() -> None:
    published_version()
    call_command("flush", interactive=False, verbosity=0)
    assert not ReviewVersion.objects.exists()
    assert not Snapshot.objects.exists()
    assert installed() == Counter(EXPECTED)
    assert_snapshots_are_frozen()


@pytest.mark.django_db(transaction=True)
def test_a_flush_that_fails_restores_every_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise RuntimeError("The disk is full.")

    monkeypatch.setattr("django.core.management.commands.flush.Command.handle", fail)
    with pytest.raises(RuntimeError, match="disk is full"):
        call_command("flush", interactive=False, verbosity=0)
    assert installed() == Counter(EXPECTED)


@pytest.mark.django_db
def test_guards_are_missing_only_inside_the_block_without_triggers() -> None:
    with triggers.without_triggers(connection):
        assert installed() == Counter()
    assert installed() == Counter(EXPECTED)


@pytest.mark.django_db
def test_the_system_check_is_silent_while_every_guard_is_installed() -> None:
    assert warnings() == []


@pytest.mark.django_db
def test_the_system_check_names_a_missing_guard_and_the_remedy() -> None:
    drop_guard()
    (warning,) = warnings()
    assert warning.id == "core.W001"
    assert warning.msg == f"The database 'default' lacks the guards {A_GUARD}."
    assert "manage.py migrate" in (warning.hint or "")


@pytest.mark.django_db
def test_manage_py_check_can_fail_on_a_missing_guard() -> None:
    call_command("check", databases=["default"], fail_level="WARNING")
    drop_guard()
    with pytest.raises(SystemCheckError, match=A_GUARD):
        call_command("check", databases=["default"], fail_level="WARNING")


@pytest.mark.django_db
def test_the_system_check_reports_a_database_between_two_versions_without_guards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database_checks, "migrations_pending", lambda _connection: True)
    assert warnings() == []
    triggers.drop(connection)
    (warning,) = warnings()
    assert warning.id == "core.W002"


def test_the_system_check_queries_only_the_given_databases() -> None:
    # Without the db fixture a query would fail.
    assert check_triggers(app_configs=None, databases=None) == []


def test_columns_changed_compares_each_column() -> None:
    assert guards.columns_changed("a", "b") == (
        "(OLD.a IS DISTINCT FROM NEW.a OR OLD.b IS DISTINCT FROM NEW.b)"
    )


@pytest.mark.django_db
def test_no_record_and_no_account_changes_its_primary_key() -> None:
    version = published_version()
    for row in (version, version.review, version.rating, version.author, version.evidence.get()):
        assert row is not None
        table = row._meta.db_table
        with (
            pytest.raises(IntegrityError, match="_same_id_update"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE {table} SET id = 99999 WHERE id = %s", [row.pk])  # noqa: S608  our tables


@pytest.mark.django_db
def test_a_table_of_records_cannot_be_truncated() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE.")
    published_version()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with (
            pytest.raises(IntegrityError, match="guard_claims_evidence_truncate"),
            transaction.atomic(),
        ):
            cursor.execute("TRUNCATE claims_evidence")
