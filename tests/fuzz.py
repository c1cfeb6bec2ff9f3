"""``python -m tests.fuzz``: runs ``FUZZ_CASES`` cases of schemathesis against a temporary server.

The server is gunicorn on a temporary SQLite database with the demo's accounts and seeds and a few
imported reviews. The requests alternate between an anonymous client and an editor.
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


def run_schemathesis(
    url: str, authorization: str, *options: str, report: Path
) -> "subprocess.CompletedProcess[str]":
    """Run all checks of schemathesis against a server, and write its report as JSON."""
    command = [str(BIN / "schemathesis"), "--config-file", "tests/api/schemathesis.toml", "run"]
    # The server serves the committed document: a test compares them. The timeout is long, since a
    # slow response on a busy machine is no failure.
    command += ["docs/openapi.yaml", f"--url={url}", "--request-timeout=120"]
    command += ["--no-color", "--checks=all", "--mode=all", *options]
    command += ["--report=json", f"--report-json-path={report}"]
    if authorization:
        # This endpoint deletes the token, so that all later requests would be anonymous.
        command += ["--exclude-path", "/api/v1/tokens/current/"]
        command += ["--header", f"Authorization: {authorization}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_PROXY": "localhost,127.0.0.1"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def count_cases(report: Path) -> int:
    """Return the number of cases in a report."""
    return int(json.loads(report.read_text())["test_cases"]["generated"])


def main() -> int:
    limit, tried, seed = int(os.environ.get("FUZZ_CASES", "20000")), 0, 0
    with TemporaryDirectory(prefix="claimsapi-fuzz-") as folder:
        directory = Path(folder)
        environment = {
            **os.environ,
            "DEBUG": "1",
            "DATABASE_URL": f"sqlite:///{directory / 'desk.sqlite3'}",
            "LEDGER_KEY": str(directory / "ledger_key.pem"),
        }
        editor = f"Token {_prepare_server(environment)}"
        address, log = f"127.0.0.1:{_free_port()}", directory / "server.log"
        command = [str(BIN / "gunicorn"), "claimsapi.wsgi", "--bind", address, "--threads", "4"]
        with log.open("wb") as stderr:
            server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=stderr)
        try:
            _wait_for(f"http://{address}/health/")
            while tried < limit:
                seed += 1
                for caller, authorization in (("anonymous", ""), ("an editor", editor)):
                    report = directory / "report.json"
                    options = (f"--seed={seed}", "--max-examples=5")
                    process = run_schemathesis(
                        f"http://{address}", authorization, *options, report=report
                    )
                    tried += count_cases(report)
                    sys.stderr.write(f"{tried} cases, the last as {caller}\n")
                    if process.returncode:
                        sys.stdout.write(
                            f"{process.stdout}{process.stderr}{log.read_text()[-20_000:]}"
                        )
                        return 1
        finally:
            server.terminate()
            server.wait()
    sys.stdout.write(f"{tried} cases, no failure\n")
    return 0


def _prepare_server(environment: dict[str, str]) -> str:
    """Fill the database, and return an API token of the editor."""
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "demo", "--prepare-only"], cwd=ROOT, env=environment, check=True)
    feed = [plain(url=f"https://checker.example/{n}", claimReviewed=f"Case {n}") for n in range(9)]
    command = [*manage, "import_claimreview", "-"]
    content = json.dumps(feed).encode()
    subprocess.run(command, cwd=ROOT, env=environment, check=True, input=content)
    process = subprocess.run(
        [*manage, "shell", "-v", "0", "-c", _TOKEN],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return process.stdout.split()[-1]


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str) -> None:
    for _ in range(120):
        try:
            with urlopen(url, timeout=5):  # noqa: S310  a server on this machine
                return
        except (URLError, ConnectionError):
            time.sleep(0.5)
    raise TimeoutError(f"{url} does not answer")


if __name__ == "__main__":
    sys.exit(main())
