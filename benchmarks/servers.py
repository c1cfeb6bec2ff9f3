"""Servers that are compared: one worker each, on loopback, and their processor time."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from django.db import connection

from claimsapi.core.identifiers import uuid7

ROOT: Final = Path(__file__).resolve().parent.parent
OTHERS: Final = ROOT / ".venv-bench" / "bin" / "python"
SENT: Final = {"Accept": "application/json", "X-Forwarded-Proto": "https"}

_GUNICORN: Final = (sys.executable, "-m", "gunicorn", "--log-level", "error", "--workers", "1")
_UVICORN: Final = (str(OTHERS), "-m", "uvicorn", "--lifespan", "off", "--no-access-log")
_DATASETTE: Final = (str(OTHERS), "-m", "datasette", "serve")


def commands() -> dict[str, tuple[str, ...]]:
    """How each server is started, but for its port."""
    found: dict[str, tuple[str, ...]] = {
        "product": (*_GUNICORN, "claimsapi.wsgi:application"),
        "stock": (*_GUNICORN, "benchmarks.stock:application"),
    }
    if OTHERS.exists():
        found["limit"] = (*_UVICORN, "--log-level", "error", "benchmarks.limit:application")
        if connection.vendor == "sqlite":
            found["Datasette"] = (*_DATASETTE, str(connection.settings_dict["NAME"]))
    return found


class Server:
    """A server, and a connection that is kept open to it where it does so."""

    def __init__(self, command: tuple[str, ...]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        environment = {
            **os.environ,
            "DEBUG": "0",
            "SECRET_KEY": uuid7().hex * 2,
            "ALLOWED_HOSTS": "127.0.0.1",
            "BEHIND_TLS_PROXY": "1",
            "DB_POOL": "1",  # a connection that stays, so that its processor time can be read
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",  # of static files, which are not collected
        }
        listen = (
            ("--bind", f"127.0.0.1:{self.port}")
            if "gunicorn" in command
            else ("--host", "127.0.0.1", "--port", str(self.port))
        )
        self.process = subprocess.Popen(
            [*command, *listen], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL
        )
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)

    def get(self, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        try:
            answer = self._asked(path, headers)
        except http.client.RemoteDisconnected:  # it had closed what was idle
            answer = self._asked(path, headers)
        body = answer.read()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body

    def _asked(self, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        self.connection.request("GET", path, headers={**SENT, **headers})
        return self.connection.getresponse()

    def wait(self) -> None:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise SystemExit("A server did not start.")

    def clocks(self) -> Callable[[], float]:
        """What tells the processor seconds of the server, its worker and the database so far."""
        running = [self.process.pid, *children(self.process.pid), *backends()]
        return lambda: sum(map(clock, running))

    def peak(self) -> float:
        """The most memory that a worker held so far, in MB."""
        found = (Path(f"/proc/{pid}/status").read_text() for pid in children(self.process.pid))
        return max(
            (int(text.partition("VmHWM:")[2].split()[0]) / 1024 for text in found), default=0
        )


def children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
        if int(after[1]) == parent:
            found.append(int(stat.parent.name))
    return found


def clock(pid: int) -> float:
    """The processor time of a process in seconds: finer than the ticks in its stat."""
    return time.clock_gettime((~pid << 3) | 2)


def backends() -> list[int]:
    """PostgreSQL's processes; SQLite works within the server's."""
    if connection.vendor == "sqlite":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")
        found = [pid for (pid,) in cursor.fetchall()]
    return [pid for pid in found if pid != connection.connection.info.backend_pid]


@contextmanager
def serving() -> Iterator[dict[str, Server]]:
    with ExitStack() as stack:
        servers: dict[str, Any] = {}
        for name, command in commands().items():
            servers[name] = Server(command)
            stack.callback(servers[name].process.wait)
            stack.callback(servers[name].process.terminate)
        for server in servers.values():
            server.wait()
        yield servers
