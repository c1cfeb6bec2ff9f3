"""Leaving a page with unsaved input asks for confirmation."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests import factories as make
from tests.claims.admin.browser import in_browser, sign_in
from tests.claims.admin.pages import change_url, url

pytestmark = in_browser

Leave = Callable[[], bool]


@pytest.fixture
def leave(page: Page) -> Leave:
    """Go to the front page, and return the confirmation dialogs that the browser showed."""
    dialogs: list[str] = []

    def answer(dialog: Dialog) -> None:
        dialogs.append(dialog.type)
        dialog.accept()

    def go() -> bool:
        page.get_by_role("link", name="Home").click()
        expect(page).to_have_url(re.compile("/desk/$"))
        messages, dialogs[:] = dialogs[:], []
        return messages == ["beforeunload"]

    page.on("dialog", answer)
    return go


def typed(page: Page) -> None:
    page.get_by_label("Text:").first.fill("The ferry was early.")


def typed_and_taken_back(page: Page) -> None:
    field = page.get_by_label("Text:").first
    before = field.input_value()
    field.fill("The ferry was early.")
    field.fill(before)


def looked_up(page: Page) -> None:
    page.locator("#id_topics + .select2 .select2-selection").click()
    page.locator(".select2-results__option[role=option]").first.click()


def added_a_row(page: Page) -> None:
    page.locator("#statements-group .add-row a").click()


def picked_a_date(page: Page) -> None:
    page.locator("#statements-0").get_by_role("link", name="Today").click()


def only_looked(page: Page) -> None:
    page.get_by_label("Text:").first.click()


def test_leaving_a_changed_form_asks_for_confirmation(page: Page, leave: Leave) -> None:
    claim = make.StatementFactory().claim
    make.TopicFactory()
    sign_in(page, make.UserFactory(role="editor"))
    for what, asks in {
        only_looked: False,
        typed: True,
        typed_and_taken_back: False,
        looked_up: True,
        added_a_row: True,
        picked_a_date: True,
    }.items():
        page.goto(change_url(claim))
        what(page)
        assert leave() is asks, what.__name__


def test_saving_asks_nothing_and_a_rejected_form_counts_as_changed(
    page: Page, leave: Leave
) -> None:
    claim = make.ClaimFactory()
    sign_in(page, make.UserFactory(role="editor"))
    page.goto(change_url(claim))
    typed(page)
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert leave() is False

    page.goto(url(claim, "add"))
    page.get_by_label("Text:").first.fill("Half of it.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".errornote")).to_be_visible()
    assert leave() is True


def test_an_action_asks_before_it_discards_the_input(page: Page) -> None:
    version = make.submitted_version()
    sign_in(page, make.UserFactory(role="editor"))
    page.goto(change_url(version))
    page.get_by_role("button", name="Return to author").click()
    page.get_by_role("textbox").fill("Which ferry?")
    # Who is asked and stays has all of it still.
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("textbox")).to_have_value("Which ferry?")


def test_other_buttons_of_the_page_ask_too(page: Page) -> None:
    claim = make.ClaimFactory()
    sign_in(page, make.UserFactory(role="editor"))
    page.goto(change_url(claim))
    typed(page)
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_label("Text:").first).to_have_value("The ferry was early.")
    claim.refresh_from_db()
    assert claim.text != "The ferry was early."
