"""Take the screenshots of the desk for the guides.

Runs the demo with a temporary database on a loopback port, and opens its pages in Chromium.
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
            take_screenshots(read_password("editor", server))
        finally:
            server.terminate()


def read_password(role: str, server: "subprocess.Popen[str]") -> str:
    """Read the password of a role from the demo's output, and wait until the demo responds."""
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
    raise SystemExit(f"The demo does not respond at http://{ADDRESS}/health/.")


def take_screenshots(password: str) -> None:
    """Sign in, open each page and save a screenshot of its window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        size = {"width": 1280, "height": 860}
        page = browser.new_page(viewport=size, base_url=f"http://{ADDRESS}", locale="en-GB")  # type: ignore[arg-type]
        page.goto("/desk/?queue=open&q=ferries")
        page.fill("#id_username", "editor")
        page.fill("#id_password", password)
        page.click("input[type=submit]")
        page.wait_for_selector(".desk-cases")
        page.screenshot(path=HERE / "queue.png")
        page.goto("/desk/claims/claim/?status__exact=reviewed")
        claim = page.locator("#result_list tbody th a").first.get_attribute("href") or ""
        page.goto(claim.replace("change/", "case/"))
        page.wait_for_selector(".desk-grid")
        page.screenshot(path=HERE / "case.png")
        page.goto("/desk/statistics/")
        page.screenshot(path=HERE / "statistics.png")
        browser.close()


if __name__ == "__main__":
    main()
