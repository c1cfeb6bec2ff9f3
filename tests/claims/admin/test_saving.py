"""A save never overwrites a change by another user, and errors keep the input."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection

from claims import models
from claims.choices import Quotation, VersionState
from sources.models import Publisher
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

pytestmark = pytest.mark.django_db


def test_a_page_with_the_current_revision_is_saved() -> None:
    claim: Any = factories.ClaimFactory()
    client = client_for(superuser())
    fields = fields_of(client.get(change_url(claim)), claim)
    assert save(client, claim, fields | {"text": "Ferries were early."}).status_code == 302
    claim.refresh_from_db()
    assert (claim.text, claim.revision) == ("Ferries were early.", 2)


def test_saving_without_a_change_writes_nothing() -> None:
    version = factories.ReviewVersionFactory(summary="One line.\nAnother.", body="A\r\nB")
    factories.EvidenceFactory(version=version, note="Page\nthree")
    client = client_for(superuser())
    fields = fields_of(client.get(change_url(version)), version)
    assert save(client, version, fields).status_code == 302
    before = models.ReviewVersion.objects.get(pk=version.pk)
    # 2: the evidence was counted when it was added.
    assert (before.summary, before.body, before.revision) == (version.summary, version.body, 2)
    assert version.evidence.get().revision == 1


def test_a_stale_page_is_rejected_and_keeps_the_input() -> None:
    claim: Any = factories.ClaimFactory()
    client = client_for(superuser())
    fields = fields_of(client.get(change_url(claim)), claim)
    claim.text = "A colleague's words."
    claim.save()
    page = save(client, claim, fields | {"text": "My words."})
    assert page.status_code == 200
    assert "the record was changed since you opened this page" in text_of(page)
    assert '<li>Text: <q dir="auto">A colleague&#x27;s words.</q></li>' in text_of(page)
    assert "since you opened this page, last by command:" in text_of(page)
    assert "My words." in text_of(page)
    assert "desk-moves" not in text_of(page)
    claim.refresh_from_db()
    assert claim.text == "A colleague's words."
    again = fields_of(page, claim)
    assert again["seen_revision"] == "1"
    assert save(client, claim, again).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_one_of_two_simultaneous_saves_wins() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite in memory has one connection; its write transactions are in a row.")
    claim: Any = factories.ClaimFactory()
    clients = [client_for(superuser()) for _ in range(4)]
    fields = fields_of(clients[0].get(change_url(claim)), claim)

    def answer(number: int) -> int:
        try:
            return save(clients[number], claim, fields | {"text": f"Words {number}."}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as people:
        answers = sorted(people.map(answer, range(len(clients))))
    assert answers == [200, 200, 200, 302]
    claim.refresh_from_db()
    assert claim.revision == 2


def test_a_form_without_a_revision_is_rejected() -> None:
    publisher: Any = factories.PublisherFactory()
    client = client_for(superuser())
    fields = fields_of(client.get(change_url(publisher)), publisher)
    del fields["seen_revision"]
    page = save(client, publisher, fields | {"name": "Other"})
    assert "sent no revision of the record" in text_of(page)
    assert Publisher.objects.get().name == publisher.name


def test_a_stale_inline_is_rejected_unless_the_page_is_unchanged() -> None:
    statement = factories.StatementFactory()
    claim = statement.claim
    client = client_for(superuser())
    fields = fields_of(client.get(change_url(claim)), claim)
    statement.attributed_as = "the harbour"
    statement.save()
    page = save(client, claim, fields | {"statements-0-attributed_as": "a spokeswoman"})
    assert "the record was changed since you opened this page" in text_of(page)
    assert "a spokeswoman" in text_of(page)
    statement.refresh_from_db()
    assert statement.attributed_as == "the harbour"
    fresh = fields_of(client.get(change_url(claim)), claim)
    assert save(client, claim, fresh | {"language": "de"}).status_code == 302


def test_an_inline_that_another_user_changed_is_not_deleted() -> None:
    statement = factories.StatementFactory()
    client = client_for(superuser())
    fields = fields_of(client.get(change_url(statement.claim)), statement.claim)
    statement.attributed_as = "the harbour"
    statement.save()
    page = save(client, statement.claim, fields | {"statements-0-DELETE": "on"})
    assert "was changed since you opened this page" in text_of(page)
    assert models.Statement.objects.filter(pk=statement.pk).exists()


def test_an_inline_that_another_user_deleted_is_reported() -> None:
    statement = factories.StatementFactory()
    claim = statement.claim
    factories.StatementFactory(claim=claim)
    client = client_for(superuser())
    fields = fields_of(client.get(change_url(claim)), claim)
    statement.delete()
    typed = {"statements-0-attributed_as": "a spokeswoman", "statements-1-attributed_as": "a pilot"}
    page = save(client, claim, fields | typed)
    assert "Another user deleted this record" in text_of(page)
    assert typed.items() <= fields_of(page, claim).items()


def test_exact_words_keep_their_line_breaks_and_spaces() -> None:
    snapshot = factories.SnapshotFactory()
    statement = factories.StatementFactory.build(
        claim=factories.ClaimFactory(),
        speaker=factories.SpeakerFactory(),
        document=snapshot.document,
        snapshot=snapshot,
        start=17,
        end=30,
    )
    statement.clean()
    statement.save()
    assert statement.exact == "late.\n“We wer"
    client = client_for(superuser())
    fields = fields_of(client.get(change_url(statement)), statement)
    page = save(client, statement, fields | {"attributed_as": "the harbour"})
    assert page.status_code == 302, text_of(page)
    words = statement.exact, statement.prefix, statement.suffix
    statement.refresh_from_db()
    assert (statement.exact, statement.prefix, statement.suffix) == words


def test_a_guard_violation_is_an_error_of_the_form() -> None:
    statement = factories.StatementFactory()
    role = factories.AffiliationFactory()
    client = client_for(superuser())
    fields = fields_of(client.get(change_url(statement)), statement)
    typed = {"affiliation": str(role.pk), "attributed_as": "her office"}
    page = save(client, statement, fields | typed)
    assert page.status_code == 200
    assert "The role belongs to another speaker: choose a role of this speaker." in text_of(page)
    assert "her office" in text_of(page)
    part = fields_of(client.get(change_url(statement.claim)), statement.claim)
    page = save(client, statement.claim, part | {"statements-0-affiliation": str(role.pk)})
    assert "The role belongs to another speaker: choose a role of this speaker." in text_of(page)
    statement.refresh_from_db()
    assert statement.affiliation is None


def test_a_guard_violation_while_adding_is_an_error_of_the_form() -> None:
    claim, role = factories.ClaimFactory(), factories.AffiliationFactory()
    client = client_for(superuser())
    fields = fields_of(client.get(url(models.Statement, "add")), models.Statement)
    fields |= {
        "claim": str(claim.pk),
        "document": str(factories.DocumentFactory().pk),
        "speaker": str(factories.SpeakerFactory().pk),
        "affiliation": str(role.pk),
        "quotation": Quotation.DIRECT,
    }
    page = client.post(url(models.Statement, "add"), fields)
    assert "The role belongs to another speaker: choose a role of this speaker." in text_of(page)
    assert not claim.statements.exists()


def test_a_referenced_record_is_not_deleted() -> None:
    speaker = factories.StatementFactory().speaker
    client = client_for(superuser())
    page = client.post(url(speaker, "delete", speaker.pk), {"post": "yes"})
    assert page.status_code == 200
    assert "would require deleting the following protected" in text_of(page)


def test_a_deletion_that_the_database_rejects_is_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    topic = factories.TopicFactory()
    client = client_for(superuser())

    def refuse(*_args: object, **_options: object) -> None:
        raise IntegrityError("guard_claims_reviewversion_only_draft_deleted_delete")

    monkeypatch.setattr(models.Topic, "delete", refuse)
    page = client.post(url(topic, "delete", topic.pk), {"post": "yes"}, follow=True)
    assert page.redirect_chain[-1][0] == change_url(topic)
    assert "Only a draft can be deleted." in text_of(page)
    selected = {"action": "delete_selected", "_selected_action": [topic.pk], "post": "yes"}
    page = client.post(url(topic, "changelist"), selected, follow=True)
    assert page.status_code == 200
    assert "Only a draft can be deleted." in text_of(page)


def test_selected_records_are_deleted_and_protected_ones_are_not() -> None:
    free, cited = factories.DocumentFactory(), factories.StatementFactory().document
    client = client_for(superuser())
    both = {"action": "delete_selected", "_selected_action": [free.pk, cited.pk], "post": "yes"}
    client.post(url(free, "changelist"), both)
    assert type(free).objects.filter(pk__in=[free.pk, cited.pk]).count() == 2
    client.post(url(free, "changelist"), both | {"_selected_action": [free.pk]})
    assert not type(free).objects.filter(pk=free.pk).exists()


def test_the_state_of_a_version_is_not_a_field() -> None:
    version = factories.ReviewVersionFactory()
    client = client_for(superuser())
    fields = fields_of(client.get(change_url(version)), version)
    assert "state" not in fields
    changed = fields | {
        "state": VersionState.PUBLISHED,
        "editor": str(superuser().pk),
        "author": str(superuser().pk),
        "summary": "New.",
    }
    assert save(client, version, changed).status_code == 302
    version.refresh_from_db()
    assert (version.state, version.editor, version.summary) == (VersionState.DRAFT, None, "New.")
    claim = version.review.claim
    fields = fields_of(client.get(change_url(claim)), claim)
    save(client, claim, fields | {"status": "rejected", "status_reason": "x"})
    claim.refresh_from_db()
    assert claim.status == "unreviewed"


def test_a_draft_that_is_no_longer_a_draft_is_rejected_and_keeps_the_input() -> None:
    version = factories.ReviewVersionFactory()
    evidence = factories.EvidenceFactory(version=version)
    client = client_for(superuser())
    fields = fields_of(client.get(change_url(version)), version)
    factories.move(version, factories.workflow.SUBMIT, version.author)
    typed = {"summary": "My finding.", "evidence-0-note": "My note."}
    page = save(client, version, fields | typed)
    assert page.status_code == 200
    assert "was changed since you opened this page" in text_of(page)
    assert "My finding." in text_of(page)
    assert "My note." in text_of(page)
    forged = save(client, version, fields | typed | {"seen_revision": str(version.revision)})
    assert "Only a draft can be edited" in text_of(forged)
    evidence.refresh_from_db()
    version.refresh_from_db()
    assert evidence.note != "My note."
    assert version.summary != "My finding."


def test_a_published_version_has_no_editable_field() -> None:
    version = factories.published_version()
    page = client_for(superuser()).get(change_url(version))
    hidden = {"csrfmiddlewaretoken", "evidence-0-id", "evidence-0-version"}
    assert {n for n in fields_of(page, version) if not n.endswith("_FORMS")} == hidden
    assert "deletelink" not in text_of(page)


@pytest.mark.parametrize("key", ["x", "1.5", "-1", "99999999999999999999", "none"])
def test_an_unknown_key_is_an_error_of_the_form(key: str) -> None:
    statement = factories.StatementFactory()
    client = client_for(superuser())
    for record, name in (
        (statement.claim, "topics"),
        (statement, "claim"),
        (statement, "document"),
        (statement.claim, "statements-0-speaker"),
    ):
        fields = fields_of(client.get(change_url(record)), record)
        page = save(client, record, fields | {name: key})
        assert page.status_code == 200, name
        assert "errornote" in text_of(page)
        assert 'class="errorlist" id="id_' + name in text_of(page)


def test_the_finding_of_an_imported_draft_is_read_only() -> None:
    version: Any = factories.ReviewVersionFactory(markup="{}", summary="As the page says.")
    client = client_for(superuser())
    page = client.get(change_url(version))
    assert "change it at its source" in text_of(page)
    assert "As the page says." in text_of(page)
    fields = fields_of(page, version)
    assert not {"rating", "headline", "summary", "body"} & set(fields)
    assert save(client, version, fields | {"summary": "Other."}).status_code == 302
    version.refresh_from_db()
    assert version.summary == "As the page says."
