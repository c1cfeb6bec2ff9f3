"""A real browser on a real server: what tests that click have in common.

A module of such tests says ``pytestmark = in_browser`` and asks for ``page``.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    WebError,
    expect,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

from claimsapi.core.models import User
from tests.one_database import once

CHROMIUM: Final = Path("/usr/bin/chromium")
NARROW, WIDE = 360, 1280
PASSWORD: Final = "a long pass phrase"
expect.set_options(timeout=60_000)  # a busy machine is no fault of the desk

# Windows that axe is looking at: it tries styles of its own, which the policy rightly refuses.
_looked_at: Final[set[Page]] = set()
_AXE: Final = Axe().axe_script
# The elements that reach beyond the window, if the page has to be scrolled sideways for them.
_BEYOND: Final = """async () => {
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  return document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("body *")]
    .filter(element => element.getBoundingClientRect().right > innerWidth)
    .map(element => element.outerHTML.slice(0, 100))
    .slice(0, 5);
}"""

in_browser: Final = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not on this machine."),
    once,
]


@pytest.fixture
def page(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """An empty window. No page of it may ask another host or be refused anything by its policy."""
    # The browser's loop makes Django take this thread for an asynchronous one.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        context = browser.new_context(
            base_url=live_server.url, locale="en-GB", reduced_motion="reduce"
        )
        faults = _faults_of(context, live_server.url)
        yield context.new_page()
        browser.close()
        # While the browser's loop runs, Django keeps a connection of its own for this thread.
        connections.close_all()
    assert not faults, "\n".join(faults)


def _faults_of(context: BrowserContext, own: str) -> list[str]:
    """Collect what no page may do: ask another host, break its own policy, fail in a script."""
    faults: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith((own, "data:", "blob:")):
            faults.append(f"asked for {request.url}")

    def said(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text and message.page not in _looked_at:
            faults.append(f"{message.page and message.page.url}: {message.text}")

    def failed(fault: WebError) -> None:
        faults.append(f"{fault.page and fault.page.url}: {fault.error}")

    context.on("request", asked)
    context.on("console", said)
    context.on("weberror", failed)
    return faults


def sign_in(page: Page, user: User) -> None:
    """Sign in by the desk's own form, in place of whoever was signed in."""
    user.set_password(PASSWORD)
    user.save()
    page.context.clear_cookies()
    page.goto("/desk/login/")
    page.get_by_label("Login").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Welcome,")).to_be_visible()


def assert_accessible(page: Page, *, schemes: Sequence[str] = ("light", "dark")) -> None:
    """Axe finds nothing on the page, in light and in dark, and no window is too narrow for it.

    Leaves the window wide and light, as it was.
    """
    _looked_at.add(page)
    page.evaluate(_AXE)
    found = _violations(page, {})
    if "dark" in schemes:  # where nothing but the colours is another
        page.emulate_media(color_scheme="dark")
        found += _violations(page, {"runOnly": ["color-contrast"]})
        page.emulate_media(color_scheme="light")
    _looked_at.remove(page)
    found += too_wide(page)
    assert not found, f"{page.url}\n" + "\n".join(found)


def too_wide(page: Page) -> list[str]:
    """What reaches beyond a narrow or a wide window, if the page has to be scrolled sideways."""
    found = []
    for width in (NARROW, WIDE):
        page.set_viewport_size({"width": width, "height": 800})
        if beyond := page.evaluate(_BEYOND):
            found.append(f"wider than {width}: {beyond}")
    return found


def _violations(page: Page, options: dict[str, Any]) -> list[str]:
    """What axe finds on the page as it stands: the rule, and the elements that break it."""
    # None of the rules that are on by default asks for the style sheets' sources.
    options |= {"resultTypes": ["violations"], "preload": False}
    broken = page.evaluate("options => axe.run(options)", options)["violations"]
    return [
        f"{rule['id']}: {rule['help']}\n"
        + "\n".join(f"    {node['target']} {node['html'][:300]}" for node in rule["nodes"])
        for rule in broken
    ]
