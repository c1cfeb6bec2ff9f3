"""Acting at the same moment, each on a connection of its own, on both databases."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import IntegrityError, connection, connections

from claimsapi.core.errors import DomainError

PATIENCE = 60  # seconds after which a test that hangs fails

Together = Callable[..., list[Any]]


@pytest.fixture
def together(tmp_path: Path) -> Iterator[Together]:
    """Call functions at the same moment, each with a connection of its own.

    Gives what each returned, or the refusal that it raised. On SQLite the test's database is in
    memory, where connections share one cache and do not wait for each other as they do for a
    file; so what follows in the test happens in a copy of it in a file.
    """
    path = tmp_path / "race.sqlite3"

    def call(barrier: Barrier, function: Callable[[], Any]) -> Any:
        if connection.vendor == "sqlite":
            use_file(path)
        try:
            connection.ensure_connection()
            barrier.wait(PATIENCE)
            return function()
        except (DomainError, IntegrityError) as refusal:
            return refusal
        finally:
            connection.close()

    def run(*functions: Callable[[], Any]) -> list[Any]:
        barrier = Barrier(len(functions))
        with ThreadPoolExecutor(len(functions)) as pool:
            calls = [pool.submit(call, barrier, function) for function in functions]
            return [each.result(PATIENCE) for each in calls]

    with on_file(path):
        yield run


@contextmanager
def on_file(path: Path) -> Iterator[None]:
    """Go on in a copy of the test's database in a file, if it is one of SQLite in memory."""
    in_memory = connections["default"]
    if in_memory.vendor != "sqlite":
        yield
        return
    in_memory.ensure_connection()
    with closing(sqlite3.connect(path)) as copy:
        in_memory.connection.backup(copy)
    use_file(path)
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = in_memory


def use_file(path: Path) -> None:
    """Let this thread's connection be one to the file."""
    own = connections["default"].copy()
    own.settings_dict["NAME"] = str(path)
    connections["default"] = own


def database_url(file: Path) -> str:
    """Where another process finds the database that this test is in, or on SQLite its copy."""
    if connection.vendor == "sqlite":
        return f"sqlite:///{file}"
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
