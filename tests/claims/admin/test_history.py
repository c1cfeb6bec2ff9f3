"""The history of a record in the desk, and its past states."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims import workflow
from claims.admin.transitions import HISTORY_LABELS
from claims.choices import ClaimStatus
from claims.models import Claim, ClaimRelation, Evidence, ReviewVersion, Statement
from claims.services.reviews import prepare_next_version
from claimsapi.core.ledger.audit_context import audit_context
from claimsapi.core.ledger.sequencer import sequence_entries
from claimsapi.core.models import Entry
from sources.models import Snapshot
from tests import factories
from tests.claims.admin.pages import (
    change_url,
    client_for,
    fields_of,
    save,
    superuser,
    text_of,
    url,
)
from tests.claims.admin.test_lists import MAKERS

pytestmark = pytest.mark.django_db


class _Text(HTMLParser):
    """Collects the entries of a history as text, with insertions and deletions marked."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[str] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:  # noqa: ARG002  the parser's
        if tag == "article":
            self.entries.append("")
            self.inside = True
        elif self.inside:
            self.entries[-1] += {"ins": "{+", "del": "{-"}.get(tag, " ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self.inside = False
        elif self.inside:
            self.entries[-1] += {"ins": "+}", "del": "-}"}.get(tag, " ")

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.entries[-1] += data


def entries_of(page: Any) -> list[str]:
    assert page.status_code == 200
    parser = _Text()
    parser.feed(text_of(page))
    return [" ".join(entry.split()) for entry in parser.entries]


def history_of(record: Any, user: Any = None, **query: Any) -> list[str]:
    client = client_for(user or superuser())
    return entries_of(client.get(url(record, "history", record.pk), query))


def test_the_history_lists_edits_newest_first_with_author_and_fields() -> None:
    claim = factories.ClaimFactory(text="The ferry was late.", language="en")
    user = superuser()
    client = client_for(user)
    fields = fields_of(client.get(change_url(claim)), claim)
    save(client, claim, fields | {"text": "The ferry was cancelled.", "kind": "statistic"})
    newest, first = history_of(claim)
    number = Entry.objects.latest("id").leaf.sequence
    assert newest.startswith("Changed")
    assert f"by @{user.handle}, entry {number} of the ledger" in newest
    assert "Text The ferry was late. The ferry was cancelled." in newest
    assert "Kind Event Statistic" in newest
    assert "Language" not in newest
    assert first.startswith("Created")
    assert "by the command python" in first
    assert "Checkability Checkable" in first
    assert "Status reason" not in first


def test_a_long_text_is_shown_as_a_difference() -> None:
    long = "The harbour's log shows that of forty ferries thirty-nine left on time."
    version = factories.ReviewVersionFactory(summary=long)
    version.summary = long.replace("thirty-nine", "thirty-eight")
    version.save()
    assert "forty ferries thirty- {-nine-} {+eight+} left" in history_of(version)[0].replace(
        "-{", "- {"
    ).replace("}{", "} {")


def test_user_text_in_the_history_is_escaped() -> None:
    claim = factories.ClaimFactory(text="<script>alert(1)</script> " * 4)
    topic = factories.TopicFactory(name="<b>Ferries</b>")
    claim.topics.add(topic)
    claim.text = "<i>Calm</i> " * 8
    with audit_context(actor="@ada", reason="<img src=x>"):
        claim.save()
    sequence_entries()
    for query in ({}, {"at": timezone.now().isoformat()}):
        page = text_of(client_for(superuser()).get(url(claim, "history", claim.pk), query))
        assert not any(tag in page for tag in ("<script>", "<b>", "<i>", "<img"))
        assert "&lt;b&gt;Ferries" in page
        assert "style=" not in page
        assert "desk/desk.css" in page


def test_transitions_are_shown_with_label_reason_and_user() -> None:
    version = factories.submitted_version()
    editor = factories.UserFactory(role="editor")
    factories.move(version, workflow.RETURN, editor, "Which ferry?")
    factories.move(version, workflow.SUBMIT, version.author)
    factories.move(version, workflow.PUBLISH, editor)
    entries = history_of(version)
    assert entries[0].startswith("Published")
    assert f"by @{editor.handle}" in entries[0]
    assert "State Submitted Published" in entries[0]
    assert f"Editor — @{editor.handle}" in entries[0]
    assert entries[1].startswith("Submitted")
    assert entries[2].startswith("Returned to its author")
    assert "Reason: Which ferry?" in entries[2]


def test_a_side_effect_of_a_transition_has_its_own_label() -> None:
    old = factories.published_version()
    new = prepare_next_version(review=old.review, author=old.author, kind="update", note="New log.")
    factories.move(new, workflow.SUBMIT, old.author)
    factories.move(new, workflow.PUBLISH, factories.UserFactory(role="editor"))
    entries = history_of(old)
    assert entries[0].startswith("Changed because another record was published")
    assert "State Published Superseded" in entries[0]
    claims = history_of(old.review.claim)
    assert any(t.startswith("Review version published Version 2 of") for t in claims)
    assert any("Changed because another record was published" in t for t in claims)


def test_every_transition_has_a_history_label() -> None:
    assert {move.name for moves in workflow.TRANSITIONS.values() for move in moves} == set(
        HISTORY_LABELS
    )


def test_parts_are_named_also_after_their_deletion() -> None:
    version = factories.ReviewVersionFactory()
    evidence = factories.EvidenceFactory(version=version, document__title="Harbour log")
    statement = factories.StatementFactory(
        claim=version.review.claim, attributed_as="a spokeswoman", speaker__name="Ada Quill"
    )
    public_id = statement.public_id
    evidence.delete()
    statement.delete()
    client = client_for(superuser())
    page = client.get(url(version.review.claim, "history", version.review.claim.pk))
    entries = entries_of(page)
    assert entries[0].startswith("Statement removed a spokeswoman")
    assert "Speaker Ada Quill" in entries[0]
    assert entries[1].startswith("Evidence removed Refutes: Harbour log")
    assert any(t.startswith("Evidence added Refutes: Harbour log") for t in entries)
    gone = url(Statement, "history", public_id)
    assert f'href="{gone}"' in text_of(page)
    assert entries_of(client.get(gone))[0].startswith("Deleted")
    assert "a spokeswoman (deleted)" in text_of(client.get(gone))
    before = Entry.objects.filter(object=public_id).earliest("id").at
    assert "Ada Quill" in text_of(client.get(gone, {"at": before.isoformat()}))


def test_references_are_named_and_dangling_references_are_marked() -> None:
    claim = factories.ClaimFactory()
    ferries, gone = factories.TopicFactory(name="Ferries"), factories.TopicFactory(name="Ports")
    claim.topics.add(ferries)
    claim.topics.add(gone)
    claim.topics.remove(gone)
    gone.delete()
    entries = history_of(claim)
    assert f"Topics Ferries, topic {gone.public_id} (unavailable) Ferries" in entries[0]
    assert "Topics — Ferries" in entries[2]


def test_times_dates_and_booleans_are_readable() -> None:
    claim: Any = factories.ClaimFactory()
    Claim.objects.update(listed_at=datetime(2026, 3, 1, 9, 5, 7, tzinfo=UTC))
    assert "Listed — 1 March 2026, 09:05:07 UTC" in history_of(claim)[0]
    statement: Any = factories.StatementFactory()
    Statement.objects.update(stated_on="2026-03-01", stated_precision="month")
    assert "Stated — 1 March 2026" in history_of(statement)[0]
    evidence: Any = factories.EvidenceFactory()
    Evidence.objects.filter(pk=evidence.pk).update(is_primary=True)
    assert "Primary source No Yes" in history_of(evidence.version)[0]


def test_a_page_has_fifty_entries_and_links_to_older_ones() -> None:
    claim: Any = factories.ClaimFactory()
    for number in range(60):
        Claim.objects.filter(pk=claim.pk).update(text=f"Wording {number}.")
    client = client_for(superuser())
    address = url(claim, "history", claim.pk)
    first = client.get(address)
    assert len(entries_of(first)) == 50
    oldest = first.context["older"]
    assert f"?before={oldest}" in text_of(first)
    second = client.get(address, {"before": oldest})
    assert len(entries_of(second)) == 11
    assert second.context["older"] is None
    assert not set(entries_of(first)) & set(entries_of(second))
    assert 'rel="next"' not in text_of(second)
    for wrong in ("x", "-1", "", "9" * 40, "٣"):
        assert client.get(address, {"before": wrong}).status_code == 400


def test_the_number_of_queries_does_not_grow_with_the_entries() -> None:
    def grow(claim: Claim, times: int) -> None:
        for _ in range(times):
            version = factories.ReviewVersionFactory(review__claim=claim)
            factories.EvidenceFactory(version=version).delete()
            factories.EvidenceFactory(version=version)
            role = factories.AffiliationFactory()
            snapshot = factories.SnapshotFactory()
            factories.StatementFactory(
                claim=claim,
                speaker=role.speaker,
                affiliation=role,
                document=snapshot.document,
                snapshot=snapshot,
            )
            factories.ClaimRelationFactory(from_claim=claim)
            claim.topics.add(factories.TopicFactory())

    client = client_for(superuser())

    def queries(claim: Claim) -> int:
        sequence_entries()
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url(claim, "history", claim.pk)).status_code == 200
        return len(captured)

    small, large = factories.ClaimFactory(), factories.ClaimFactory()
    grow(small, 1)
    grow(large, 5)
    queries(small)
    assert queries(small) == queries(large)
    assert queries(large) <= 32


