"""The public pages in a real browser, also one that runs no script."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories as make
from tests.claims.admin.browser import assert_accessible, in_browser
from tests.claims.exchange.claimreview.reviews import LINKED_DATA, publish_review
from tests.claims.site.test_pages import HOSTILE, imported

pytestmark = in_browser


def test_the_pages_are_accessible_and_their_markup_is_the_apis(page: Page, client: Any) -> None:
    review = publish_review(headline=HOSTILE, summary=HOSTILE)
    make.corrected_version(review.versions.get(), headline="Corrected")
    imported()
    retracted = make.retracted_version().review
    review.refresh_from_db()
    speaker = review.claim.statements.first().speaker
    for path in (
        "/",
        "/reviews/?q=ferry",
        f"/reviews/{review.slug}/",
        f"/reviews/{review.slug}/card/",
        f"/reviews/{type(review).objects.get(pk=retracted.pk).slug}/",
        f"/speakers/{speaker.slug}/",
        "/topics/ports/",
    ):
        page.goto(path)
        assert_accessible(page)
    page.goto(f"/reviews/{review.slug}/")
    script = page.locator('script[type="application/ld+json"]').text_content()
    given = client.get(f"/api/v1/reviews/{review.public_id}/", **LINKED_DATA).json()
    assert json.loads(str(script)) == given
    assert page.evaluate("document.scripts.length") == 1


@pytest.mark.parametrize("scripts", [True, False])
def test_a_reader_searches_and_reads_with_and_without_scripts(page: Page, scripts: bool) -> None:  # noqa: FBT001
    browser = page.context.browser
    assert browser is not None
    origin = page.evaluate("location.href")
    review = publish_review(review__claim__text="Whales sing at night")
    publish_review()
    page.goto("/reviews/")
    origin = page.url
    reader = browser.new_context(java_script_enabled=scripts).new_page()
    reader.goto(origin)
    reader.get_by_label("Search the fact checks").fill("whale")
    reader.get_by_role("button", name="Search").click()
    reader.get_by_role("link", name="Whales sing at night").click()
    expect(reader.get_by_role("heading", level=1)).to_contain_text("Whales sing at night")
    rating = review.versions.get().rating.label
    expect(reader.locator(".rating")).to_have_text(rating)
    reader.get_by_role("link", name="Ports, and ferries").click()
    expect(reader.get_by_role("listitem").filter(has_text="Whales")).to_be_visible()
    reader.context.close()


@pytest.mark.parametrize("size", [(600, 320), (320, 180), (220, 120)])
def test_a_card_shows_its_link_however_long_its_texts_are(
    page: Page, size: tuple[int, int]
) -> None:
    long = "A claim of many words and more. " * 31
    review = publish_review(
        review__claim__text=long.strip(), summary=long, rating__label="False " * 30
    )
    retracted = make.retracted_version(review__claim__text=long).review
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for one in (review, retracted):
        one.refresh_from_db()
        page.goto(f"/reviews/{one.slug}/card/")
        link = page.get_by_role("link", name="Read the fact check").bounding_box()
        assert link is not None
        assert link["y"] >= 0
        assert link["y"] + link["height"] <= size[1]
        whole = "[document.documentElement.scrollHeight, innerHeight]"
        scrolled, height = page.evaluate(whole)
        assert scrolled <= height
    page.goto(f"/reviews/{review.slug}/card/")
    heading = page.locator("h1").bounding_box()
    assert heading is not None
    assert heading["height"] < size[1]


def test_what_a_version_said_opens_without_scripts(page: Page) -> None:
    browser = page.context.browser
    assert browser is not None
    review = publish_review(summary="The first summary.")
    make.corrected_version(review.versions.get(), summary="The second summary.")
    review.refresh_from_db()
    page.goto(f"/reviews/{review.slug}/")
    reader = browser.new_context(java_script_enabled=False).new_page()
    reader.goto(page.url)
    first = reader.locator(".versions li").last
    expect(first.get_by_text("The first summary.")).to_be_hidden()
    first.get_by_text("What it said").click()
    expect(first.get_by_text("The first summary.")).to_be_visible()
    reader.context.close()


def test_the_page_of_what_there_is_not_is_accessible(page: Page) -> None:
    page.goto("/nothing/")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")
    assert_accessible(page)
