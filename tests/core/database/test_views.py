"""What is derived from records: a view that migrate makes, and nothing that is kept by itself."""

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
from tests.factories import corrected_version

VIEW = "claims_correction"


def view_names() -> list[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_table_list(cursor)
    return [info.name for info in found if info.type == "v"]


def warnings() -> list[Any]:
    return views.check_installed(app_configs=None, databases=["default"])


def test_what_is_not_managed_is_derived_on_both_databases() -> None:
    unmanaged = [model for model in apps.get_models() if not model._meta.managed]
    assert unmanaged == [Correction, ClaimSearch]
    assert Correction.derived.keys() == {"sqlite", "postgresql"}
    assert all(list(ClaimSearch.kept.keepers(vendor)) for vendor in ("sqlite", "postgresql"))


@pytest.mark.django_db(transaction=True)
def test_migrate_makes_the_view_anew() -> None:
    views.drop(connection)
    assert VIEW not in view_names()
    call_command("migrate", verbosity=0)
    call_command("migrate", verbosity=0)
    assert view_names().count(VIEW) == 1
    assert list(Correction.objects.all()) == []


@pytest.mark.django_db
def test_no_view_is_made_while_migrations_are_unapplied() -> None:
    views.drop(connection)
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("claims")
    MigrationRecorder(connection).record_unapplied(*newest)
    views.install(connection)
    assert VIEW not in view_names()
    assert warnings() == []


@pytest.mark.django_db
def test_the_system_check_names_a_lost_view_and_the_remedy() -> None:
    assert warnings() == []
    views.drop(connection)
    (warning,) = warnings()
    assert warning.id == "core.W002"
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
def test_an_export_holds_no_view_whose_rows_come_back_by_themselves() -> None:
    corrected_version()
    out = StringIO()
    call_command("dumpdata", "claims", stdout=out)
    kinds = {row["model"] for row in json.loads(out.getvalue())}
    assert "claims.reviewversion" in kinds
    assert "claims.correction" not in kinds


@pytest.mark.django_db
def test_both_halves_of_the_corrections_are_found_by_an_index() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # which it prefers only where there are many rows
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    plan = Correction.objects.order_by("-at", "-public_id")[:50].explain()
    assert "claims_version_corrects" in plan
    assert "claims_version_retracted" in plan
    # A page costs the same however many there are: no half is sorted as a whole before it is cut.
    assert connection.vendor == "postgresql" or "MERGE (UNION ALL)" in plan