def test_only_users_who_may_view_a_record_see_its_history() -> None:
    claim: Any = factories.ClaimFactory()
    address = url(claim, "history", claim.pk)
    assert len(history_of(claim, factories.UserFactory(role="auditor"))) == 1
    assert client_for(factories.UserFactory()).get(address).status_code == 403
    gone = url(claim, "history", claim.public_id)
    claim.delete()
    assert client_for(factories.UserFactory()).get(gone).status_code == 403
    assert client_for(superuser()).get(address).status_code == 302
    of_another_kind = url(ClaimRelation, "history", claim.public_id)
    assert client_for(superuser()).get(of_another_kind).status_code == 302
    assert client_for(superuser()).post(gone).status_code == 405


def test_a_deleted_record_is_found_by_its_public_id() -> None:
    claim: Any = factories.ClaimFactory()
    client = client_for(superuser())
    lists = url(Claim, "changelist")
    hidden = {"q": str(claim.public_id), "status__exact": "rejected"}
    assert "was deleted" not in text_of(client.get(lists, hidden))
    claim.delete()
    page = text_of(client.get(lists, {"q": str(claim.public_id)}))
    assert "This claim was deleted." in page
    assert f'href="{url(Claim, "history", claim.public_id)}"' in page
    unknown = {"q": "0199f1a2-0000-7000-8000-000000000000"}
    assert "was deleted" not in text_of(client.get(lists, unknown))


