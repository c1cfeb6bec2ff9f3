"""Consistent reads while other processes write."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def read_snapshot() -> Iterator[None]:
    """Let all queries of the block read one state of the database, without blocking writers.

    The block cannot write. Inside a transaction, that transaction stays in effect.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # Django's atomic() would begin IMMEDIATE, which takes the only write lock.
            cursor.execute("BEGIN DEFERRED")
            try:
                # SQLite takes the snapshot at the first read, so read something now.
                cursor.execute("SELECT count(*) FROM core_leaf WHERE sequence = 0")
                cursor.fetchone()
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
