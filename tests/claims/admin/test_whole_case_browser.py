"""A whole case in Chromium: from a document to a verdict that is corrected."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import Locator, Page, expect

from claims import workflow
from claims.models import Claim, ReviewVersion, Statement
from sources.models import Document
from tests import factories as make
from tests.claims.admin.browser import assert_accessible, in_browser, sign_in
from tests.claims.admin.input_methods import InputMethod, Keyboard, Mouse
from tests.claims.admin.pages import change_url

pytestmark = in_browser

TEXT = """An invented article about ferries

“Thirty-nine of forty ferries left on time 🛳,” said Ada Quill, the harbour's spokeswoman.
Passengers remember it otherwise.
"""
WORDS = "Thirty-nine of forty ferries left on time 🛳"


def ingested(folder: Path) -> Document:
    file = folder / "article.txt"
    file.write_text(TEXT)
    call_command("ingest", str(file), "--published", "2026-03-12", stdout=StringIO())
    return Document.objects.get()


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def claim_with_a_statement(
    page: Page, hands: InputMethod, document: Document, *, select: bool
) -> Claim:
    """Create a claim from a document, and a statement from its words."""
    page.goto(change_url(document))
    hands.press(page.get_by_role("link", name="Create a claim from it"))
    hands.write(page.locator("#id_text"), "Forty ferries left on time.")
    hands.choose(page.locator("#id_kind"), "Statistic")
    hands.press(button(page, "Save"))
    expect(page.get_by_role("heading", name="Forty ferries left on time.")).to_be_visible()
    claim = Claim.objects.get()

    text = page.get_by_role("region", name="Text of the source")
    expect(text).to_contain_text("Passengers remember it otherwise.")
    if select:
        page.evaluate(
            """words => {
              const part = [...document.querySelectorAll("#text [data-start]")]
                .find(part => part.textContent.includes(words));
              const at = part.textContent.indexOf(words);
              getSelection().setBaseAndExtent(
                part.firstChild, at, part.firstChild, at + words.length);
            }""",
            WORDS,
        )
        expect(page.locator("#words")).to_have_value(WORDS)
    else:
        hands.write(page.locator("#words"), WORDS.replace(" of ", "  of\n"))
    hands.press(button(page, "Create a statement from these words"))
    expect(page.locator("#id_exact")).to_have_value(WORDS)
    hands.choose(page.locator("#id_quotation"), "Direct")
    hands.look_up(page.locator("#id_speaker + .select2 .select2-selection"), "Ada Quill")
    hands.press(button(page, "Save"))
    expect(page.get_by_role("heading", name="Ada Quill")).to_be_visible()
    statement = Statement.objects.get(exact=WORDS)
    assert (statement.claim, statement.start, statement.end) == (
        claim,
        TEXT.index(WORDS),
        36 + len(WORDS),
    )
    assert str(statement.stated_date) == "2026-03-12"
    return claim


def reviewed_and_submitted(page: Page, hands: InputMethod, document: Document) -> None:
    """Open a review on the case, write its draft with evidence, and submit it."""
    hands.press(page.get_by_role("link", name="Open a review"))
    hands.look_up(page.locator("#id_publisher + .select2 .select2-selection"), "Harbour Post")
    hands.press(button(page, "Save"))
    hands.choose(page.locator("#id_rating"), "Wrong")
    hands.write(page.locator("#id_headline"), "Fewer did")
    hands.write(page.locator("#id_summary"), "The log has thirty-nine.")
    hands.press(page.get_by_text("Add another Evidence"))
    hands.choose(page.locator("#id_evidence-0-stance"), "Refutes")
    hands.look_up(
        page.locator("#id_evidence-0-document + .select2 .select2-selection"), document.title
    )
    hands.press(button(page, "Save"))
    expect(page.get_by_text("No evidence is a primary source")).to_be_visible()
    hands.press(button(page, "Submit"))
    expect(page.get_by_text("Submit: done.")).to_be_visible()


def published(page: Page, hands: InputMethod, claim: Claim) -> None:
    """Open the claim from the queue of submitted reviews, read the checks, and publish."""
    page.goto("/desk/")
    expect(page.get_by_role("heading", name="For a second pair of eyes")).to_be_visible()
    hands.press(page.get_by_role("link", name=claim.text, exact=True))
    hands.press(button(page, "Publish…"))
    expect(page.get_by_role("heading", name="Publication checks")).to_be_visible()
    hands.press(button(page, "Publish"))
    expect(page.get_by_text("Publish: done.")).to_be_visible()


def corrected(page: Page, hands: InputMethod, claim: Claim) -> None:
    """Prepare and submit a second version of a published review."""
    page.goto(f"/desk/claims/claim/{claim.pk}/case/")
    hands.press(button(page, "Prepare next version…"))
    hands.choose(page.get_by_label("Kind of correction"), "Correction")
    hands.write(page.get_by_label("Public note"), "The log was of another year.")
    hands.press(button(page, "Prepare next version"))
    hands.choose(page.locator("#id_rating"), "Right")
    hands.press(button(page, "Save"))
    expect(page.get_by_text("Wrong → Right").first).to_be_visible()
    hands.press(button(page, "Submit"))
    expect(page.get_by_text("Submit: done.")).to_be_visible()


@pytest.mark.parametrize("way", [Mouse, Keyboard])
def test_a_document_becomes_a_verdict_that_two_people_correct(
    page: Page, tmp_path: Path, way: type[Mouse] | type[Keyboard]
) -> None:
    hands: InputMethod = way(page)
    document = ingested(tmp_path)
    make.SpeakerFactory(name="Ada Quill")
    publisher = make.PublisherFactory(name="Harbour Post")
    scale = make.RatingScaleFactory(publisher=publisher)
    make.RatingFactory(scale=scale, label="Right", verdict="true")
    make.RatingFactory(scale=scale, label="Wrong", verdict="false")
    researcher = make.UserFactory(role="researcher")
    editor = make.UserFactory(role="editor")
    public = "/api/v1/claims/?fields=reviews"

    sign_in(page, researcher)
    claim = claim_with_a_statement(page, hands, document, select=way is Mouse)
    reviewed_and_submitted(page, hands, document)
    assert page.request.get(public, headers={"Cookie": ""}).json()["results"] == []

    sign_in(page, editor)
    published(page, hands, claim)
    sign_in(page, researcher)
    corrected(page, hands, claim)
    [review] = page.request.get(public).json()["results"][0]["reviews"]
    assert review["current_version"]["rating"]["label"] == "Wrong"

    sign_in(page, editor)
    published(page, hands, claim)
    expect(page.get_by_text("Version 2, published")).to_be_visible()
    states = ReviewVersion.objects.order_by("number").values_list("state", "rating__label")
    assert list(states) == [("superseded", "Wrong"), ("published", "Right")]
    assert claim.statements.count() == 1


def test_an_editor_who_decides_second_gets_a_conflict_and_keeps_the_input(
    page: Page,
) -> None:
    version = make.submitted_version()
    claim = version.review.claim
    first = make.UserFactory(role="editor")
    sign_in(page, make.UserFactory(role="editor"))
    page.goto(f"/desk/claims/claim/{claim.pk}/case/")
    page.get_by_role("button", name="Return to author…").click()
    make.move(version, workflow.RETURN, first, "Which ferry?")
    page.get_by_label("Reason").fill("Which log?")
    page.get_by_role("button", name="Return to author", exact=True).click()
    expect(page.get_by_text("not possible while state is draft")).to_be_visible()
    meanwhile = page.get_by_role("region", name="Changes since you opened the page")
    expect(meanwhile.get_by_text(f"@{first.handle}")).to_be_visible()
    expect(meanwhile.get_by_text("Submitted → Draft")).to_be_visible()
    expect(page.get_by_label("Reason")).to_have_value("Which log?")
    assert_accessible(page)


def test_assigning_a_claim_updates_the_queue(page: Page) -> None:
    claims = [make.ClaimFactory() for _ in range(3)]
    me = make.UserFactory(role="researcher")
    sign_in(page, me)
    page.goto("/desk/")
    expect(page.get_by_role("heading", name="Unassigned")).to_be_visible()
    page.get_by_role("button", name=re.compile(f"Assign to me: {claims[1].text}")).click()
    expect(page.get_by_text(f"1 claim is now assigned to @{me.handle}.")).to_be_visible()
    page.get_by_role("link", name="Mine 1").click()
    expect(page.get_by_role("link", name=claims[1].text)).to_be_visible()
    assert page.url.endswith("?queue=mine")


@pytest.mark.parametrize("role", ["editor", "auditor"])
def test_the_pages_of_the_desk_are_accessible(page: Page, role: str) -> None:
    snapshot = make.SnapshotFactory()
    version = make.submitted_version()
    claim = version.review.claim
    make.StatementFactory(
        claim=claim,
        snapshot=snapshot,
        document=snapshot.document,
        start=0,
        end=11,
        exact=snapshot.text[:11],
    )
    make.StatementFactory(
        snapshot=snapshot, document=snapshot.document, start=4, end=20, exact=snapshot.text[4:20]
    )
    make.ClaimRelationFactory(from_claim=claim, kind="contradicts")
    make.AssignmentFactory(claim=claim, priority="urgent")
    make.corrected_version(make.published_version())
    sign_in(page, make.UserFactory(role=role))
    for address in (
        "/desk/?queue=open",
        "/desk/?queue=due",
        f"/desk/claims/claim/{claim.pk}/case/",
        "/desk/statistics/",
        "/desk/statistics/?speaker=nobody",
    ):
        page.goto(address)
        assert_accessible(page)
    if role == "editor":
        page.goto(f"/desk/claims/claim/{claim.pk}/case/")
        page.get_by_role("button", name="Publish…").click()
        expect(page.get_by_role("heading", name="Publication checks")).to_be_visible()
        assert_accessible(page)
