"""``python -m tests.fuzz``: schemathesis against a desk of its own, in as many cases as wished.

The desk has a temporary SQLite database with the demo's accounts and seeds and a few imported
reviews, and serves by gunicorn. It is asked as anyone and as an editor, in turn, until
``FUZZ_CASES`` were tried.
"""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

from tests.claims.exchange.claimreview.corpus import plain

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
_TOKEN = (
    "from claimsapi.core.models import User; from knox.models import AuthToken; "
    "print(AuthToken.objects.create(user=User.objects.get(username='editor'))[1])"
)


def schemathesis(
    url: str, authorization: str, *options: str, report: Path
) -> "subprocess.CompletedProcess[str]":
    """Run all its checks against the desk at ``url``; ``report`` is written as JSON."""
    command = [str(BIN / "schemathesis"), "--config-file", "tests/api/schemathesis.toml", "run"]
    # The committed document is the one that the desk serves: a test compares them. Timeouts are
    # long, since a slow answer on a busy machine is no failure.
    command += ["docs/openapi.yaml", f"--url={url}", "--request-timeout=120"]
    command += ["--no-color", "--checks=all", "--mode=all", *options]
    command += ["--report=json", f"--report-json-path={report}"]
    if authorization:
        # That would sign it out, and nothing after it would be tried as who it is.
        command += ["--exclude-path", "/api/v1/tokens/current/"]
        command += ["--header", f"Authorization: {authorization}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_PROXY": "localhost,127.0.0.1"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def cases(report: Path) -> int:
    """How many cases a report counts."""
    return int(json.loads(report.read_text())["test_cases"]["generated"])


def main() -> int:
    wanted, tried, seed = int(os.environ.get("FUZZ_CASES", "20000")), 0, 0
    with TemporaryDirectory(prefix="claimsapi-fuzz-") as folder:
        place = Path(folder)
        environment = {
            **os.environ,
            "DEBUG": "1",
            "DATABASE_URL": f"sqlite:///{place / 'desk.sqlite3'}",
            "LEDGER_KEY": str(place / "ledger_key.pem"),
        }
        editor = f"Token {_prepared(environment)}"
        address, log = f"127.0.0.1:{_free_port()}", place / "server.log"
        command = [str(BIN / "gunicorn"), "claimsapi.wsgi", "--bind", address, "--threads", "4"]
        with log.open("wb") as written:
            server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=written)
        try:
            _wait_for(f"http://{address}/health/")
            while tried < wanted:
                seed += 1
                for who, authorization in (("anyone", ""), ("an editor", editor)):
                    report = place / "report.json"
                    options = (f"--seed={seed}", "--max-examples=5")
                    done = schemathesis(f"http://{address}", authorization, *options, report=report)
                    tried += cases(report)
                    sys.stderr.write(f"{tried} cases, the last as {who}\n")
                    if done.returncode:
                        sys.stdout.write(f"{done.stdout}{done.stderr}{log.read_text()[-20_000:]}")
                        return 1
        finally:
            server.terminate()
            server.wait()
    sys.stdout.write(f"{tried} cases, no failure\n")
    return 0


def _prepared(environment: dict[str, str]) -> str:
    """Make the desk; return a token of its editor."""
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "demo", "--prepare-only"], cwd=ROOT, env=environment, check=True)
    feed = [plain(url=f"https://checker.example/{n}", claimReviewed=f"Case {n}") for n in range(9)]
    bring_in = [*manage, "import_claimreview", "-"]
    given = json.dumps(feed).encode()
    subprocess.run(bring_in, cwd=ROOT, env=environment, check=True, input=given)
    made = subprocess.run(
        [*manage, "shell", "-v", "0", "-c", _TOKEN],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return made.stdout.split()[-1]


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str) -> None:
    for _ in range(120):
        try:
            with urlopen(url, timeout=5):  # noqa: S310  the desk on this machine
                return
        except (URLError, ConnectionError):
            time.sleep(0.5)
    raise TimeoutError(f"{url} does not answer")


if __name__ == "__main__":
    sys.exit(main())
