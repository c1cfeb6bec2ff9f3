"""Of two simultaneous changes one wins, the other gets an error, and no rule is broken."""

from collections import Counter
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

from claims import workflow
from claims.exchange.claimreview.extractor import Item
from claims.exchange.importing.importer import ReviewImporter
from claims.exchange.importing.rows import Outcome, read_rows
from claims.exchange.importing.service import get_import_author
from claims.models import Claim, Evidence, Review, ReviewVersion, Topic
from claims.services.reviews import open_review, prepare_next_version
from claims.workflow import apply_transition
from claimsapi.core.errors import Conflict, DomainError, Stale
from claimsapi.core.models import User
from sources.models import Document, Speaker
from tests.claims.exchange.claimreview.corpus import plain
from tests.concurrency import PATIENCE, Together
from tests.factories import (
    ClaimFactory,
    EvidenceFactory,
    PublisherFactory,
    ReviewVersionFactory,
    UserFactory,
    published_version,
    submitted_version,
)

pytestmark = pytest.mark.django_db(transaction=True)

LOCK_WAIT = 0.5  # seconds after which the other thread is assumed to wait for a lock
ROUNDS = range(8)  # a collision is not certain in one round


def publish(version: ReviewVersion, editor: User) -> Callable[[], Any]:
    def apply() -> Any:
        return apply_transition(
            record=version, transition=workflow.PUBLISH, user=editor, revision=version.revision
        )

    return apply


def refusals(results: list[Any]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]


def test_the_connections_of_a_race_wait_for_each_other(together: Together) -> None:
    """A race on one shared connection, or in separate databases, would prove nothing."""
    claim: Claim = ClaimFactory()

    def add() -> int:
        with transaction.atomic():
            locked = Claim.objects.select_for_update().get(pk=claim.pk)
            Claim.objects.filter(pk=claim.pk).update(revision=locked.revision + 1)
        return id(connection.connection)

    connections_used = together(*[add] * 3)
    claim.refresh_from_db()
    assert claim.revision == 4
    assert refusals(connections_used) == []


def test_one_of_two_publications_wins(together: Together) -> None:
    editors = [UserFactory(role="editor") for _ in range(2)]
    for _ in ROUNDS:
        version: Any = submitted_version()
        results = together(*(publish(version, editor) for editor in editors))
        (refusal,) = refusals(results)
        assert isinstance(refusal, Conflict | Stale)
        (winner,) = [result for result in results if result is not refusal]
        version.refresh_from_db()
        assert version.state == "published"
        assert version.editor == winner.editor == editors[results.index(winner)]
        assert version.revision == winner.revision


def test_either_a_publication_or_a_return_wins(together: Together) -> None:
    one, other = (UserFactory(role="editor") for _ in range(2))
    for _ in ROUNDS:
        version = submitted_version()

        def send_back(version: ReviewVersion = version) -> Any:
            return apply_transition(
                record=version,
                transition=workflow.RETURN,
                user=other,
                text="Which ferry?",
                revision=version.revision,
            )

        results = together(publish(version, one), send_back)
        (refusal,) = refusals(results)
        assert isinstance(refusal, Conflict | Stale)
        version.refresh_from_db()
        published = results[0] is not refusal
        assert version.state == ("published" if published else "draft")
        assert (version.editor, version.return_reason) == (
            (one, "") if published else (None, "Which ferry?")
        )


def test_one_of_two_openings_of_a_review_wins(together: Together) -> None:
    people = [UserFactory(role="researcher") for _ in range(2)]
    publisher = PublisherFactory()
    for _ in ROUNDS:
        claim: Claim = ClaimFactory()

        def opening(person: User, claim: Claim = claim) -> Callable[[], Review]:
            return lambda: open_review(claim=claim, publisher=publisher, author=person)

        (refusal,) = refusals(together(*(opening(person) for person in people)))
        assert isinstance(refusal, Conflict)
        review = Review.objects.get(claim=claim)
        assert review.versions.count() == 1
        claim.refresh_from_db()
        assert (claim.status, claim.revision) == ("in_review", 2)


