"""Long words do not widen a page, and right-to-left text is aligned."""

import pytest
from django.db.models import Model
from playwright.sync_api import Locator, Page

from claims.models import Claim
from tests import factories as make
from tests.claims.admin.browser import in_browser, sign_in, too_wide
from tests.claims.admin.pages import change_url, url

pytestmark = in_browser

ENDLESS = "Donaudampfschifffahrt" * 40
HEBREW = "המעבורת יצאה בזמן."  # 'The ferry left on time.'


def endless() -> list[Model]:
    publisher = make.PublisherFactory(name=ENDLESS[:200])
    document = make.DocumentFactory(
        title=ENDLESS[:500],
        publisher=publisher,
        byline=ENDLESS[:300],
        url="https://e.org/" + "a" * 900,
    )
    speaker = make.SpeakerFactory(name=ENDLESS[:200], description=ENDLESS[:500])
    claim = make.ClaimFactory(text=ENDLESS[:800])
    statement = make.StatementFactory(
        claim=claim, speaker=speaker, document=document, attributed_as=ENDLESS[:300]
    )
    version = make.submitted_version(review__claim=claim, headline=ENDLESS[:300], summary=ENDLESS)
    return [publisher, document, speaker, claim, statement, version]


@pytest.mark.parametrize("role", ["editor", "auditor"])
def test_a_long_word_makes_no_page_wider_than_the_window(page: Page, role: str) -> None:
    records = endless()
    sign_in(page, make.UserFactory(role=role))
    for record in records:
        for address in (
            url(record, "changelist"),
            change_url(record),
            url(record, "history", record.pk),
            *([url(record, "delete", record.pk)] if role == "editor" else []),
        ):
            answer = page.goto(address)
            assert answer is not None
            if answer.status == 200:
                assert too_wide(page) == [], address


def begins_on(element: Locator) -> str:
    """Return the side on which the text starts. The full stop at its end is on the other side."""
    return element.evaluate(
        """element => {
          const words = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
          let text = words.nextNode();
          for (let next; (next = words.nextNode()); ) {  // not a cross beside the words
            if (next.data.trim().length > text.data.trim().length) text = next;
          }
          const place = (at) => {
            const range = document.createRange();
            range.setStart(text, at); range.setEnd(text, at + 1);
            return range.getBoundingClientRect().left;
          };
          const start = text.data.search(/\\S/), stop = text.data.trimEnd().length - 1;
          return place(start) > place(stop) ? "right" : "left";
        }"""
    )


def test_right_to_left_text_reads_from_the_right_beside_english(page: Page) -> None:
    speaker = make.SpeakerFactory(name=HEBREW)
    claim = make.ClaimFactory(text=HEBREW)
    make.StatementFactory(claim=claim, speaker=speaker, exact=HEBREW)
    make.ClaimFactory(text="The ferry left on time.")
    sign_in(page, make.UserFactory(role="editor"))

    page.goto(url(Claim, "changelist"))
    rows = page.locator("#result_list .field-short_text")
    assert [begins_on(row) for row in rows.all()] == ["left", "right"]

    page.goto(change_url(claim))
    area = page.get_by_label("Text:").first
    assert area.evaluate("element => getComputedStyle(element).direction") == "rtl"
    assert begins_on(page.locator("#select2-id_statements-0-speaker-container")) == "right"
    area.fill("The ferry")
    assert area.evaluate("element => getComputedStyle(element).direction") == "ltr"
    page.goto(url(claim, "history", claim.pk))
    cell = page.get_by_role("cell").filter(has_text=HEBREW).first
    assert begins_on(cell) == "right"

    page.on("dialog", lambda dialog: dialog.accept())
    sign_in(page, make.UserFactory(role="auditor"))
    page.goto(change_url(claim))
    assert begins_on(page.locator(".field-text .readonly").first) == "right"