def test_a_past_state_is_shown_with_its_parts() -> None:
    version: Any = factories.ReviewVersionFactory(headline="First headline", rating__label="Wrong")
    factories.EvidenceFactory(version=version, document__title="Harbour log")
    claim = version.review.claim
    claim.topics.add(factories.TopicFactory(name="Ferries"))
    then = Entry.objects.latest("id").at
    version.headline = "Second headline"
    version.save()
    Claim.objects.filter(pk=claim.pk).update(text="Reworded.", status=ClaimStatus.IN_REVIEW)
    client = client_for(superuser())
    address = url(claim, "history", claim.pk)
    page = text_of(client.get(address, {"at": then.isoformat()}))
    for words in ("First headline", "Harbour log", "Ferries", claim.text, "Unreviewed", "Wrong"):
        assert words in page
    assert "Second headline" not in page
    assert f"@{version.author.handle}" in page
    assert 'name="_save"' not in page
    now = text_of(client.get(address, {"at": timezone.now().isoformat()}))
    assert "Second headline" in now
    assert "First headline" not in now
    assert "Reworded." in now


def test_the_form_rejects_an_invalid_time() -> None:
    claim: Any = factories.ClaimFactory()
    client = client_for(superuser())
    address = url(claim, "history", claim.pk)
    early = claim.created_at - timedelta(days=1)
    assert "record did not exist at that time" in text_of(
        client.get(address, {"at": early.isoformat()})
    )
    seconds = f"{timezone.now() + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}"
    page = text_of(client.get(address, {"at": seconds}))
    assert claim.text in page
    assert f'value="{seconds}"' in page
    for wrong in ("", "x", "2026-02-30T00:00", "0001-01-01T00:00:00+23:59"):
        page = client.get(address, {"at": wrong})
        assert page.status_code == 200
        assert "errorlist" in text_of(page)
    for edge in ("0001-01-01T00:00:00", "9999-12-31T23:59:59.999999"):
        assert client.get(address, {"at": edge}).status_code == 200


