"""A file is imported in Chromium, with and without scripts."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from claims.models import Review
from tests import factories as make
from tests.claims.admin.browser import TIMEOUT, assert_accessible, in_browser, sign_in
from tests.claims.exchange.claimreview.corpus import plain

pytestmark = in_browser

LONG = f"https://checker.example/{'a' * 200}"


def choose(page: Page, found: list[Any]) -> None:
    content = json.dumps(found).encode()
    page.get_by_label("File with ClaimReview markup").set_input_files(
        {"name": "feed.json", "mimeType": "application/json", "buffer": content}
    )


@pytest.mark.parametrize("scripts", [True, False])
def test_a_file_is_previewed_and_imported(page: Page, scripts: bool, tmp_path: Path) -> None:  # noqa: FBT001
    sign_in(page, make.UserFactory(role="editor"))
    if not scripts:
        browser = page.context.browser
        assert browser is not None
        state: Any = page.context.storage_state()
        address = page.url
        context = browser.new_context(
            java_script_enabled=False, storage_state=state, base_url=address
        )
        context.set_default_timeout(TIMEOUT)
        page = context.new_page()
    reviews = [plain(), plain(url=LONG), 7]
    page.goto("/desk/claims/review/")
    page.get_by_role("link", name="Import reviews").click()
    expect(page.get_by_role("heading", name="Preview a file")).to_be_visible()
    choose(page, reviews)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="Preview: nothing was imported")).to_be_visible()
    if scripts:
        assert_accessible(page)
    with page.expect_download() as started:
        page.get_by_role("link", name="Download as CSV").click()
    started.value.save_as(tmp_path / "report.csv")
    assert started.value.suggested_filename == "report.csv"
    assert len((tmp_path / "report.csv").read_text().splitlines()) == 4
    choose(page, reviews)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="Imported", exact=True)).to_be_visible()
    if scripts:
        assert_accessible(page, schemes=("light",))
    page.get_by_role("link", name=LONG).click()
    number = Review.objects.get(identifier=LONG).pk
    expect(page).to_have_url(re.compile(rf"/claims/review/{number}/change/$"))
    if not scripts:
        page.context.close()
