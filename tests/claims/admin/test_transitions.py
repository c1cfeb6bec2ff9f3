"""Transitions as buttons: permissions, confirmation pages and conflicts."""

from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from claims import models, workflow
from claims.choices import ClaimStatus, CorrectionKind, VersionState
from tests import factories
from tests.claims.admin.pages import change_url, client_for, fields_of, superuser, text_of, url

pytestmark = pytest.mark.django_db


def press(client: Client, record: Any, name: str, **fields: Any) -> Any:
    record.refresh_from_db()
    confirmation = {"confirmation": "1"} if "text" in fields else {}
    sent = {"revision": record.revision, **confirmation, **fields}
    return client.post(url(record, "transition", record.pk, name), sent, follow=True)


def test_an_editor_publishes_by_a_button() -> None:
    version = factories.submitted_version()
    editor: Any = factories.UserFactory(role="editor")
    client = client_for(editor)
    page = text_of(client.get(change_url(version)))
    assert url(version, "transition", version.pk, "publish") in page
    question = press(client, version, "publish")
    assert "Publication checks" in text_of(question)
    version.refresh_from_db()
    assert version.state == VersionState.SUBMITTED
    answer = press(client, version, "publish", confirmation="1")
    assert answer.redirect_chain[-1][0] == change_url(version)
    assert "Publish: done. It is now published." in text_of(answer)
    version.refresh_from_db()
    assert (version.state, version.editor) == (VersionState.PUBLISHED, editor)


def test_the_author_cannot_publish() -> None:
    author = factories.UserFactory(role="editor")
    version = factories.submitted_version(author=author)
    client = client_for(author)
    assert url(version, "transition", version.pk, "publish") not in text_of(
        client.get(change_url(version))
    )
    answer = press(client, version, "publish")
    assert (
        "You wrote this version. Someone who neither wrote nor edited it must publish it."
        in text_of(answer)
    )
    version.refresh_from_db()
    assert version.state == VersionState.SUBMITTED


def test_each_missing_value_is_a_message() -> None:
    version = factories.ReviewVersionFactory(rating=None, summary="")
    answer = text_of(press(client_for(superuser()), version, "submit"))
    for sentence in ("Choose a rating.", "Write a summary.", "Add at least one piece of evidence."):
        assert f'<li class="error">{sentence}</li>' in answer


def test_returning_a_version_asks_for_a_reason() -> None:
    version = factories.submitted_version()
    client = client_for(factories.UserFactory(role="editor"))
    question = press(client, version, "return")
    assert question.status_code == 200
    assert '<label for="id_text">Reason:</label>' in text_of(question)
    assert f'name="revision" value="{version.revision}"' in text_of(question)
    version.refresh_from_db()
    assert version.state == VersionState.SUBMITTED
    empty = press(client, version, "return", text="  ")
    assert "write the reason" in text_of(empty)
    done = press(client, version, "return", text="Which log?\r\nName it.")
    assert "It is now draft." in text_of(done)
    version.refresh_from_db()
    assert (version.state, version.return_reason) == (VersionState.DRAFT, "Which log?\nName it.")


def test_a_stale_transition_is_rejected_and_keeps_the_text() -> None:
    version = factories.submitted_version()
    client = client_for(superuser())
    answer = press(client, version, "return", text="Which log?", revision=version.revision - 1)
    assert "another user changed this record since you read it" in text_of(answer)
    assert "Which log?" in text_of(answer)
    answer = press(client, version, "publish", confirmation="1", revision=version.revision - 1)
    assert "another user changed this record since you read it" in text_of(answer)
    version.refresh_from_db()
    assert version.state == VersionState.SUBMITTED


@pytest.mark.parametrize("seen", ["", "x", "-1"])
def test_a_transition_without_a_revision_is_rejected(seen: str) -> None:
    version = factories.submitted_version()
    answer = press(client_for(superuser()), version, "publish", revision=seen)
    assert "did not name the revision that you saw" in text_of(answer)
    version.refresh_from_db()
    assert version.state == VersionState.SUBMITTED


