"""Take the picture of the desk that the README shows, from the running product.

Prepares the demo in a temporary database, serves it on a loopback port and drives a real Chromium.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
ADDRESS = "127.0.0.1:8765"
CHROMIUM = "/usr/bin/chromium"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DEBUG": "1",
            "DATABASE_URL": f"sqlite:///{folder}/desk.sqlite3",
        }
        server = subprocess.Popen(
            [sys.executable, "manage.py", "demo", ADDRESS],
            cwd=HERE.parent,
            env=environment,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        try:
            take(password_of("editor", server), HERE / "desk.png")
        finally:
            server.terminate()


def password_of(role: str, server: "subprocess.Popen[str]") -> str:
    """Read the password that the demo prints once, and wait until it serves."""
    lines = []
    for line in server.stderr or ():
        lines.append(line)
        if match := re.match(rf"\s+{role}\s+(\S+)", line):
            password = match[1]
        if line.startswith("  administrator"):
            break
    else:
        raise SystemExit("".join(lines))
    for _ in range(50):
        try:
            urllib.request.urlopen(f"http://{ADDRESS}/health/")
        except OSError:
            time.sleep(0.2)
        else:
            return password
    raise SystemExit("The demo does not answer.")


def take(password: str, target: Path) -> None:
    """Sign in, open a claim, and keep what the window shows."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(f"http://{ADDRESS}/desk/claims/claim/")
        page.fill("#id_username", "editor")
        page.fill("#id_password", password)
        page.click("input[type=submit]")
        page.wait_for_selector("#result_list")
        page.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    main()
