"""Fixtures: dumpdata, flush and loaddata keep every row, also from SQLite to PostgreSQL."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from claims import workflow
from claims.choices import CorrectionKind, Quotation, RelationKind, RelationState, VersionState
from claims.models import Claim, Evidence, Rating, RatingScale, ReviewVersion, Statement
from claims.services.reviews import prepare_next_version
from claimsapi.core.database.checks import check_triggers
from claimsapi.core.models import User
from sources.models import Document, Snapshot
from tests.factories import (
    TEXT,
    AffiliationFactory,
    ApiKeyCountFactory,
    AssignmentFactory,
    ClaimFactory,
    ClaimRelationFactory,
    DocumentFactory,
    EvidenceFactory,
    IdentifierFactory,
    LabelVerdictFactory,
    RatingFactory,
    RatingScaleFactory,
    ReviewVersionFactory,
    SnapshotFactory,
    SpeakerFactory,
    StatementFactory,
    TopicFactory,
    UserFactory,
    move,
    published_version,
    retracted_version,
    submitted_version,
)

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ("roles", "rating_scales", "label_verdicts")
# The ledger records the load itself. An audit export moves it to another installation.
LEDGER = ("core.entry", "core.leaf", "core.pending", "core.appearance")
# Webhooks belong to one installation: another one would send each message a second time.
WEBHOOKS = ("claims.webhookendpoint", "claims.webhookdelivery", "django_tasks_database")
# Django creates the first ones. The others belong to one installation, not to its records.
EXCLUDED = (
    "contenttypes",
    "auth.permission",
    "sessions",
    "admin.logentry",
    "knox",
    *LEDGER,
    *WEBHOOKS,
)


def dump_records() -> str:
    """Return all records as a fixture with natural keys only."""
    out = io.StringIO()
    call_command(
        "dumpdata",
        use_natural_foreign_keys=True,
        use_natural_primary_keys=True,
        exclude=EXCLUDED,
        indent=1,
        stdout=out,
    )
    return out.getvalue()


def iterate_dumped_models() -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.app_label
        if hasattr(model, "read_model"):
            continue  # its triggers derive the rows from other tables
        if label not in EXCLUDED and f"{label}.{model._meta.model_name}" not in EXCLUDED:
            yield model


def read_rows() -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every dumped table, with natural keys in place of related rows."""
    tables = {}
    for model in iterate_dumped_models():
        columns = [field for field in model._meta.fields if not field.primary_key]
        tables[model._meta.label] = sorted(
            (
                {field.name: _value(record, field) for field in columns}
                for record in model._base_manager.all()
            ),
            key=repr,
        )
    return tables


def _value(record: models.Model, field: models.Field) -> Any:
    if not field.is_relation:
        return field.value_from_object(record)
    related: Any = getattr(record, field.name)
    return None if related is None else related.natural_key()


@pytest.fixture
def full_database(transactional_db: None) -> None:
    """Fill a database with the shipped fixtures and at least one row of every other model."""
    call_command("loaddata", *FIXTURES, verbosity=0)
    writer, editor = UserFactory(role="researcher"), UserFactory(role="editor")
    writer.set_password("a long enough password")
    writer.last_login = timezone.now()
    writer.save()
    writer.user_permissions.add(Permission.objects.get(codename="view_user"))
    UserFactory(username="someone@newsroom.example", is_active=False, first_name="Zoë")

    with_text = SnapshotFactory(
        document=DocumentFactory(published_on=date(2026, 5, 1), published_precision="month")
    )
    without_text = SnapshotFactory(text=None, length=40)
    DocumentFactory(url=None, publisher=None, title="Böse “Zitate”\u2028 \u05d0 🛳", language="")
    role = AffiliationFactory(
        speaker=SpeakerFactory(), start_on=date(2020, 1, 1), start_precision="year"
    )
    IdentifierFactory(speaker=role.speaker)
    claim = ClaimFactory(listed=True)
    claim.topics.set([TopicFactory(name=name) for name in ("ports", "Éire", "ferries 🛳", "Law")])
    ClaimFactory(status="rejected", status_reason="A question, no claim.")
    StatementFactory(
        claim=claim,
        document=with_text.document,
        snapshot=with_text,
        speaker=role.speaker,
        affiliation=role,
        quotation=Quotation.DIRECT,
        exact=TEXT[23:42],
        prefix=TEXT[:23],
        suffix=TEXT[42:60],
        start=23,
        end=42,
        stated_on=date(2026, 5, 2),
        stated_precision="day",
    )
    StatementFactory(document=without_text.document, snapshot=without_text, start=3, end=40)
    StatementFactory(document=with_text.document, speaker=None, quotation=Quotation.AUTHORIAL)
    ClaimRelationFactory(from_claim=claim, decided_by=editor)
    ClaimRelationFactory(kind=RelationKind.REPEATS, state=RelationState.SUGGESTED, method="seed")

    draft = ReviewVersionFactory(author=writer, rating=None, headline="", summary="")
    EvidenceFactory(
        version=draft,
        document=with_text.document,
        snapshot=with_text,
        start=0,
        end=22,
        exact=TEXT[:22],
    )
    submitted_version(author=writer, body="Long.\r\n\tIndented.")
    first = published_version(
        author=writer, editor=editor, rating=Rating.objects.get(label="False"), review__claim=claim
    )
    EvidenceFactory(
        version=ReviewVersionFactory(), is_confidential=True, confidential_reason="Life."
    )
    second = prepare_next_version(
        review=first.review, author=writer, kind=CorrectionKind.UPDATE, note="There was a log."
    )
    move(second, workflow.SUBMIT, writer)
    move(second, workflow.RETURN, editor, "Which log?")
    move(second, workflow.SUBMIT, writer)
    move(second, workflow.PUBLISH, editor)
    prepare_next_version(review=first.review, author=editor, kind=CorrectionKind.CORRECTION)
    retracted_version(author=writer, rating=RatingFactory(scale=RatingScaleFactory(), position=99))
    AssignmentFactory(claim=first.review.claim)
    LabelVerdictFactory()
    ApiKeyCountFactory()
    StatementFactory(document=None)


