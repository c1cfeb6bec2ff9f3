"""The case page: its content, permissions and actions."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from claims import workflow
from claims.models import Claim, Statement
from claims.services.reviews import prepare_next_version
from tests import factories as make
from tests.claims.admin.pages import client_for, fields_of, text_of, url
from tests.conftest import ROLES

pytestmark = pytest.mark.django_db

TEXT = "The ferries were late.\r\nThe ferries were late again 🛳, said Ada Quill.\n"


def case(claim: Any) -> str:
    return url(claim, "case", claim.pk)


def at_place(start: int, end: int, **values: Any) -> Any:
    """Return a statement at a position of a snapshot, by default of a new one."""
    snapshot = values.pop("snapshot", None) or make.SnapshotFactory(
        text=TEXT, document__published_on="2025-03-01", document__published_precision="month"
    )
    claim = values.pop("claim", None) or make.ClaimFactory()
    return make.StatementFactory(
        claim=claim,
        snapshot=snapshot,
        document=snapshot.document,
        start=start,
        end=end,
        exact=snapshot.text[start:end],
        stated_on=snapshot.document.published_on,
        stated_precision=snapshot.document.published_precision,
        **values,
    )


def test_a_case_shows_claim_reviews_statements_and_source() -> None:
    role = make.AffiliationFactory(start_on="2024-01-01", start_precision="year")
    make.AffiliationFactory(
        speaker=role.speaker, role="Minister", end_on="2023-01-01", end_precision="year"
    )
    statement = at_place(0, 22, speaker=role.speaker)
    claim = statement.claim
    claim.topics.add(make.TopicFactory(name="Harbours"))
    version = make.ReviewVersionFactory(review__claim=claim, headline="They were not", rating=None)
    make.EvidenceFactory(version=version, exact="Forty left on time.", stance="refutes")
    contrary = make.ClaimRelationFactory(to_claim=claim, kind="contradicts").from_claim
    make.AssignmentFactory(claim=claim, priority="urgent")
    page = text_of(client_for(make.UserFactory(role="editor")).get(case(claim)))
    for text in (
        claim.text,
        "Harbours",
        f"<bdi>{role.speaker}</bdi>, <bdi>Spokeswoman, Harbour Authority</bdi>",
        "March 2025",
        "The ferries were late.",
        "They were not",
        "Forty left on time.",
        "Refutes",
        contrary.text,
        "urgent priority",
        "Choose a rating.",
        "Must be fixed",
        "Should be fixed",
        "Version 1, draft",
    ):
        assert text in page, text
    assert "Minister" not in page


def test_each_passage_links_to_its_statement_and_overlaps_are_marked() -> None:
    mine = at_place(0, 22)
    other = at_place(4, 11, snapshot=mine.snapshot)
    page = text_of(client_for(make.UserFactory(role="auditor")).get(case(mine.claim)))
    assert f'href="#statement-{mine.pk}"' in page
    assert f'href="{case(other.claim)}#statement-{other.pk}"' in page
    assert f'title="2: {other.claim.text}" data-start="4">ferries</a>' in page
    assert "desk-overlap" in page
    assert "late.&#13;\nThe" not in page  # the passage ends between
    assert "&#13;" in page


def quote(client: Any, claim: Claim, snapshot: Any, **sent: Any) -> Any:
    return client.post(url(claim, "quote", claim.pk), {"snapshot": snapshot.pk, **sent})


def test_a_selection_becomes_a_statement_with_the_same_words() -> None:
    claim, statement = make.ClaimFactory(), at_place(0, 3)
    snapshot, client = statement.snapshot, client_for(make.UserFactory(role="researcher"))
    start = TEXT.index("again")
    words = TEXT[start : start + 9]
    led = quote(client, claim, snapshot, start=start, end=start + 9, words=words)
    form = client.get(led["Location"])
    sent = fields_of(form, Statement)
    assert (sent["exact"], sent["start"], sent["end"]) == (words, str(start), str(start + 9))
    assert (sent["stated_on"], sent["stated_precision"]) == ("2025-03-01", "month")
    assert sent["quotation"] == ""  # the person says whether the words are the speaker's own
    sent |= {"speaker": make.SpeakerFactory().pk, "quotation": "direct"}
    saved = client.post(led["Location"], sent)
    assert saved["Location"] == case(claim), text_of(saved)
    statement = claim.statements.get()
    assert (statement.exact, statement.start, statement.end) == (words, start, start + 9)
    assert statement.document == snapshot.document


def test_a_selection_over_a_line_break_becomes_a_statement_with_the_same_words() -> None:
    claim, snapshot = make.ClaimFactory(), at_place(0, 3).snapshot
    client = client_for(make.UserFactory(role="researcher"))
    end = TEXT.index("again")
    # A browser's field has LF for every line end, and sends CRLF.
    words = TEXT[4:end].replace("\r\n", "\n").replace("\n", "\r\n")
    led = quote(client, claim, snapshot, start=4, end=end, words=words)
    form = client.get(led["Location"])
    fields = {"speaker": make.SpeakerFactory().pk, "quotation": "direct"}
    sent = fields_of(form, Statement) | fields
    assert client.post(led["Location"], sent)["Location"] == case(claim)
    assert claim.statements.get().exact == TEXT[4:end]


def test_typed_words_are_searched_in_the_text() -> None:
    claim, snapshot = make.ClaimFactory(), at_place(0, 3).snapshot
    at_place(0, 3, claim=claim, snapshot=snapshot)
    client = client_for(make.UserFactory(role="researcher"))
    once = quote(client, claim, snapshot, words="said\n Ada  Quill")
    start = TEXT.index("said")
    assert f"start={start}&end={start + 14}" in once["Location"]
    twice = text_of(quote(client, claim, snapshot, words="ferries were late"))
    assert "The text contains these words 2 times." in twice
    assert twice.count("/desk/claims/statement/add/?claim=") >= 2
    assert ">ferries were late</textarea>" in twice
    never = text_of(quote(client, claim, snapshot, words="<b>never"))
    assert "The text does not contain these words" in never
    assert escape("<b>never") in never


def test_words_with_too_many_occurrences_are_rejected() -> None:
    snapshot = make.SnapshotFactory(text="late " * 30)
    statement = at_place(0, 4, snapshot=snapshot)
    client = client_for(make.UserFactory(role="researcher"))
    page = text_of(quote(client, statement.claim, snapshot, words="late"))
    assert "The text contains these words more than 20 times" in page
    assert page.count(f"snapshot={snapshot.pk}&amp;start=") == 20


def test_a_document_becomes_a_claim_with_a_statement() -> None:
    snapshot, person = make.SnapshotFactory(text=TEXT), make.UserFactory(role="researcher")
    client, document = client_for(person), snapshot.document
    start = f"{url(Claim, 'add')}?document={document.pk}"
    assert start in text_of(client.get(url(document, "change", document.pk)))
    form = fields_of(client.get(start), Claim)
    sent = {"text": "Ferries are late.", "kind": "statistic", "checkability": "checkable"}
    saved = client.post(start, {**form, **sent})
    claim = Claim.objects.get()
    assert saved["Location"] == f"{case(claim)}?document={document.pk}#source"
    page = text_of(client.get(saved["Location"]))
    assert "late again 🛳" in page
    led = f"{url(claim, 'quote', claim.pk)}?document={document.pk}"
    assert f'action="{led}"' in page
    refused = client.post(led, {"snapshot": snapshot.pk, "words": "ferries were late"})
    assert "The text contains these words 2 times" in text_of(refused)
    assert "late again 🛳" in text_of(refused)
    chosen = client.post(led, {"snapshot": snapshot.pk, "words": "late again"})
    assert f"snapshot={snapshot.pk}&start={TEXT.index('late again')}" in chosen["Location"]


@pytest.mark.parametrize(
    ("words", "start"),
    [("said\n Ada  Quill", TEXT.index("said")), ("ferries were late", None), ("never", None)],
)
def test_typed_words_get_their_position_if_they_occur_once(words: str, start: int | None) -> None:
    claim, snapshot = make.ClaimFactory(), make.SnapshotFactory(text=TEXT)
    client = client_for(make.UserFactory(role="researcher"))
    add = f"{url(Statement, 'add')}?claim={claim.pk}"
    sent = fields_of(client.get(add), Statement) | {
        "speaker": make.SpeakerFactory().pk,
        "document": snapshot.document.pk,
        "quotation": "direct",
        "exact": words,
    }
    saved = client.post(add, sent)
    assert saved.status_code == 302, text_of(saved)
    statement = claim.statements.get()
    assert statement.start == start
    assert (statement.snapshot == snapshot) is (start is not None)
    assert statement.exact == ("said Ada Quill" if start else words)


@pytest.mark.parametrize("asked", ["0", "x", "9" * 40, "\x00", ""])
def test_an_unknown_document_does_not_change_the_case(asked: str) -> None:
    claim = at_place(0, 3).claim
    client = client_for(make.UserFactory(role="researcher"))
    page = client.get(case(claim), {"document": asked})
    assert page.status_code == 200
    assert "late again 🛳" in text_of(page)


def test_a_case_hides_records_that_the_user_may_not_view() -> None:
    statement = at_place(0, 3)
    claim = statement.claim
    version = make.ReviewVersionFactory(review__claim=claim, headline="They were not")
    has: Any = make.AssignmentFactory(claim=claim)
    related = make.ClaimRelationFactory(to_claim=claim, kind="contradicts").from_claim
    person = make.UserFactory()
    person.user_permissions.add(Permission.objects.get(codename="view_claim"))
    page = text_of(client_for(person).get(case(claim)))
    assert claim.text in page
    for hidden in (
        version.headline,
        has.assignee.handle,
        related.text,
        "late again",
        "Read another document",
    ):
        assert hidden not in page, hidden


@pytest.mark.parametrize(
    "sent",
    [
        {"start": "0", "end": "999"},
        {"start": "5", "end": "5"},
        {"start": "0", "end": "3", "words": "Teh"},
        {"start": "-1", "end": "3"},
        {"start": "9" * 400, "end": "3"},
        {},
        {"words": " \n"},
        {"words": "\x00"},
    ],
)
def test_a_position_outside_of_the_text_is_rejected(sent: dict[str, str]) -> None:
    claim, snapshot = make.ClaimFactory(), at_place(0, 3).snapshot
    answer = quote(client_for(make.UserFactory(role="researcher")), claim, snapshot, **sent)
    assert answer.status_code == 200
    assert 'class="error"' in text_of(answer)


def test_an_unknown_snapshot_is_a_404() -> None:
    claim, client = make.ClaimFactory(), client_for(make.UserFactory(role="researcher"))
    for key in ("0", "x", "9" * 30, ""):
        sent = {"snapshot": key, "words": "x"}
        assert client.post(url(claim, "quote", claim.pk), sent).status_code == 404
    assert client.get(url(claim, "quote", claim.pk)).status_code == 405
    assert client.get(url(claim, "case", 0)).status_code == 404


def pressable(page: str) -> set[str]:
    return {
        name
        for name in (
            "submit",
            "return",
            "publish",
            "retract",
            "reject",
            "same_as",
            "start_review",
            "list",
        )
        if f"/move/{name}/" in page
    }


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_the_controls_that_work_for_it(role: str) -> None:
    statement = at_place(0, 3)
    version = make.submitted_version(review__claim=statement.claim)
    page = text_of(client_for(make.UserFactory(role=role)).get(case(statement.claim)))
    writes = role != "auditor"
    decides = role in {"editor", "administrator"}
    moves = {"start_review"} if writes else set()
    moves |= {"return", "publish", "list", "reject"} if decides else set()
    assert pressable(page) == moves  # not the same as another: it has a review
    assert ("Create a statement from these words" in page) is writes
    assert ("Assign to" in page) is writes
    assert ("/statement/add/" in page) is writes
    assert ("/review/add/" in page) is writes
    assert (f"/claim/{statement.claim.pk}/change/" in page) is writes
    assert version.headline in page


def test_an_action_on_the_case_redirects_back_to_it() -> None:
    claim = make.ClaimFactory()
    client = client_for(make.UserFactory(role="editor"))
    move = url(claim, "transition", claim.pk, "start_review")
    answer = client.post(move, {"revision": claim.revision, "next": case(claim)})
    assert answer["Location"] == case(claim)
    claim.refresh_from_db()
    response = client.post(
        url(claim, "transition", claim.pk, "reject"),
        {"revision": claim.revision, "next": case(claim)},
    )
    assert f'name="next" value="{case(claim)}"' in text_of(response)


def test_a_claim_is_marked_as_a_duplicate_on_its_case() -> None:
    claim, other = make.ClaimFactory(), make.ClaimFactory()
    statement = at_place(0, 3, claim=claim)
    client = client_for(make.UserFactory(role="editor"))
    move = url(claim, "transition", claim.pk, "same_as")
    data = {"revision": claim.revision, "next": case(claim)}
    question = text_of(client.post(move, data))
    assert "Claim that stays" in question
    refused = text_of(client.post(move, {**data, "confirmation": "1", "text": "Kept words."}))
    assert "choose the claim that stays" in refused
    assert "Kept words." in refused
    done = client.post(move, {**data, "confirmation": "1", "other": other.pk}, follow=True)
    assert "Mark as the same as another: done." in text_of(done)
    statement.refresh_from_db()
    assert statement.claim == other
    assert case(other) in text_of(done)


def test_a_conflict_shows_the_other_change_and_keeps_the_input() -> None:
    version, first = make.submitted_version(), make.UserFactory(role="editor")
    revision = version.revision
    make.move(version, workflow.RETURN, first, "Which ferry?")
    make.move(version, workflow.SUBMIT, version.author)
    client = client_for(make.UserFactory(role="editor"))
    move = url(version, "transition", version.pk, "return")
    answer = text_of(
        client.post(move, {"revision": revision, "confirmation": "1", "text": "Name the log."})
    )
    assert "another user changed this record since you read it" in answer
    assert "Changes since you opened the page" in answer
    assert f"@{first.handle}" in answer
    assert "Which ferry?" in answer
    assert "Name the log." in answer
    version.refresh_from_db()
    assert (
        f'name="revision" value="{version.revision}"' in answer
    )  # to decide again, having seen it


def test_the_latest_changes_are_shown_as_differences() -> None:
    first = make.published_version()
    second = prepare_next_version(
        review=first.review, author=first.author, kind="correction", note="Another log."
    )
    second.rating = make.RatingFactory(label="Quite right")
    second.save()
    response = client_for(make.UserFactory(role="auditor")).get(case(first.review.claim))
    assert f"{first.rating.label} → Quite right" in " ".join(text_of(response).split())


def test_a_larger_case_needs_no_more_queries() -> None:
    client = client_for(make.UserFactory(role="editor"))
    statement = at_place(0, 3)
    claim = statement.claim
    counts = []
    for number in (1, 10):
        for _ in range(number):
            role = make.AffiliationFactory()
            at_place(
                4,
                5 + claim.statements.count(),
                claim=claim,
                snapshot=statement.snapshot,
                speaker=role.speaker,
            )
            make.ClaimRelationFactory(from_claim=claim)
            claim.topics.add(make.TopicFactory())
        client.get(case(claim))  # which gives the new entries of the ledger their places
        with CaptureQueriesContext(connection) as queries:
            client.get(case(claim))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 45


def test_user_text_is_escaped_and_right_to_left_text_is_isolated() -> None:
    claim = make.ClaimFactory(text="<script>alert(1)</script> העבורת איחרה", language="he")
    page = text_of(client_for(make.UserFactory(role="editor")).get(case(claim)))
    assert "<script>alert" not in page
    assert '<h1 dir="auto" lang="he">' in page