def test_an_impossible_transition_shows_no_form() -> None:
    version = factories.ReviewVersionFactory()
    answer = press(client_for(superuser()), version, "return")
    assert answer.redirect_chain
    assert "not possible in the current state" in text_of(answer)


def test_a_transition_needs_a_post_with_the_csrf_token() -> None:
    version = factories.submitted_version()
    client = client_for(superuser())
    address = url(version, "transition", version.pk, "publish")
    assert client.get(address).status_code == 302  # reloaded in another language, say
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(superuser())
    assert strict.post(address, {"revision": version.revision}).status_code == 403
    version.refresh_from_db()
    assert version.state == VersionState.SUBMITTED


def test_an_auditor_gets_no_button_and_cannot_apply_a_transition() -> None:
    version = factories.submitted_version()
    published = factories.published_version()
    auditor = client_for(factories.UserFactory(role="auditor"))
    for record in (version, version.review.claim, published, published.review):
        assert "desk-moves" not in text_of(auditor.get(change_url(record)))
    data = {"revision": version.revision, "text": "x"}
    for step in workflow.TRANSITIONS[models.ReviewVersion]:
        assert (
            auditor.post(url(version, "transition", version.pk, step.name), data).status_code == 403
        )
    for step in workflow.TRANSITIONS[models.Claim]:
        claim = version.review.claim
        assert auditor.post(url(claim, "transition", claim.pk, step.name), data).status_code == 403
    prepare = url(published, "prepare", published.pk)
    assert auditor.post(prepare, {"kind": "update"}).status_code == 403


def test_a_reviewed_claim_has_no_button_to_reject_it() -> None:
    claim = factories.retracted_version().review.claim
    client = client_for(factories.UserFactory(role="editor"))
    assert url(claim, "transition", claim.pk, "reject") not in text_of(
        client.get(change_url(claim))
    )
    assert "not possible" in text_of(press(client, claim, "reject"))


def test_the_message_of_a_reopened_claim_names_its_status() -> None:
    claim = factories.ReviewVersionFactory().review.claim
    client = client_for(factories.UserFactory(role="editor"))
    press(client, claim, "mark_not_checkable", text="A wish.")
    assert "Reopen: done. It is now in review." in text_of(press(client, claim, "reopen"))
    history = text_of(client.get(url(claim, "history", claim.pk)))
    assert "Reopened" in history
    assert "because another record" not in history


def test_an_unknown_transition_or_record_is_a_404() -> None:
    version = factories.submitted_version()
    client = client_for(superuser())
    assert (
        client.post(url(version, "transition", version.pk, "burn"), {"revision": 1}).status_code
        == 404
    )
    assert client.post(url(version, "transition", 0, "publish"), {"revision": 1}).status_code == 404
    assert client.post(url(version, "prepare", 2**70)).status_code == 404


def test_a_claim_is_rejected_and_reopened_with_its_reason() -> None:
    claim = factories.ClaimFactory(listed=True)
    client = client_for(factories.UserFactory(role="editor"))
    press(client, claim, "reject", text="Nobody said it.")
    claim.refresh_from_db()
    assert (claim.status, claim.listed_at) == (ClaimStatus.REJECTED, None)
    assert "Nobody said it." in text_of(client.get(change_url(claim)))
    press(client, claim, "reopen")
    claim.refresh_from_db()
    assert claim.status == ClaimStatus.UNREVIEWED


def test_a_transition_is_in_the_history_of_the_record() -> None:
    claim = factories.ClaimFactory()
    client = client_for(superuser())
    press(client, claim, "list")
    assert "Listed for the public" in text_of(client.get(url(claim, "history", claim.pk)))