def test_every_row_survives_dump_flush_and_load(full_database: None, tmp_path: Path) -> None:
    before, dump = read_rows(), tmp_path / "all.json"
    # An empty table would prove nothing: add a row of a new model to the fixture above.
    assert [table for table, rows in before.items() if not rows] == []
    assert set(ReviewVersion.objects.values_list("state", flat=True)) == set(VersionState)
    dump.write_text(dump_records())
    call_command("flush", interactive=False, verbosity=0)
    assert sum(map(len, read_rows().values())) == 0
    # The second load finds all records and changes nothing.
    for _ in range(2):
        call_command("loaddata", dump, verbosity=0)
        after = read_rows()
        for table, rows in before.items():
            assert after[table] == rows, table
        assert dump_records() == dump.read_text()


def test_a_load_overwrites_no_other_record_with_the_same_primary_key(
    full_database: None, tmp_path: Path
) -> None:
    dump = tmp_path / "all.json"
    dump.write_text(dump_records())
    expected = read_rows()
    call_command("flush", interactive=False, verbosity=0)
    other = retracted_version()
    others = read_rows()
    call_command("loaddata", dump, verbosity=0)
    merged = read_rows()
    for records in (expected, others):
        for table, rows in records.items():
            assert all(row in merged[table] for row in rows), table
    assert ReviewVersion.objects.get(pk=other.pk) == other


def test_guards_refuse_writes_to_loaded_records(full_database: None, tmp_path: Path) -> None:
    dump = tmp_path / "all.json"
    dump.write_text(dump_records())
    call_command("flush", interactive=False, verbosity=0)
    call_command("loaddata", dump, verbosity=0)
    assert check_triggers(None, ["default"]) == []
    published = ReviewVersion.objects.filter(state=VersionState.PUBLISHED)
    for write in (
        lambda: published.update(summary="It never was so."),
        lambda: published._raw_delete("default"),
        lambda: Evidence.objects.filter(version__in=published).update(note="Changed."),
        lambda: Snapshot.objects.filter(text__isnull=False).update(text="x", length=1),
        lambda: Statement.objects.filter(start=23).update(exact="never said"),
        lambda: Rating.objects.filter(label="False").update(label="Lie"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()


def test_a_dump_names_authors_by_handle_and_logins_only_in_their_accounts(
    full_database: None,
) -> None:
    author = ReviewVersion.objects.get(state=VersionState.RETRACTED).author
    dump = dump_records()
    assert dump.count(f'"{author.username}"') == 1
    assert f'"@{author.handle}"' in dump


@pytest.mark.django_db
def test_the_shipped_fixtures_load_twice_with_the_same_result() -> None:
    call_command("loaddata", *FIXTURES, verbosity=0)
    before, dump = read_rows(), dump_records()
    call_command("loaddata", *FIXTURES, verbosity=0)
    assert read_rows() == before
    assert dump_records() == dump
    assert before["auth.Group"]
    assert before["claims.Rating"]


@pytest.mark.django_db
def test_the_shipped_fixtures_load_again_while_their_ratings_are_in_use() -> None:
    call_command("loaddata", *FIXTURES, verbosity=0)
    published_version(rating=Rating.objects.get(label="False"))
    call_command("loaddata", *FIXTURES, verbosity=0)
    assert RatingScale.objects.get(slug="desk").ratings.filter(label="False").exists()


@pytest.mark.django_db
def test_the_shipped_fixtures_contain_every_role_and_only_valid_ratings() -> None:
    call_command("loaddata", *FIXTURES, verbosity=0)
    for record in (*RatingScale.objects.all(), *Rating.objects.all()):
        record.full_clean()
    assert set(Group.objects.values_list("name", flat=True)) == {
        "researcher",
        "editor",
        "auditor",
        "administrator",
    }
    assert all(group.permissions.exists() for group in Group.objects.all())


def run_manage(*arguments: str, database: Path) -> str:
    """Run manage.py on a SQLite database and return its output."""
    process = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{database}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


@pytest.mark.django_db(transaction=True)
def test_a_dump_of_sqlite_loads_into_postgresql(tmp_path: Path) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL as the target")
    database, dump = tmp_path / "old.sqlite3", tmp_path / "all.json"
    run_manage("migrate", "--verbosity=0", database=database)
    run_manage("loaddata", *FIXTURES, "--verbosity=0", database=database)
    run_manage("seed", database=database)
    excluded = [f"--exclude={label}" for label in EXCLUDED]
    dump.write_text(
        run_manage(
            "dumpdata",
            "--natural-foreign",
            "--natural-primary",
            "--indent=1",
            *excluded,
            database=database,
        )
    )
    call_command("flush", interactive=False, verbosity=0)
    call_command("loaddata", dump, verbosity=0)
    assert Claim.objects.exists()
    assert Document.objects.exists()
    assert User.objects.exists()
    assert dump_records() == dump.read_text()
