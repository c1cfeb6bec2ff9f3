"""Migrations run forwards and backwards, and leave the declared triggers in place."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from claimsapi.core.database import triggers

ROOT = Path(__file__).resolve().parent.parent
APPS = ("claims", "sources", "core")
# The tests use a database of their own; the mark runs them on PostgreSQL too.
both_databases = pytest.mark.django_db

# Prepares the demo, as `make run` does on a new machine. Then reverses all migrations of a database
# that holds records, and migrates again. Prints the schema and the triggers after each step.
_MIGRATE_AND_REVERSE = """
import json, sys
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from claimsapi.core.database import triggers

def schema():
    with connection.cursor() as cursor:
        names = sorted(connection.introspection.table_names(cursor, include_views=True))
        inspect = connection.introspection
        tables = {
            name: {
                "columns": [list(column) for column in inspect.get_table_description(cursor, name)],
                "constraints": inspect.get_constraints(cursor, name),
            }
            for name in names
        }
        installed = sorted(triggers.installed_triggers(connection).items())
        return {"tables": tables, "triggers": installed}

schemas = []
call_command("demo", "--prepare-only")
schemas.append(schema())
for app in sys.argv[1:]:
    call_command("migrate", app, "zero", verbosity=0)
schemas.append(schema())
call_command("migrate", verbosity=0)
schemas.append(schema())
call_command("check", databases=["default"], fail_level="WARNING", stdout=sys.stderr)
print(json.dumps(schemas, default=str, sort_keys=True))
"""

# Makes a database as a version with other migrations would leave it, and starts the demo on it.
_OTHER_VERSION = """
import django
django.setup()
from django.core.management import execute_from_command_line
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

recorder = MigrationRecorder(connection)
recorder.ensure_schema()
for app, name in (("auth", "0001_initial"), ("claims", "0001_initial"), ("claims", "0002_initial")):
    recorder.record_applied(app, name)
execute_from_command_line(["manage.py", "demo", "--prepare-only"])
"""


@contextmanager
def scratch_database(directory: Path) -> Iterator[str]:
    """Create an empty database on the tested server, and yield its URL."""
    server = os.environ["DATABASE_URL"]
    if server.startswith("sqlite"):
        yield f"sqlite:///{directory / 'scratch.sqlite3'}"
        return
    name = f"scratch_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def run_program(
    program: str, *arguments: str, directory: Path
) -> "subprocess.CompletedProcess[str]":
    with scratch_database(directory) as url:
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                "DATABASE_URL": url,
                "LEDGER_KEY": str(directory / "ledger_key.pem"),
                "DJANGO_SETTINGS_MODULE": "claimsapi.settings",
            },
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The schemas of a database that was migrated, reversed, and migrated again."""
    directory = tmp_path_factory.mktemp("scratch")
    process = run_program(_MIGRATE_AND_REVERSE, *APPS, directory=directory)
    assert process.returncode == 0, process.stderr
    assert "Demo accounts, shown this once" in process.stderr
    schemas: list[dict[str, Any]] = json.loads(process.stdout)
    return schemas


def own_tables(schema: dict[str, Any]) -> set[str]:
    return {table for table in schema["tables"] if table.partition("_")[0] in APPS}


@both_databases
def test_migrating_makes_every_table_and_every_trigger(schemas: list[dict[str, Any]]) -> None:
    migrated, *_ = schemas
    models = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    assert own_tables(migrated) >= {model._meta.db_table for model in models}
    declared = sorted(
        [name, table] for name, table in triggers.expected_triggers(connection).items()
    )
    assert declared
    assert migrated["triggers"] == declared


@both_databases
def test_reversing_all_migrations_leaves_no_table_and_no_trigger(
    schemas: list[dict[str, Any]],
) -> None:
    _migrated, reversed_schema, _again = schemas
    assert own_tables(reversed_schema) == set()
    assert reversed_schema["triggers"] == []
    assert "auth_group" in reversed_schema["tables"]


@both_databases
def test_migrating_again_makes_the_same_schema(schemas: list[dict[str, Any]]) -> None:
    migrated, _reversed, again = schemas
    assert again == migrated


@both_databases
def test_a_database_of_another_version_is_refused_in_one_sentence(tmp_path: Path) -> None:
    process = run_program(_OTHER_VERSION, directory=tmp_path)
    assert process.returncode == 1
    message = process.stderr.strip().splitlines()
    assert len(message) == 1
    assert message[0].startswith("CommandError: Another version made this database, with 1 ")
    assert "such as claims.0002_initial: to start anew, " in message[0]
    remedy = {"sqlite": "scratch.sqlite3 away", "postgresql": "an empty database in DATABASE_URL"}
    assert remedy[connection.vendor] in message[0]


@pytest.mark.parametrize("app", APPS)
def test_every_operation_of_every_migration_can_be_undone(app: str) -> None:
    migrations = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    own = [migration for (label, _name), migration in migrations.items() if label == app]
    assert own
    for migration in own:
        for operation in migration.operations:
            assert operation.reversible, f"{migration}: {operation.describe()}"


@pytest.mark.django_db
def test_no_model_has_changed_without_a_migration(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        call_command("makemigrations", check=True, dry_run=True, no_color=True)
    except SystemExit:
        pytest.fail(capsys.readouterr().out)