def test_opening_a_review_creates_its_first_draft_and_shows_it() -> None:
    claim: Any
    claim, publisher = factories.ClaimFactory(), factories.PublisherFactory()
    researcher: Any = factories.UserFactory(role="researcher")
    client = client_for(researcher)
    fields = {"claim": str(claim.pk), "publisher": str(publisher.pk)}
    fields |= fields_of(client.get(url(models.Review, "add")), models.Review) | fields
    answer = client.post(url(models.Review, "add"), fields, follow=True)
    version = models.ReviewVersion.objects.get()
    assert answer.redirect_chain[-1][0] == change_url(version)
    assert (version.author, version.review.claim) == (researcher, claim)
    claim.refresh_from_db()
    assert claim.status == ClaimStatus.IN_REVIEW
    again = client.post(url(models.Review, "add"), fields)
    assert again.status_code == 200
    assert "has a review of this claim" in text_of(again)


def test_a_review_of_a_rejected_claim_is_an_error_of_the_form() -> None:
    claim = factories.ClaimFactory(status=ClaimStatus.REJECTED, status_reason="Nobody said it.")
    client = client_for(superuser())
    fields = fields_of(client.get(url(models.Review, "add")), models.Review)
    fields |= {"claim": str(claim.pk), "publisher": str(factories.PublisherFactory().pk)}
    answer = client.post(url(models.Review, "add"), fields)
    assert "Reopen it before you review it" in text_of(answer)
    assert not models.Review.objects.exists()


@pytest.mark.parametrize("of_review", [True, False])
def test_the_next_version_of_a_published_review_is_prepared_by_a_button(of_review: bool) -> None:  # noqa: FBT001
    version = factories.published_version()
    record = version.review if of_review else version
    researcher: Any = factories.UserFactory(role="researcher")
    client = client_for(researcher)
    address = url(record, "prepare", record.pk)
    assert address in text_of(client.get(change_url(record)))
    question = client.post(address, {"revision": record.revision})
    assert "Kind of correction" in text_of(question)
    answer = client.post(
        address, {"kind": CorrectionKind.UPDATE, "note": "New figures."}, follow=True
    )
    second = models.ReviewVersion.objects.get(number=2)
    assert answer.redirect_chain[-1][0] == change_url(second)
    assert (second.author, second.correction_note) == (researcher, "New figures.")
    assert 'name="correction_note"' in text_of(answer)
    assert address not in text_of(client.get(change_url(record)))
    refused = client.post(address, {"kind": CorrectionKind.UPDATE, "note": "Kept words."})
    assert "The review has an open version" in text_of(refused)
    assert "Kept words." in text_of(refused)


def test_the_note_of_a_next_version_is_validated() -> None:
    version = factories.published_version()
    client = client_for(superuser())
    sent = {"kind": CorrectionKind.UPDATE, "note": "turned \u202e round"}
    answer = client.post(url(version, "prepare", version.pk), sent)
    assert "Bidirectional control" in text_of(answer)
    assert models.ReviewVersion.objects.count() == 1


def test_a_first_version_has_no_correction_fields() -> None:
    version = factories.ReviewVersionFactory()
    page = client_for(superuser()).get(change_url(version))
    assert 'name="correction_kind"' not in text_of(page)


def test_the_editor_sees_a_preview_before_publication() -> None:
    first = factories.published_version()
    before = first.headline
    version = factories.submitted_correction(
        first, headline=f"{before} after all", note="Another log."
    )
    client = client_for(factories.UserFactory(role="editor"))
    page = text_of(
        client.post(
            url(version, "transition", version.pk, "publish"), {"revision": version.revision}
        )
    )
    assert "Preview of the publication" in page
    assert f"{before}<ins> after all</ins>" in page
    for part in (version.rating.label, escape(version.summary), "Another log."):
        assert part in page
    alone = factories.submitted_version()
    page = text_of(
        client.post(url(alone, "transition", alone.pk, "publish"), {"revision": alone.revision})
    )
    assert alone.headline in page
    assert "<ins>" not in page


def test_a_retraction_is_no_kind_of_a_next_version() -> None:
    first = factories.published_version()
    client = client_for(first.author)
    page = text_of(client.post(url(first.review, "prepare", first.review.pk)))
    assert 'value="clarification"' in page
    assert 'value="retraction"' not in page