def test_one_of_two_next_versions_wins(together: Together) -> None:
    people = [UserFactory(role="researcher") for _ in range(2)]
    for _ in ROUNDS:
        review = published_version().review

        def preparing(person: User, review: Review = review) -> Callable[[], ReviewVersion]:
            return lambda: prepare_next_version(review=review, author=person, kind="update")

        (refusal,) = refusals(together(*(preparing(person) for person in people)))
        assert isinstance(refusal, Conflict)
        (draft,) = review.versions.filter(state="draft")
        assert draft.evidence.count() == 1


def test_either_a_rejection_or_the_opening_of_a_review_wins(together: Together) -> None:
    editor, publisher = UserFactory(role="editor"), PublisherFactory()
    for _ in ROUNDS:
        claim: Claim = ClaimFactory()

        def reject(claim: Claim = claim) -> Any:
            return apply_transition(
                record=claim, transition=workflow.REJECT, user=editor, text="A wish.", revision=1
            )

        def opening(claim: Claim = claim) -> Any:
            return open_review(claim=claim, publisher=publisher, author=editor)

        results = together(reject, opening)
        (refusal,) = refusals(results)
        claim.refresh_from_db()
        assert claim.status == ("in_review" if refusal is results[0] else "rejected")
        assert claim.reviews.exists() == (refusal is results[0])


def raw_delete(version: ReviewVersion) -> Any:
    return Evidence.objects.filter(version=version).delete()


def delete_each(version: ReviewVersion) -> Any:
    with transaction.atomic():
        for evidence in Evidence.objects.filter(version=version):
            evidence.delete()


@pytest.mark.parametrize("delete", [raw_delete, delete_each])
def test_a_race_of_publication_and_deletion_leaves_evidence(
    together: Together, delete: Callable[[ReviewVersion], Any]
) -> None:
    editor = UserFactory(role="editor")
    for _ in ROUNDS:
        version = submitted_version()
        together(publish(version, editor), lambda version=version: delete(version))
        version.refresh_from_db()
        assert version.evidence.exists()


def submit_and_publish(version: ReviewVersion, editor: User) -> None:
    """Submit and publish the version immediately."""
    submitted = apply_transition(
        record=version, transition=workflow.SUBMIT, user=version.author, revision=version.revision
    )
    apply_transition(
        record=submitted, transition=workflow.PUBLISH, user=editor, revision=submitted.revision
    )


@pytest.mark.parametrize("delete", [raw_delete, delete_each])
def test_a_slow_deletion_removes_no_evidence_of_a_published_version(
    together: Together, delete: Callable[[ReviewVersion], Any]
) -> None:
    """The deletion began in the draft and is not committed when the version is submitted."""
    editor = UserFactory(role="editor")
    version = ReviewVersionFactory()
    EvidenceFactory(version=version)
    version.refresh_from_db()
    deleted, published = Event(), Event()

    def delete_slowly() -> None:
        with transaction.atomic():
            delete(version)
            deleted.set()
            # The other thread finishes, or waits for a lock of this transaction.
            published.wait(LOCK_WAIT)

    def publish_meanwhile() -> None:
        assert deleted.wait(PATIENCE)
        submit_and_publish(version, editor)
        published.set()

    together(delete_slowly, publish_meanwhile)
    version.refresh_from_db()
    assert version.state != "published" or version.evidence.exists()


def test_evidence_added_during_a_submission_is_seen_or_refused(together: Together) -> None:
    for _ in ROUNDS:
        version = ReviewVersionFactory()
        document = EvidenceFactory(version=version).document
        version.refresh_from_db()
        submitted, added = together(
            lambda version=version: submit(version),
            lambda version=version, document=document: add_evidence(version, document),
        )
        version.refresh_from_db()
        if isinstance(submitted, Exception):
            assert isinstance(submitted, Stale)
            assert version.evidence.count() == 2
        elif isinstance(added, Exception):
            assert version.evidence.count() == 1
        else:
            assert added.created_at <= submitted.submitted_at


