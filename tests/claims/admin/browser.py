"""Helpers for tests in Chromium against a live server.

A test module sets ``pytestmark = in_browser`` and uses the fixture ``page``.
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
# Milliseconds. Every wait ends when its condition is true, so a long timeout costs nothing unless
# a test fails, and a busy machine does not make a test fail.
TIMEOUT: Final = 60_000
expect.set_options(timeout=TIMEOUT)

# Pages that axe checks at the moment. It injects styles, which the content security policy blocks.
_axe_pages: Final[set[Page]] = set()
_AXE: Final = Axe().axe_script
# Returns the elements that exceed the window if the page scrolls horizontally.
_OVERFLOWING: Final = """async () => {
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
    """An empty page. The test fails if it loads files of another host or violates its policy."""
    # Playwright runs an event loop in this thread, so Django takes the thread for asynchronous.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        context = browser.new_context(
            base_url=live_server.url, locale="en-GB", reduced_motion="reduce"
        )
        context.set_default_timeout(TIMEOUT)
        errors = _collect_errors(context, live_server.url)
        yield context.new_page()
        browser.close()
        # While the event loop runs, Django keeps a separate connection for this thread.
        connections.close_all()
    assert not errors, "\n".join(errors)


def _collect_errors(context: BrowserContext, own: str) -> list[str]:
    """Collect requests to other hosts, violations of the policy and errors in scripts."""
    errors: list[str] = []

    def record_request(request: Request) -> None:
        if not request.url.startswith((own, "data:", "blob:")):
            errors.append(f"requested {request.url}")

    def record_message(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text and message.page not in _axe_pages:
            errors.append(f"{message.page and message.page.url}: {message.text}")

    def record_error(error: WebError) -> None:
        errors.append(f"{error.page and error.page.url}: {error.error}")

    context.on("request", record_request)
    context.on("console", record_message)
    context.on("weberror", record_error)
    return errors


def sign_in(page: Page, user: User) -> None:
    """Sign in with the login form of the desk. A previous session ends."""
    user.set_password(PASSWORD)
    user.save()
    page.context.clear_cookies()
    page.goto("/desk/login/")
    page.get_by_label("Login").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Welcome,")).to_be_visible()


def assert_accessible(page: Page, *, schemes: Sequence[str] = ("light", "dark")) -> None:
    """Assert that axe finds no violation, in light and dark, and that the page fits its window.

    The page is wide and light afterwards.
    """
    _axe_pages.add(page)
    page.evaluate(_AXE)
    errors = _violations(page, {})
    if "dark" in schemes:  # only the colors differ
        page.emulate_media(color_scheme="dark")
        errors += _violations(page, {"runOnly": ["color-contrast"]})
        page.emulate_media(color_scheme="light")
    _axe_pages.remove(page)
    errors += too_wide(page)
    assert not errors, f"{page.url}\n" + "\n".join(errors)


def too_wide(page: Page) -> list[str]:
    """Return an error for each window width at which the page scrolls horizontally."""
    errors = []
    for width in (NARROW, WIDE):
        page.set_viewport_size({"width": width, "height": 800})
        if elements := page.evaluate(_OVERFLOWING):
            errors.append(f"wider than {width}: {elements}")
    return errors


def _violations(page: Page, options: dict[str, Any]) -> list[str]:
    """Return the violations that axe finds on the page: the rule and its elements."""
    # No default rule needs the sources of the stylesheets, so axe need not load them.
    options |= {"resultTypes": ["violations"], "preload": False}
    violations = page.evaluate("options => axe.run(options)", options)["violations"]
    return [
        f"{rule['id']}: {rule['help']}\n"
        + "\n".join(f"    {node['target']} {node['html'][:300]}" for node in rule["nodes"])
        for rule in violations
    ]
