"""The public pages work in a real browser, with and without scripts."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories as make
from tests.claims.admin.browser import assert_accessible, in_browser
from tests.claims.exchange.claimreview.reviews import LINKED_DATA, publish_review
from tests.claims.site.pages import HOSTILE, import_review

pytestmark = in_browser


def test_pages_are_accessible_and_have_the_markup_of_the_api(page: Page, client: Any) -> None:
    review = publish_review(headline=HOSTILE, summary=HOSTILE)
    make.corrected_version(review.versions.get(), headline="Corrected")
    import_review()
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
    markup = client.get(f"/api/v1/reviews/{review.public_id}/", **LINKED_DATA).json()
    assert json.loads(str(script)) == markup
    assert page.evaluate("document.scripts.length") == 1


@pytest.mark.parametrize("scripts", [True, False])
def test_search_and_reading_work_with_and_without_scripts(page: Page, scripts: bool) -> None:  # noqa: FBT001
    browser = page.context.browser
    assert browser is not None
    origin = page.evaluate("location.href")
    review = publish_review(review__claim__text="Whales sing at night")
    publish_review()
    page.goto("/reviews/")
    origin = page.url
    # A context of its own: whether scripts run is an option of the context.
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
def test_a_card_with_long_texts_shows_its_link(page: Page, size: tuple[int, int]) -> None:
    long = "A claim of many words and more. " * 31
    review = publish_review(
        review__claim__text=long.strip(), summary=long, rating__label="False " * 30
    )
    retracted = make.retracted_version(review__claim__text=long).review
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for embedded in (review, retracted):
        embedded.refresh_from_db()
        page.goto(f"/reviews/{embedded.slug}/card/")
        link = page.get_by_role("link", name="Read the fact check").bounding_box()
        assert link is not None
        assert link["y"] >= 0
        assert link["y"] + link["height"] <= size[1]
        heights = "[document.documentElement.scrollHeight, innerHeight]"
        scrolled, height = page.evaluate(heights)
        assert scrolled <= height
    page.goto(f"/reviews/{review.slug}/card/")
    heading = page.locator("h1").bounding_box()
    assert heading is not None
    assert heading["height"] < size[1]


def test_the_text_of_a_version_opens_without_scripts(page: Page) -> None:
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
    first.get_by_text("Text of this version").click()
    expect(first.get_by_text("The first summary.")).to_be_visible()
    reader.context.close()


def test_the_page_for_404_is_accessible(page: Page) -> None:
    page.goto("/nothing/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
    assert_accessible(page)
