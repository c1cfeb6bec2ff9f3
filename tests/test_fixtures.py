"""Everything that an installation holds survives dumpdata, flush and loaddata, and moves house."""

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
# Django makes these by itself, or they belong to one installation and not to its records.
# The ledger is not loaded: it records the loading, and moves house with an audit export.
LEDGER = ("core.entry", "core.leaf", "core.pending", "core.appearance")
# Webhooks are of one installation: another would send the same messages a second time.
WEBHOOKS = ("claims.webhookendpoint", "claims.webhookdelivery", "django_tasks_database")
EXCLUDED = (
    "contenttypes",
    "auth.permission",
    "sessions",
    "admin.logentry",
    "knox",
    *LEDGER,
    *WEBHOOKS,
)


def dumped() -> str:
    """All records as a fixture that names nothing by its number."""
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


def dumped_models() -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.app_label
        if hasattr(model, "read_model"):
            continue  # the database's own, from the others
        if label not in EXCLUDED and f"{label}.{model._meta.model_name}" not in EXCLUDED:
            yield model


def rows() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table; related rows, and rows themselves, are named by natural keys."""
    tables = {}
    for model in dumped_models():
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
def full_house(transactional_db: None) -> None:
    """A database with the shipped fixtures and something of everything else."""
    call_command("loaddata", *FIXTURES, verbosity=0)
    writer, editor = UserFactory(role="researcher"), UserFactory(role="editor")
    writer.set_password("a long enough password")
    writer.last_login = timezone.now()
    writer.save()
    writer.user_permissions.add(Permission.objects.get(codename="view_user"))
    UserFactory(username="someone@newsroom.example", is_active=False, first_name="Zoë")

    said = SnapshotFactory(
        document=DocumentFactory(published_on=date(2026, 5, 1), published_precision="month")
    )
    waiting = SnapshotFactory(text=None, length=40)
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
        document=said.document,
        snapshot=said,
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
    StatementFactory(document=waiting.document, snapshot=waiting, start=3, end=40)
    StatementFactory(document=said.document, speaker=None, quotation=Quotation.AUTHORIAL)
    ClaimRelationFactory(from_claim=claim, decided_by=editor)
    ClaimRelationFactory(kind=RelationKind.REPEATS, state=RelationState.SUGGESTED, method="seed")

    draft = ReviewVersionFactory(author=writer, rating=None, headline="", summary="")
    EvidenceFactory(
        version=draft, document=said.document, snapshot=said, start=0, end=22, exact=TEXT[:22]
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


def test_every_row_survives_dump_flush_and_load(full_house: None, tmp_path: Path) -> None:
    before, dump = rows(), tmp_path / "all.json"
    # Or it would prove little: another model needs a row above.
    assert [table for table, found in before.items() if not found] == []
    assert set(ReviewVersion.objects.values_list("state", flat=True)) == set(VersionState)
    dump.write_text(dumped())
    call_command("flush", interactive=False, verbosity=0)
    assert sum(map(len, rows().values())) == 0
    for _once_and_again in range(2):
        call_command("loaddata", dump, verbosity=0)
        after = rows()
        for table, found in before.items():
            assert after[table] == found, table
        assert dumped() == dump.read_text()


def test_a_dump_overwrites_no_stranger_with_the_same_database_key(
    full_house: None, tmp_path: Path
) -> None:
    dump = tmp_path / "all.json"
    dump.write_text(dumped())
    expected = rows()
    call_command("flush", interactive=False, verbosity=0)
    stranger = retracted_version()
    strangers = rows()
    call_command("loaddata", dump, verbosity=0)
    merged = rows()
    for table, found in expected.items():
        assert all(row in merged[table] for row in found), table
    for table, found in strangers.items():
        assert all(row in merged[table] for row in found), table
    assert ReviewVersion.objects.get(pk=stranger.pk) == stranger


def test_the_guards_are_in_force_after_loading(full_house: None, tmp_path: Path) -> None:
    dump = tmp_path / "all.json"
    dump.write_text(dumped())
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
    full_house: None,
) -> None:
    author = ReviewVersion.objects.get(state=VersionState.RETRACTED).author
    dump = dumped()
    assert dump.count(f'"{author.username}"') == 1
    assert f'"@{author.handle}"' in dump


@pytest.mark.django_db
def test_the_shipped_fixtures_load_twice_with_the_same_result() -> None:
    call_command("loaddata", *FIXTURES, verbosity=0)
    before, dump = rows(), dumped()
    call_command("loaddata", *FIXTURES, verbosity=0)
    assert rows() == before
    assert dumped() == dump
    assert before["auth.Group"]
    assert before["claims.Rating"]


@pytest.mark.django_db
def test_the_shipped_fixtures_load_again_while_their_ratings_are_in_use() -> None:
    call_command("loaddata", *FIXTURES, verbosity=0)
    published_version(rating=Rating.objects.get(label="False"))
    call_command("loaddata", *FIXTURES, verbosity=0)
    assert RatingScale.objects.get(slug="desk").ratings.filter(label="False").exists()


@pytest.mark.django_db
def test_the_shipped_fixtures_hold_every_role_and_only_valid_ratings() -> None:
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


def manage(*arguments: str, database: Path) -> str:
    """Run manage.py on a SQLite database; return what it wrote."""
    ran = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{database}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.django_db(transaction=True)
def test_an_installation_moves_from_sqlite_to_postgresql(tmp_path: Path) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL as the target")
    database, dump = tmp_path / "old.sqlite3", tmp_path / "all.json"
    manage("migrate", "--verbosity=0", database=database)
    manage("loaddata", *FIXTURES, "--verbosity=0", database=database)
    manage("seed", database=database)
    excluded = [f"--exclude={label}" for label in EXCLUDED]
    dump.write_text(
        manage(
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
    assert dumped() == dump.read_text()
