"""The compared servers, with one worker each on loopback, and their processor time."""

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
PEER_PYTHON: Final = ROOT / ".venv-bench" / "bin" / "python"
HEADERS: Final = {"Accept": "application/json", "X-Forwarded-Proto": "https"}

_GUNICORN: Final = (sys.executable, "-m", "gunicorn", "--log-level", "error", "--workers", "1")
_UVICORN: Final = (str(PEER_PYTHON), "-m", "uvicorn", "--lifespan", "off", "--no-access-log")
_DATASETTE: Final = (str(PEER_PYTHON), "-m", "datasette", "serve")


def commands() -> dict[str, tuple[str, ...]]:
    """Return each server's command, without its port. Peers need their own environment."""
    result: dict[str, tuple[str, ...]] = {
        "product": (*_GUNICORN, "claimsapi.wsgi:application"),
        "stock": (*_GUNICORN, "benchmarks.stock:application"),
    }
    if PEER_PYTHON.exists():
        result["limit"] = (*_UVICORN, "--log-level", "error", "benchmarks.limit:application")
        if connection.vendor == "sqlite":
            result["Datasette"] = (*_DATASETTE, str(connection.settings_dict["NAME"]))
    return result


class Server:
    """A server process and a persistent connection to it, if it supports one."""

    def __init__(self, command: tuple[str, ...]) -> None:
        # Port 0 lets the system choose a free port.
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        environment = {
            **os.environ,
            "DEBUG": "0",
            "SECRET_KEY": uuid7().hex * 2,
            "ALLOWED_HOSTS": "127.0.0.1",
            "BEHIND_TLS_PROXY": "1",
            # A persistent database connection, so that its processor time can be read.
            "DB_POOL": "1",
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",  # about static files, which are not collected
        }
        listen = (
            ("--bind", f"127.0.0.1:{self.port}")
            if "gunicorn" in command
            else ("--host", "127.0.0.1", "--port", str(self.port))
        )
        self.process = subprocess.Popen(
            [*command, *listen], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL
        )
        # Long enough for the export of a million claims.
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)

    def get(self, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        try:
            response = self._request(path, headers)
        except http.client.RemoteDisconnected:
            # The server closed the idle connection: http.client opens a new one.
            response = self._request(path, headers)
        body = response.read()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, body

    def _request(self, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        self.connection.request("GET", path, headers={**HEADERS, **headers})
        return self.connection.getresponse()

    def wait(self) -> None:
        """Wait until the server accepts connections, at most 30 s."""
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise SystemExit(f"The server on port {self.port} did not start within 30 s.")

    def processor_clock(self) -> Callable[[], float]:
        """Return a clock of the processor seconds of server, worker and database together."""
        pids = [self.process.pid, *children(self.process.pid), *backends()]
        return lambda: sum(map(processor_seconds, pids))

    def peak(self) -> float:
        """Return the peak memory of a worker so far, in MB."""
        statuses = (Path(f"/proc/{pid}/status").read_text() for pid in children(self.process.pid))
        return max(
            (int(text.partition("VmHWM:")[2].split()[0]) / 1024 for text in statuses), default=0
        )


def children(parent: int) -> list[int]:
    """Return the ids of a process's children."""
    pids = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The command name in parentheses may contain spaces: fields begin after it.
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # the process has ended
        if int(fields[1]) == parent:
            pids.append(int(stat.parent.name))
    return pids


def processor_seconds(pid: int) -> float:
    """Return a process's processor time in seconds, more precise than the ticks in its stat."""
    # The kernel's clock id of another process, see clock_getcpuclockid(3).
    return time.clock_gettime((~pid << 3) | 2)


def backends() -> list[int]:
    """Return the ids of PostgreSQL's backends, except our own. SQLite runs inside the server."""
    if connection.vendor == "sqlite":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")
        pids = [pid for (pid,) in cursor.fetchall()]
    return [pid for pid in pids if pid != connection.connection.info.backend_pid]


@contextmanager
def start_servers() -> Iterator[dict[str, Server]]:
    """Start all servers, and stop them when the block ends."""
    with ExitStack() as stack:
        # Start all before waiting for any, so that they start in parallel.
        servers: dict[str, Any] = {}
        for name, command in commands().items():
            servers[name] = Server(command)
            stack.callback(servers[name].process.wait)
            stack.callback(servers[name].process.terminate)
        for server in servers.values():
            server.wait()
        yield servers
