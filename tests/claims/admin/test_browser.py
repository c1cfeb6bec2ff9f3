"""The desk in Chromium: forms, buttons, history and widgets."""

import re

from playwright.sync_api import Page, expect

from claims import workflow
from claims.models import ReviewVersion
from tests import factories as make
from tests.claims.admin.browser import in_browser, sign_in

pytestmark = in_browser


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
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("button", name="Retract")).to_be_visible()
    version.refresh_from_db()
    assert (version.state, version.editor) == ("published", editor)


def test_a_conflict_of_two_authors_loses_no_input(page: Page) -> None:
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
    page.get_by_label("State at").last.fill("2001-01-01T00:00:00")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("The record did not exist at that time.")).to_be_visible()


def test_the_api_documentation_renders(page: Page) -> None:
    page.goto("/api/docs/")
    expect(page.get_by_role("link", name="claims", exact=True)).to_be_visible()
    page.get_by_role("link", name="claims", exact=True).click()
    page.locator(".opblock-summary").first.click()
    expect(page.get_by_role("button", name="Try it out").first).to_be_visible()


def test_the_widgets_of_the_stock_admin_work_under_the_policy(page: Page) -> None:
    make.PublisherFactory(name="The Harbour Gazette")
    sign_in(page, make.UserFactory(role="editor"))
    page.goto("/desk/sources/document/add/")
    page.get_by_label("Title:").fill("Forty ferries left on time")
    page.locator(".field-publisher .select2-selection").click()
    page.locator(".select2-search__field").fill("harbour")
    page.get_by_role("option", name="The Harbour Gazette").click()
    page.locator(".field-published_on").get_by_role("link", name="Today").click()
    day = page.get_by_label("Published:").input_value()
    page.locator(".field-published_on .date-icon").click()
    page.locator(".calendarbox .calendarlink-previous, .calendarnav-previous").first.click()
    page.locator(".calendar td a").first.click()
    assert page.get_by_label("Published:").input_value() not in {"", day}
    page.locator("[name=published_precision]").select_option("day")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()

    page.goto("/desk/sources/speaker/add/")
    page.get_by_label("Name:").first.press_sequentially("Ada Quay")
    expect(page.get_by_label("Slug:")).to_have_value("ada-quay")
    page.locator("#affiliations-group .add-row a").click()
    expect(page.locator("#affiliations-0")).to_be_visible()
