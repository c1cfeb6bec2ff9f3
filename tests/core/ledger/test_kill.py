"""A desk that is killed at any moment loses no acknowledged write.

A child works like a desk: it imports in bulk, publishes and exports, and acknowledges each act
after its commit. SIGKILL ends it at a random moment, and then the test checks the database and the
exports. ``make faults`` does this 200 times on each database.
"""

import os
import random
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from claims import workflow
from claims.models import Claim
from claimsapi.core.database.ledger_triggers import recorded_models
from claimsapi.core.ledger.checkpoint import new_private_key
from claimsapi.core.ledger.integrity import find_differences
from claimsapi.core.ledger.sequencer import sequence_entries
from claimsapi.core.ledger.verify import main as verify
from claimsapi.core.models import Entry, User
from tests import factories as make
from tests.concurrency import copy_database
from tests.core.ledger.test_change_feed import Desk

ROUNDS = int(os.environ.get("KILL_ROUNDS", "2"))

Acknowledge = Callable[[str], None]


def imports(number: int, _desk: Desk, _folder: Path) -> str:
    token = f"Imported in number {number} of {os.getpid()}."
    with transaction.atomic():
        rows = [Claim(text=f"{token} Row {row}.", kind="event") for row in range(60)]
        Claim.objects.bulk_create(rows)
        Claim.objects.filter(text__startswith=token).update(listed_at=timezone.now())
    return token


def publishes(number: int, desk: Desk, _folder: Path) -> str:
    token = f"Published as number {number} of {os.getpid()}."
    version = make.ReviewVersionFactory(author=desk.author, headline=token)
    make.EvidenceFactory(version=version)
    make.move(version, workflow.SUBMIT, desk.author)
    make.move(version, workflow.PUBLISH, desk.editor)
    sequence_entries()
    return token


def exports(number: int, _desk: Desk, folder: Path) -> str:
    call_command("export_audit", str(folder / f"{os.getpid()}-{number}"), verbosity=0)
    return ""


def works(_number: int, desk: Desk, _folder: Path) -> str:
    desk.work(3)
    return ""


def work(seed: int, folder: Path, acknowledge: Acknowledge) -> None:
    """Do one thing after another, for ever."""
    chance = random.Random(seed)  # noqa: S311  reproducible, no secret
    for model in (User, *recorded_models()):  # what earlier children made is still there
        make.factory_of(model).reset_sequence((seed + 1) * 10_000)
    desk, number = Desk(seed), 0
    while True:
        number += 1
        done = chance.choice([imports, publishes, exports, works])(number, desk, folder)
        if done:
            acknowledge(done)


@contextmanager
def working_child(seed: int, folder: Path) -> Iterator[tuple[int, int]]:
    """Fork a child that works; give its number and the end of the pipe that it acknowledges by."""
    reading, writing = os.pipe()
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            work(seed, folder, lambda done: os.write(writing, f"{done}\n".encode()) and None)
        except BaseException:  # noqa: BLE001  told, and found by how the child ended
            traceback.print_exc()
        os._exit(1)
    os.close(writing)
    try:
        yield child, reading
    finally:
        os.close(reading)


@pytest.mark.django_db(transaction=True)
def test_a_killed_desk_keeps_every_acknowledged_write(
    tmp_path: Path, settings: pytest.FixtureRequest
) -> None:
    settings.LEDGER_KEY = tmp_path / "key.pem"
    settings.LEDGER_KEY.write_bytes(new_private_key())
    folder = tmp_path / "exports"
    folder.mkdir()
    chance = random.Random(2026)  # noqa: S311
    acknowledged, whole = 0, set[str]()
    with copy_database(tmp_path / "killed.sqlite3"):
        make.StatementFactory(claim__listed_at=timezone.now())
        for seed in range(ROUNDS):
            with working_child(seed, folder) as (child, reading):
                output = os.read(reading, 65536)  # the child is at work
                Timer(chance.uniform(0, 0.7), os.kill, (child, signal.SIGKILL)).start()
                assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
                output += b"".join(iter(lambda: os.read(reading, 65536), b""))
            for token in output.decode().splitlines():
                acknowledged += 1
                assert Entry.objects.filter(state__contains=token).exists(), token
            sequence_entries(wait=True)
            assert list(find_differences()) == []
            for export in {p.name for p in folder.iterdir() if p.name[0] != "."} - whole:
                assert verify([str(folder / export)]) == 0
                whole.add(export)
    assert acknowledged >= ROUNDS
