"""The desk in a real browser: what people click, on a real server."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections
from playwright.sync_api import Page, Route, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from claims import workflow
from claims.models import ReviewVersion
from claimsapi.core.models import User
from tests import factories as make

CHROMIUM = Path("/usr/bin/chromium")
PASSWORD = "a long pass phrase"
expect.set_options(timeout=60_000)  # a busy machine is no fault of the desk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not on this machine."),
]


@pytest.fixture
def page(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """An empty window that reaches nothing but the test's own server."""
    # The browser's loop makes Django take this thread for an asynchronous one.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        window = browser.new_page(base_url=live_server.url)
        outside: list[str] = []
        window.on(
            "request",
            lambda request: (
                None if request.url.startswith(live_server.url) else outside.append(request.url)
            ),
        )
        yield window
        browser.close()
        # While the browser's loop runs, Django keeps a connection of its own for this thread.
        connections.close_all()
    assert outside == []


def sign_in(page: Page, user: User) -> None:
    user.set_password(PASSWORD)
    user.save()
    page.context.clear_cookies()
    page.goto("/desk/login/")
    page.get_by_label("Login").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Welcome,")).to_be_visible()


def strictly(route: Route) -> None:
    """Answer with a policy that lets a page load nothing but files of its own host."""
    answer = route.fetch()
    headers = answer.headers | {"content-security-policy": "default-src 'self'"}
    route.fulfill(response=answer, headers=headers)


def test_a_review_is_returned_submitted_again_and_published_by_buttons(page: Page) -> None:
    version = make.submitted_version()
    url = f"/desk/claims/reviewversion/{version.pk}/change/"
    editor, author = make.UserFactory(role="editor"), version.author

    sign_in(page, editor)
    page.goto(url)
    page.get_by_role("button", name="Return to author").click()
    page.get_by_role("textbox").fill("Which ferry?")
    page.get_by_role("button", name=re.compile("Return")).click()
    expect(page.get_by_text("Which ferry?").first).to_be_visible()

    sign_in(page, author)
    page.goto(url)
    expect(page.get_by_role("button", name="Publish")).to_have_count(0)
    page.get_by_role("button", name="Submit").click()

    sign_in(page, editor)
    page.goto(url)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("button", name="Retract")).to_be_visible()
    version.refresh_from_db()
    assert (version.state, version.editor) == ("published", editor)


def test_what_two_people_typed_at_once_is_not_lost(page: Page) -> None:
    version: ReviewVersion = make.ReviewVersionFactory()
    make.EvidenceFactory(version=version)
    sign_in(page, make.UserFactory(role="researcher"))
    page.goto(f"/desk/claims/reviewversion/{version.pk}/change/")
    page.get_by_label("Headline").fill("Typed by the second person")
    make.move(version, workflow.SUBMIT, version.author)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".errornote").first).to_be_visible()
    expect(page.get_by_label("Headline")).to_have_value("Typed by the second person")
    version.refresh_from_db()
    assert version.headline != "Typed by the second person"


def test_the_history_of_a_claim_shows_an_edit_and_the_claim_as_it_was(page: Page) -> None:
    words = "The harbour's log says that thirty-nine of forty ferries left on time that morning."
    claim = make.ClaimFactory(text=words)
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Policy" in said.text else None)
    page.route("**/history/**", strictly)
    researcher = make.UserFactory(role="researcher")
    sign_in(page, researcher)
    page.goto(f"/desk/claims/claim/{claim.pk}/change/")
    page.get_by_label("Text:").first.fill(words.replace("morning", "evening"))
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_role("link", name="History").click()

    newest = page.get_by_role("article", name="Changed")
    expect(newest.locator("del")).to_have_text("morning")
    expect(newest.locator("ins")).to_have_text("evening")
    expect(newest.get_by_text(f"@{researcher.handle}")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(2)

    page.get_by_role("article", name="Created").locator("a:has(time)").click()
    expect(page.get_by_role("cell", name=words)).to_be_visible()
    page.get_by_label("As it was at").last.fill("2001-01-01T00:00:00")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("There was no such record at that time.")).to_be_visible()
    assert refused == []


def test_the_documentation_of_the_api_shows_itself(page: Page) -> None:
    page.goto("/api/docs/")
    expect(page.get_by_role("link", name="claims", exact=True)).to_be_visible()
