"""Migrations go forwards and backwards and leave the guards in place."""

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
from tests.claims.exchange.claimreview.corpus import plain

ROOT = Path(__file__).resolve().parent.parent
APPS = ("claims", "sources", "core")
# What never asks the database is left out of the leg on PostgreSQL; these ask one of their own.
both_databases = pytest.mark.django_db

# Prepares the demo, as `make run` does where there is nothing yet; then goes back to nothing from a
# database that holds records, and migrates again. Prints each time the shape of every table and the
# guards that stand on it.
_THERE_AND_BACK = """
import json, sys
import django
django.setup()
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from claims.models import WebhookDelivery, WebhookEndpoint
from claimsapi.core.database import triggers

def shape():
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
        return {"tables": tables, "guards": sorted(triggers.installed_triggers(connection).items())}

def migrate(*target):
    call_command("migrate", *target, verbosity=0)

seen = []
call_command("demo", "--prepare-only")
now = timezone.now()
WebhookDelivery.objects.create(  # with a fault that the first versions do not know
    endpoint=WebhookEndpoint.objects.create(name="A", url="https://a.example/", secret="sealed"),
    event="webhook.test", state="given_up", fault="waited",
    happened_at=now, queued_at=now, finished_at=now,
)
seen.append(shape())
for app in sys.argv[2:]:
    migrate(app, "zero")
seen.append(shape())
migrate()
seen.append(shape())
call_command("check", databases=["default"], fail_level="WARNING", stdout=sys.stderr)
call_command("import_claimreview", sys.argv[1], stdout=sys.stderr, stderr=sys.stderr)
try:
    migrate("claims", "0006")
except CommandError as refused:
    print(refused, file=sys.stderr)
    seen.append(shape())
print(json.dumps(seen, default=str, sort_keys=True))
"""


@contextmanager
def scratch_database(directory: Path) -> Iterator[str]:
    """An empty database of the kind that the tests run on; its URL is good until the block ends."""
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


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The database migrated, gone back to nothing, migrated again, and with an import in it."""
    folder = tmp_path_factory.mktemp("scratch")
    feed = folder / "feed.json"
    feed.write_text(json.dumps(plain()))
    with scratch_database(folder) as url:
        ran = subprocess.run(
            [sys.executable, "-c", _THERE_AND_BACK, str(feed), *APPS],
            cwd=ROOT,
            env={
                **os.environ,
                "DATABASE_URL": url,
                "LEDGER_KEY": str(folder / "ledger_key.pem"),
                "DJANGO_SETTINGS_MODULE": "claimsapi.settings",
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    assert "Demo accounts, shown this once" in ran.stderr
    assert "The way back ends here: 1 reviews" in ran.stderr
    seen: list[dict[str, Any]] = json.loads(ran.stdout)
    return seen


def own_tables(shape: dict[str, Any]) -> set[str]:
    return {table for table in shape["tables"] if table.partition("_")[0] in APPS}


@both_databases
def test_migrating_makes_every_table_and_every_guard(shapes: list[dict[str, Any]]) -> None:
    migrated, *_ = shapes
    models = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    assert own_tables(migrated) >= {model._meta.db_table for model in models}
    declared = sorted(
        [name, table] for name, table in triggers.expected_triggers(connection).items()
    )
    assert declared
    assert migrated["guards"] == declared


@both_databases
def test_going_back_to_nothing_leaves_no_table_and_no_guard(shapes: list[dict[str, Any]]) -> None:
    _migrated, nothing, *_ = shapes
    assert own_tables(nothing) == set()
    assert nothing["guards"] == []
    assert "auth_group" in nothing["tables"]


@both_databases
def test_migrating_again_gives_the_same_tables_constraints_and_guards(
    shapes: list[dict[str, Any]],
) -> None:
    migrated, _nothing, again, _refused = shapes
    assert again == migrated


@both_databases
def test_a_way_back_that_is_refused_leaves_tables_and_guards_as_they_were(
    shapes: list[dict[str, Any]],
) -> None:
    *_, again, refused = shapes
    assert refused == again


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
