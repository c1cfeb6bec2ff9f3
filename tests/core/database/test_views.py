"""Database views: migrate creates them, fixtures leave them out, nothing writes to them."""

import json
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from claims.models import ClaimSearch, Correction
from claimsapi.core.database import views
from claimsapi.core.database.checks import check_views
from tests.factories import corrected_version

VIEW = "claims_correction"


def view_names() -> list[str]:
    with connection.cursor() as cursor:
        tables = connection.introspection.get_table_list(cursor)
    return [info.name for info in tables if info.type == "v"]


def warnings() -> list[Any]:
    return check_views(app_configs=None, databases=["default"])


def test_unmanaged_models_are_derived_on_both_databases() -> None:
    unmanaged = [model for model in apps.get_models() if not model._meta.managed]
    assert unmanaged == [Correction, ClaimSearch]
    assert Correction.view_sql.keys() == {"sqlite", "postgresql"}
    assert all(list(ClaimSearch.read_model.triggers(vendor)) for vendor in ("sqlite", "postgresql"))


@pytest.mark.django_db(transaction=True)
def test_migrate_creates_the_view_again() -> None:
    views.drop(connection)
    assert VIEW not in view_names()
    call_command("migrate", verbosity=0)
    call_command("migrate", verbosity=0)
    assert view_names().count(VIEW) == 1
    assert list(Correction.objects.all()) == []


@pytest.mark.django_db
def test_install_creates_no_view_while_a_migration_is_pending() -> None:
    views.drop(connection)
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("claims")
    MigrationRecorder(connection).record_unapplied(*newest)
    views.install(connection)
    assert VIEW not in view_names()
    assert warnings() == []


@pytest.mark.django_db
def test_the_system_check_names_a_missing_view_and_the_remedy() -> None:
    assert warnings() == []
    views.drop(connection)
    (warning,) = warnings()
    assert warning.id == "core.W003"
    assert warning.msg == f"The database 'default' lacks the views {VIEW}."
    assert "manage.py migrate" in warning.hint


@pytest.mark.django_db
def test_nothing_is_written_to_a_view() -> None:
    record = Correction.objects.get(after=corrected_version())
    for write in (
        lambda: Correction.objects.update(note="Other."),
        lambda: Correction.objects.filter(pk=record.pk)._raw_delete("default"),
        lambda: Correction.objects.bulk_create([record]),
    ):
        with pytest.raises(DatabaseError, match="view"), transaction.atomic():
            write()


@pytest.mark.django_db
def test_dumpdata_leaves_out_views() -> None:
    corrected_version()
    out = StringIO()
    call_command("dumpdata", "claims", stdout=out)
    kinds = {row["model"] for row in json.loads(out.getvalue())}
    assert "claims.reviewversion" in kinds
    assert "claims.correction" not in kinds


@pytest.mark.django_db
def test_both_halves_of_the_corrections_use_an_index() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # PostgreSQL prefers an index only for many rows
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    plan = Correction.objects.order_by("-at", "-public_id")[:50].explain()
    assert "claims_version_corrects" in plan
    assert "claims_version_retracted" in plan
    # The cost of a page does not grow with the table: neither half is sorted before the LIMIT.
    assert connection.vendor == "postgresql" or "MERGE (UNION ALL)" in plan