def test_evidence_cannot_be_added_to_a_version_during_its_submission(together: Together) -> None:
    version = ReviewVersionFactory()
    document = EvidenceFactory(version=version).document
    version.refresh_from_db()
    submitted, added = Event(), Event()

    def submit_slowly() -> None:
        with transaction.atomic():
            submit(version)
            submitted.set()
            added.wait(LOCK_WAIT)

    def add() -> Evidence:
        assert submitted.wait(PATIENCE)
        added.wait(0.01)  # the addition then has a later millisecond than the submission
        evidence = add_evidence(version, document)
        added.set()
        return evidence

    together(submit_slowly, add)
    version.refresh_from_db()
    assert version.state == "submitted"
    assert version.evidence.count() == 1


def submit(version: ReviewVersion) -> Any:
    return apply_transition(
        record=version, transition=workflow.SUBMIT, user=version.author, revision=version.revision
    )


def add_evidence(version: ReviewVersion, document: Document) -> Evidence:
    evidence = Evidence(version=version, document=document, stance="context")
    evidence.save()
    return evidence


def test_two_simultaneous_imports_create_each_speaker_and_topic_once(together: Together) -> None:
    author = get_import_author()

    def import_rows(site: str) -> Callable[[], Counter[Outcome]]:
        # Both importers read the existing records before either writes.
        importer = ReviewImporter(author=author)
        objects = [
            plain(
                url=f"https://{site}.example/{number}",
                keywords=[f"Topic {number % 5}"],
                itemReviewed={"@type": "Claim", "author": f"Speaker {number % 30}"},
            )
            for number in range(60)
        ]

        def run() -> Counter[Outcome]:
            list(importer.run(read_rows(iter(map(Item, objects)))))
            return importer.counts

        return run

    results = together(*map(import_rows, ("one", "two")))
    assert results == [{Outcome.CREATED: 60}] * 2
    assert Speaker.objects.count() == 30
    assert Topic.objects.count() == 5
    assert Review.objects.count() == 120


@pytest.mark.parametrize("first", ["the import", "the retraction"])
def test_an_import_and_a_retraction_of_one_review_run_one_after_the_other(
    together: Together, first: str
) -> None:
    author, editor = get_import_author(), UserFactory(role="editor")
    list(ReviewImporter(author=author).run(read_rows(iter([Item(plain())]))))
    version = ReviewVersion.objects.get()
    started, finished = Event(), Event()

    def import_rows() -> Outcome | None:
        if first == "the retraction":
            assert started.wait(PATIENCE)
        rows = read_rows(iter([Item(plain(name="Another headline"))]))
        with transaction.atomic():
            [row] = ReviewImporter(author=author).run(rows)
            if first == "the import":
                started.set()
                finished.wait(LOCK_WAIT)
        return row.outcome

    def retract() -> Any:
        if first == "the import":
            assert started.wait(PATIENCE)
        with transaction.atomic():
            retracted = apply_transition(
                record=version,
                transition=workflow.RETRACT,
                user=editor,
                revision=1,
                text="It was wrong.",
            )
            if first == "the retraction":
                started.set()
                finished.wait(LOCK_WAIT)
        return retracted

    outcome, retracted = together(import_rows, retract)
    states = list(ReviewVersion.objects.order_by("number").values_list("state", flat=True))
    if first == "the import":
        assert (outcome, states) == (Outcome.UPDATED, ["superseded", "published"])
        assert isinstance(retracted, DomainError)
    else:  # an import does not publish a retracted review again
        assert (outcome, states) == (Outcome.SAME, ["retracted"])
