"""Functions that run at the same time on separate connections, on both databases."""

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
    """Call functions at the same time, each with its own connection.

    Returns the result of each function, or the error with which it was refused. The rest of the
    test runs in a copy of the database in a file on SQLite. The connections of SQLite's database
    in memory share a cache, and do not wait for each other as those of a file do.
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
            return [future.result(PATIENCE) for future in calls]

    with copy_database(path):
        yield run


@contextmanager
def copy_database(path: Path) -> Iterator[None]:
    """Use a copy of the test's database in a file, if that is SQLite's database in memory."""
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
    """Connect this thread to the database in the file."""
    file_connection = connections["default"].copy()
    file_connection.settings_dict["NAME"] = str(path)
    connections["default"] = file_connection


def database_url(file: Path) -> str:
    """Return the URL by which another process reaches the test's database, or its copy."""
    if connection.vendor == "sqlite":
        return f"sqlite:///{file}"
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
