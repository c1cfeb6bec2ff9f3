"""The front page of the desk: queues of claims, filters and assignments."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims import workflow
from claims.models import Assignment, Claim, ReviewVersion
from claims.services.assignments import assign_claims
from claims.workflow import queues
from claims.workflow.queues import QUEUES, queue_claims, queue_lengths
from claimsapi.core.errors import NotAllowed
from claimsapi.core.ledger.models import Entry
from tests import factories as make
from tests.claims.admin.pages import client_for, text_of

pytestmark = pytest.mark.django_db

DESK = "/desk/"


def waiting(name: str, user: Any) -> list[Claim]:
    queue = next(queue for queue in QUEUES if queue.name == name)
    claims = list(queue_claims(queue, user))
    assert queue_lengths(user)[name] == len(claims)
    return claims


def test_the_queue_mine_has_my_assignments_and_my_drafts() -> None:
    me = make.UserFactory(role="researcher")
    assigned = make.AssignmentFactory(assignee=me).claim
    drafted = make.ReviewVersionFactory(author=me).review.claim
    make.AssignmentFactory()
    make.ReviewVersionFactory()
    done = make.published_version().review.claim
    make.AssignmentFactory(claim=done, assignee=me)
    assert waiting("mine", me) == [assigned, drafted]


def test_a_submitted_review_waits_for_others_than_its_author() -> None:
    version = make.submitted_version()
    assert waiting("submitted", make.UserFactory(role="editor")) == [version.review.claim]
    assert waiting("submitted", version.author) == []


def test_a_returned_review_waits_until_it_is_submitted_again() -> None:
    version, editor = make.submitted_version(), make.UserFactory(role="editor")
    assert waiting("returned", editor) == []
    make.move(version, workflow.RETURN, editor, "Which ferry?")
    assert waiting("returned", version.author) == [version.review.claim]
    make.move(version, workflow.SUBMIT, version.author)
    assert waiting("returned", version.author) == []


def test_unassigned_claims_are_ordered_by_priority_and_age() -> None:
    plain, urgent, low, old = (make.ClaimFactory() for _ in range(4))
    make.AssignmentFactory(claim=urgent, assignee=None, priority="urgent")
    make.AssignmentFactory(claim=low, assignee=None, priority="low")
    make.AssignmentFactory()
    make.ClaimFactory(status="rejected", status_reason="No.")
    Claim.objects.filter(pk=old.pk).update(created_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert waiting("unassigned", make.UserFactory(role="editor")) == [urgent, old, plain, low]


@pytest.mark.parametrize(
    ("day", "precision", "has_come"),
    [
        (date(2026, 3, 15), "day", True),
        (date(2026, 3, 16), "day", False),
        (date(2026, 2, 1), "month", True),
        (date(2026, 3, 1), "month", False),
        (date(2025, 1, 1), "year", True),
        (date(2026, 1, 1), "year", False),
        (None, "unknown", False),
    ],
)
def test_a_prediction_is_due_after_its_whole_period(
    day: date | None,
    precision: str,
    has_come: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        queues.timezone, "now", lambda: datetime(2026, 3, 15, 12, tzinfo=UTC), raising=True
    )
    dated = {"decidable_on": day, "decidable_precision": precision}
    claim = make.ClaimFactory(kind="prediction", **dated)
    make.ClaimFactory(kind="event", **dated)
    make.ClaimFactory(kind="prediction", status="rejected", status_reason="No.", **dated)
    claims = waiting("due", make.UserFactory(role="editor"))
    assert claims == ([claim] if has_come else [])


def test_a_review_with_a_changed_source_waits_again_after_some_days(
    settings: LazySettings,
) -> None:
    version: Any = make.published_version()
    editor = make.UserFactory(role="editor")
    document = version.evidence.get().document
    make.SnapshotFactory(document=document, retrieved_at=version.published_at - timedelta(days=1))
    settings.DESK_REVISIT_DAYS = 0
    assert waiting("changed", editor) == []
    make.SnapshotFactory(document=document, retrieved_at=timezone.now())
    assert waiting("changed", editor) == [version.review.claim]
    settings.DESK_REVISIT_DAYS = 30
    assert waiting("changed", editor) == []


def test_the_desk_opens_the_first_queue_with_claims() -> None:
    editor = make.UserFactory(role="editor")
    client = client_for(editor)
    assert "Nothing waits for you." in text_of(client.get(DESK))
    version = make.submitted_version()
    page = text_of(client.get(DESK))
    assert 'aria-current="page">For a second pair of eyes' in page
    assert version.review.claim.text in page
    assert f"submitted by @{version.author.handle}" in page


def many(number: int) -> None:
    for _ in range(number):
        version = make.submitted_version()
        make.StatementFactory(claim=version.review.claim)
        make.StatementFactory(claim=version.review.claim)
        make.AssignmentFactory(claim=version.review.claim)


def test_no_queue_needs_more_queries_for_more_claims() -> None:
    client = client_for(make.UserFactory(role="editor"))
    counts = []
    for number in (1, 30):
        many(number)
        counts.append([])
        for queue in QUEUES:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(DESK, {"queue": queue.name})
            counts[-1].append(len(queries))
    assert counts[0][1] == counts[1][1] == counts[1][-1]
    assert max(counts[1]) <= 14


def test_a_queue_is_filtered_by_query_parameters() -> None:
    client = client_for(make.UserFactory(role="editor"))
    topic = make.TopicFactory()
    statement: Any = make.StatementFactory(
        claim__text="The tram was late.", claim__kind="statistic"
    )
    statement.claim.topics.add(topic)
    assignment = make.AssignmentFactory(claim=statement.claim, priority="high")
    other: Any = make.ClaimFactory(text="The ship sank.")
    for query in (
        {"q": "trams"},
        {"speaker": statement.speaker.name[-6:].upper()},
        {"topic": topic.slug},
        {"kind": "statistic"},
        {"priority": "high"},
        {"assignee": assignment.assignee.handle},
    ):
        page = text_of(client.get(DESK, {"queue": "open", **query}))
        assert statement.claim.text in page, query
        assert other.text not in page, query
        assert "1 claim found" in page
    normal = text_of(client.get(DESK, {"queue": "open", "priority": "normal"}))
    assert other.text in normal
    assert statement.claim.text not in normal


@pytest.mark.parametrize(
    "asked",
    [
        {"q": "\x00"},
        {"q": '"'},
        {"topic": "nowhere"},
        {"kind": "x"},
        {"assignee": "9" * 300},
        {"page": "9" * 300},
        {"page": "-1"},
        {"queue": "x" * 300},
        {"speaker": "\x00"},
    ],
)
def test_invalid_query_parameters_are_no_server_error(asked: dict[str, str]) -> None:
    make.ClaimFactory()
    assert client_for(make.UserFactory(role="editor")).get(DESK, asked).status_code == 200


def assign(client: Client, *claims: Claim, to: str = "", **fields: Any) -> Any:
    sent = {"claim": [claim.pk for claim in claims], "to": to, "next": f"{DESK}?queue=open"}
    return client.post(f"{DESK}assign/", {**sent, **fields}, follow=True)


def test_a_claim_is_assigned_to_me_by_one_button() -> None:
    me, claim = make.UserFactory(role="researcher"), make.ClaimFactory()
    answer = assign(client_for(me), take=claim.pk)
    assert answer.redirect_chain == [(f"{DESK}?queue=open", 302)]
    assert f"1 claim is now assigned to @{me.handle}." in text_of(answer)
    assert Assignment.objects.get().assignee == me
    entry = Entry.objects.filter(kind="claims.assignment").get()
    assert (entry.action, entry.actor) == ("assign", f"@{me.handle}")


def test_several_claims_are_assigned_to_a_user_and_to_nobody() -> None:
    client = client_for(make.UserFactory(role="editor"))
    person: Any = make.UserFactory(role="researcher")
    claims = [make.ClaimFactory() for _ in range(3)]
    answer = assign(client, *claims, to=person.handle)
    assert f"3 claims are now assigned to @{person.handle}." in text_of(answer)
    revisions = {f"revision-{a.claim_id}": a.revision for a in Assignment.objects.all()}
    answer = assign(client, claims[0], to="nobody", **revisions)
    assert "1 claim is now assigned to nobody." in text_of(answer)
    assert Assignment.objects.filter(assignee=person).count() == 2


def test_claims_are_assigned_only_to_users_who_can_change_them() -> None:
    claim, client = make.ClaimFactory(), client_for(make.UserFactory(role="editor"))
    reader, gone = make.UserFactory(role="auditor"), make.UserFactory(role="editor")
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    page = text_of(client.get(DESK, {"queue": "open"}))
    for person in (reader, gone):
        assert f'value="{person.handle}"' not in page
        assert "Select the person" in text_of(assign(client, claim, to=person.handle))
    assert not Assignment.objects.exists()


def test_an_assignment_to_the_same_user_changes_nothing() -> None:
    has: Any = make.AssignmentFactory()
    client = client_for(make.UserFactory(role="editor"))
    revisions = {f"revision-{has.claim_id}": has.revision}
    answer = assign(client, has.claim, to=has.assignee.handle, **revisions)
    assert "Nothing was changed." in text_of(answer)


def test_a_user_without_all_permissions_gets_the_index_instead_of_the_queue() -> None:
    claim: Any = make.ClaimFactory()
    person = make.UserFactory()
    person.user_permissions.add(Permission.objects.get(codename="view_claim"))
    assert claim.text not in text_of(client_for(person).get(DESK))


def test_an_assignment_conflict_names_the_other_assignee() -> None:
    claim = make.ClaimFactory()
    first = make.AssignmentFactory(claim=claim)
    answer = assign(client_for(make.UserFactory(role="editor")), take=claim.pk)
    assert (
        f"Another user changed the assignment of &#x27;{claim.text}&#x27;. "
        f"It is now assigned to @{first.assignee.handle}."
    ) in text_of(answer)
    assert Assignment.objects.get().assignee == first.assignee


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Select at least one claim."),
        ({"claim": ["x", "-1", "9" * 30]}, "Select at least one claim."),
        ({"claim": "1", "to": "nowhere"}, "Select the person"),
        ({"claim": "1", "to": "nobody", "priority": "x"}, "not one of the available choices"),
    ],
)
def test_an_invalid_assignment_is_explained(sent: dict[str, Any], said: str) -> None:
    make.ClaimFactory(pk=1)
    client = client_for(make.UserFactory(role="editor"))
    assert said in text_of(client.post(f"{DESK}assign/", sent, follow=True))
    assert not Assignment.objects.exists()


def test_the_return_url_is_a_page_of_the_desk() -> None:
    client = client_for(make.UserFactory(role="editor"))
    for there in ("https://example.org/", "//example.org/", "javascript:alert(1)", "\x00"):
        answer = client.post(f"{DESK}assign/", {"next": there})
        assert answer["Location"] == DESK


def test_an_auditor_reads_the_queue_and_assigns_nothing() -> None:
    claim: Any = make.ClaimFactory()
    auditor = make.UserFactory(role="auditor")
    client = client_for(auditor)
    page = text_of(client.get(DESK, {"queue": "open"}))
    assert claim.text in page
    assert "Assign to me" not in page
    assert 'type="checkbox"' not in page
    assert client.post(f"{DESK}assign/", {"take": claim.pk}).status_code == 403
    with pytest.raises(NotAllowed):
        assign_claims(revisions={claim.pk: 0}, assignee=auditor, user=auditor)


def test_staff_without_a_role_sees_no_claim() -> None:
    claim: Any = make.ClaimFactory(listed=True)
    answer = client_for(make.UserFactory()).get(DESK)
    assert answer.status_code == 200
    assert claim.text not in text_of(answer)
    assert Client().get(DESK)["Location"].startswith("/desk/login/")


def test_drafts_of_others_show_only_state_and_author() -> None:
    version: ReviewVersion = make.ReviewVersionFactory(headline="A secret headline")
    page = text_of(client_for(make.UserFactory(role="auditor")).get(DESK, {"queue": "open"}))
    assert version.review.claim.text in page
    assert "A secret headline" not in page