def test_every_entry_links_to_the_past_state() -> None:
    claim: Any = factories.ClaimFactory(text="First wording.")
    Claim.objects.filter(pk=claim.pk).update(text="Second wording.")
    client = client_for(superuser())
    page = text_of(client.get(url(claim, "history", claim.pk)))
    addresses = [part.split('"')[0] for part in page.split('href="')[1:] if "?at=" in part[:200]]
    assert len(addresses) == 2
    assert '<td dir="auto">Second wording.</td>' in text_of(client.get(addresses[0]))
    assert '<td dir="auto">First wording.</td>' in text_of(client.get(addresses[1]))


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_a_name_needs_no_query_beyond_the_page_of_its_model(model: type[Model]) -> None:
    MAKERS[model]()
    request = RequestFactory().get("/")
    request.user = superuser()
    record = admin.site.get_model_admin(model).get_queryset(request).first()
    with CaptureQueriesContext(connection) as captured:
        assert str(record)
    assert len(captured) == 0


def test_an_erased_entry_is_marked_and_the_next_entry_shows_the_full_state() -> None:
    claim: Any = factories.ClaimFactory(text="Words that the law had to go.")
    Claim.objects.filter(pk=claim.pk).update(text="Other words.")
    sequence_entries()
    first = Entry.objects.filter(object=claim.public_id).earliest("id")
    Entry.objects.filter(pk=first.pk).update(erased=True, state=None, salt="", reason="")
    Entry.objects.create(
        kind="erasure",
        object=claim.public_id,
        action="erase",
        actor="@ada",
        at=timezone.now(),
        reason="As the court ordered.",
        salt="5a" * 16,
        state=f'{{"fields":{{"entries":[{first.leaf.sequence}]}},"model":"erasure"}}',
    )
    erasure, change, erased = history_of(claim)
    assert erasure.startswith("Content erased")
    assert "by @ada" in erasure
    assert "Reason: As the court ordered." in erasure
    assert f"The content of these entries was erased: {first.leaf.sequence}." in erasure
    assert change.startswith("Changed")
    assert "Text Other words." in change
    assert "Kind Event" in change
    assert "The content of this entry was erased" in erased
    assert "the law" not in erased


def test_a_huge_text_is_truncated() -> None:
    snapshot = factories.SnapshotFactory(text="word " * 50_000)
    page = client_for(superuser()).get(url(Snapshot, "history", snapshot.pk))
    assert "characters" in entries_of(page)[0]
    assert len(page.content) < 50_000


def test_auditors_can_read_the_history_of_a_published_version() -> None:
    version: ReviewVersion = factories.published_version()
    auditor = factories.UserFactory(role="auditor")
    assert history_of(version, auditor) == history_of(version)
