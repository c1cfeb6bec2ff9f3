"""The table of moves: who may make which move from where, what it needs, and what follows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db.models import F

from claims import workflow
from claims.choices import VERSION_TRANSITIONS as DATABASE_TRANSITIONS
from claims.choices import ClaimStatus, VersionState
from claims.models import Claim, Evidence, Review, ReviewVersion
from claims.services.reviews import open_draft, open_review, prepare_next_version
from claims.workflow import Transition, apply_transition, available_transitions
from claimsapi.core.errors import Conflict, DomainError, Invalid, NotAllowed, NotReady, Stale
from claimsapi.core.ledger.audit_context import audit_context
from claimsapi.core.models import Record, User
from tests.conftest import ROLES
from tests.factories import (
    ClaimFactory,
    DocumentFactory,
    EvidenceFactory,
    PublisherFactory,
    RatingFactory,
    ReviewFactory,
    ReviewVersionFactory,
    UserFactory,
    move,
    published_version,
    retracted_version,
    submitted_version,
)

pytestmark = pytest.mark.django_db

NOTE = "It was about another ferry."
EVERYONE = (*ROLES, "no role")

# The tables as the documentation has them, written a second time on purpose: the move, the states
# from which it starts with the one where it ends, and the roles that make it.
DECIDERS = {"editor", "administrator"}
WRITERS = {"researcher", *DECIDERS}
VERSION_MOVES: dict[str, tuple[dict[str, str], set[str]]] = {
    "submit": ({"draft": "submitted"}, WRITERS),
    "return": ({"submitted": "draft"}, DECIDERS),
    "publish": ({"submitted": "published"}, DECIDERS),
    "retract": ({"published": "retracted"}, DECIDERS),
}
CLAIM_MOVES: dict[str, tuple[dict[str, str], set[str]]] = {
    "start_review": ({"unreviewed": "in_review"}, WRITERS),
    "mark_not_checkable": (
        {"unreviewed": "not_checkable", "in_review": "not_checkable"},
        DECIDERS,
    ),
    "same_as": (
        dict.fromkeys(("unreviewed", "in_review", "not_checkable"), "rejected"),
        DECIDERS,
    ),
    "reject": ({"unreviewed": "rejected", "in_review": "rejected"}, DECIDERS),
    "reopen": ({"rejected": "unreviewed", "not_checkable": "unreviewed"}, DECIDERS),
    "list": (
        {s: s for s in ("unreviewed", "in_review", "reviewed", "not_checkable")},
        DECIDERS,
    ),
    "unlist": (
        {s: s for s in ("unreviewed", "in_review", "reviewed", "not_checkable")},
        DECIDERS,
    ),
}


def named(model: type[Record], name: str) -> Transition:
    return next(step for step in workflow.TRANSITIONS[model] if step.name == name)


def superseded_version() -> ReviewVersion:
    first = published_version()
    correct(first)
    first.refresh_from_db()
    return first


def correct(version: ReviewVersion, note: str = NOTE) -> ReviewVersion:
    """Publish a correction of the version."""
    second = submitted_correction(version, note)
    move(second, workflow.PUBLISH, UserFactory(role="editor"))
    return second


def submitted_correction(version: ReviewVersion, note: str = NOTE) -> ReviewVersion:
    second = prepare_next_version(
        review=version.review, author=version.author, kind="correction", note=note
    )
    move(second, workflow.SUBMIT, second.author)
    return second


def draft_version(**values: Any) -> ReviewVersion:
    """A draft with evidence."""
    version: ReviewVersion = ReviewVersionFactory(**values)
    EvidenceFactory(version=version)
    return version


VERSIONS: dict[str, Callable[..., ReviewVersion]] = {
    "draft": draft_version,
    "submitted": submitted_version,
    "published": published_version,
    "superseded": superseded_version,
    "retracted": retracted_version,
}


def claim_in(status: str, **values: Any) -> Claim:
    reason = "A wish." if status in {"rejected", "not_checkable"} else ""
    claim: Claim = ClaimFactory(status=status, status_reason=reason, **values)
    return claim


def someone(role: str) -> User:
    person: User = UserFactory(role=None if role == "no role" else role)
    return person


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row that a move could touch."""
    return {
        model.__name__: list(model._base_manager.order_by("pk").values())
        for model in (Claim, Review, ReviewVersion, Evidence)
    }


def attempt(record: Record, step: Transition, user: User, **values: Any) -> Record:
    record.refresh_from_db()
    return apply_transition(
        record=record,
        transition=step,
        user=user,
        **{"text": NOTE, "revision": record.revision, **values},
    )


def assert_refused(
    error: type[DomainError], record: Record, step: Transition, user: User, **values: Any
) -> DomainError:
    """The move is refused with exactly this error, and nothing was changed by the attempt."""
    before = everything()
    with pytest.raises(DomainError) as caught:
        attempt(record, step, user, **values)
    assert type(caught.value) is error
    assert everything() == before
    return caught.value


# --- the table


def test_the_table_has_the_moves_that_these_tests_know() -> None:
    assert {step.name for step in workflow.TRANSITIONS[ReviewVersion]} == set(VERSION_MOVES)
    assert {step.name for step in workflow.TRANSITIONS[Claim]} == set(CLAIM_MOVES)
    assert set(workflow.TRANSITIONS) == {ReviewVersion, Claim}


def test_the_database_knows_the_same_moves_of_a_version() -> None:
    """The one beside the table is what publishing does to the version before."""
    moves = {
        (start, m.to_state) for m in workflow.TRANSITIONS[ReviewVersion] for start in m.from_states
    }
    assert set(DATABASE_TRANSITIONS) == moves | {(VersionState.PUBLISHED, VersionState.SUPERSEDED)}


@pytest.mark.parametrize("role", EVERYONE)
@pytest.mark.parametrize("state", VersionState.values)
@pytest.mark.parametrize("name", VERSION_MOVES)
def test_a_version_moves_as_the_table_says(name: str, state: str, role: str) -> None:
    ends, roles = VERSION_MOVES[name]
    version, step, user = VERSIONS[state](), named(ReviewVersion, name), someone(role)
    if role not in roles:
        assert_refused(NotAllowed, version, step, user)
    elif state not in ends:
        assert_refused(Conflict, version, step, user)
    else:
        moved = attempt(version, step, user)
        version.refresh_from_db()
        assert (moved.state, version.state) == (ends[state], ends[state])
        assert moved.revision == version.revision


@pytest.mark.parametrize("role", EVERYONE)
@pytest.mark.parametrize("status", ClaimStatus.values)
@pytest.mark.parametrize("name", CLAIM_MOVES)
def test_a_claim_moves_as_the_table_says(name: str, status: str, role: str) -> None:
    ends, roles = CLAIM_MOVES[name]
    listed = name == "unlist" and status != "rejected"
    claim, step, user = claim_in(status, listed=listed), named(Claim, name), someone(role)
    given = {"other": ClaimFactory()} if step.other_name else {}
    if role not in roles:
        assert_refused(NotAllowed, claim, step, user, **given)
    elif name == "unlist" and status == "rejected":
        assert_refused(Conflict, claim, step, user)  # a rejected claim is not listed
    elif status not in ends:
        assert_refused(Conflict, claim, step, user, **given)
    else:
        revision = claim.revision
        moved = attempt(claim, step, user, **given)
        claim.refresh_from_db()
        assert (moved.status, claim.status) == (ends[status], ends[status])
        assert claim.revision == revision + 1


@pytest.mark.parametrize("role", EVERYONE)
@pytest.mark.parametrize("state", VersionState.values)
def test_the_buttons_of_a_version_are_the_moves_that_would_succeed(state: str, role: str) -> None:
    user = someone(role)
    offered = {step.name for step in available_transitions(record=VERSIONS[state](), user=user)}
    assert offered == {
        name for name, (ends, roles) in VERSION_MOVES.items() if state in ends and role in roles
    }


def test_the_buttons_of_a_listed_claim_offer_to_take_it_off() -> None:
    editor = someone("editor")
    names = {
        step.name for step in available_transitions(record=ClaimFactory(listed=True), user=editor)
    }
    assert "unlist" in names
    assert "list" not in names


@pytest.mark.parametrize("name", VERSION_MOVES)
def test_nobody_moves_without_an_account(name: str) -> None:
    start = next(iter(VERSION_MOVES[name][0]))
    assert_refused(NotAllowed, VERSIONS[start](), named(ReviewVersion, name), AnonymousUser())


def test_an_account_that_was_closed_moves_nothing() -> None:
    editor = UserFactory(role="editor", is_active=False)
    assert_refused(NotAllowed, submitted_version(), workflow.PUBLISH, editor)


# --- publishing


def test_the_author_never_publishes_whatever_the_role() -> None:
    version = submitted_version(author=UserFactory(role="editor"))
    refusal = assert_refused(NotAllowed, version, workflow.PUBLISH, version.author)
    assert "must publish it" in str(refusal)
    assert workflow.PUBLISH not in available_transitions(record=version, user=version.author)


def test_not_even_a_superuser_publishes_what_they_wrote() -> None:
    version = submitted_version(author=UserFactory(is_superuser=True))
    assert_refused(NotAllowed, version, workflow.PUBLISH, version.author)


def test_publishing_records_who_and_when() -> None:
    version, editor = submitted_version(), someone("editor")
    attempt(version, workflow.PUBLISH, editor)
    version.refresh_from_db()
    assert version.editor == editor
    assert version.submitted_at is not None
    assert version.published_at is not None
    assert version.published_at >= version.submitted_at
    assert version.closed_at is None


WANTING = {
    "rating": ({"rating": None}, "Choose a rating."),
    "summary": ({"summary": ""}, "Write a summary."),
    "summary of spaces": ({"summary": " \n\t"}, "Write a summary."),
    "kind of correction": (
        {"number": 2, "correction_note": NOTE},
        "Choose the kind of correction.",
    ),
    "note of the correction": (
        {"number": 2, "correction_kind": "update"},
        "Write the public note of the correction.",
    ),
    "note of spaces": (
        {"number": 2, "correction_kind": "update", "correction_note": "  "},
        "Write the public note of the correction.",
    ),
}


@pytest.mark.parametrize("case", WANTING)
def test_an_incomplete_draft_is_not_submitted(case: str) -> None:
    values, sentence = WANTING[case]
    version = draft_version(**values)
    refusal = assert_refused(NotReady, version, workflow.SUBMIT, version.author)
    assert refusal.missing == (sentence,)


def test_a_draft_without_evidence_is_not_submitted() -> None:
    version = ReviewVersionFactory()
    refusal = assert_refused(NotReady, version, workflow.SUBMIT, version.author)
    assert refusal.missing == ("Add at least one piece of evidence.",)


def test_all_that_is_missing_is_said_at_once() -> None:
    version = ReviewVersionFactory(number=2, rating=None, summary="")
    refusal = assert_refused(NotReady, version, workflow.SUBMIT, version.author)
    assert len(refusal.missing) == 5
    assert all(sentence in str(refusal) for sentence in refusal.missing)


def submitted_raw(**values: Any) -> ReviewVersion:
    """A version that was submitted around the table of moves."""
    version = ReviewVersionFactory(**values)
    ReviewVersion.objects.filter(pk=version.pk).update(
        state="submitted", submitted_at=version.created_at
    )
    return version


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"rating": None}, "Choose a rating."),
        ({"summary": ""}, "Write a summary."),
        ({}, "Add at least one piece of evidence."),
    ],
)
def test_what_was_submitted_incomplete_is_not_published(
    values: dict[str, Any], sentence: str
) -> None:
    refusal = assert_refused(NotReady, submitted_raw(**values), workflow.PUBLISH, someone("editor"))
    assert sentence in refusal.missing


@pytest.mark.parametrize(
    ("make", "step"),
    [(draft_version, workflow.SUBMIT), (submitted_version, workflow.PUBLISH)],
)
def test_a_review_of_a_rejected_claim_goes_no_further(make: Any, step: Transition) -> None:
    version = make()
    attempt(version.review.claim, workflow.REJECT, someone("editor"))
    refusal = assert_refused(NotReady, version, step, someone("editor"))
    assert refusal.missing == ("Reopen the rejected claim.",)


# --- the next version


def test_the_next_version_takes_the_place_of_the_published_one() -> None:
    first = published_version()
    second = correct(first)
    first.refresh_from_db()
    assert (first.state, second.state) == ("superseded", "published")
    assert first.closed_at == second.published_at


def test_the_public_sees_version_1_until_version_2_is_published() -> None:
    first = published_version()
    second = submitted_correction(first)
    public = ReviewVersion.objects.filter(review=first.review).visible_to(AnonymousUser())
    assert list(public) == [first]
    attempt(second, workflow.RETURN, someone("editor"))
    assert list(public.all()) == [first]
    attempt(second, workflow.SUBMIT, second.author)
    attempt(second, workflow.PUBLISH, someone("editor"))
    assert list(public.filter(state="published")) == [second]
    assert set(public.all()) == {first, second}


def test_a_refused_publication_of_version_2_leaves_version_1_published() -> None:
    first = published_version()
    second = submitted_correction(first)
    assert_refused(NotAllowed, second, workflow.PUBLISH, second.author)
    assert_refused(Stale, second, workflow.PUBLISH, someone("editor"), revision=0)
    first.refresh_from_db()
    assert first.state == "published"


def test_publishing_supersedes_nothing_of_other_reviews() -> None:
    other = published_version()
    correct(published_version())
    correct(published_version(review=ReviewFactory(claim=other.review.claim)))
    other.refresh_from_db()
    assert other.state == "published"


# --- returning, and retracting


def test_a_returned_version_says_why_until_it_is_submitted_again() -> None:
    version = submitted_version()
    attempt(version, workflow.RETURN, someone("editor"), text="  Which ferry?\n")
    version.refresh_from_db()
    assert (version.state, version.return_reason) == ("draft", "Which ferry?")
    attempt(version, workflow.SUBMIT, version.author)
    version.refresh_from_db()
    assert version.return_reason == ""


def test_a_retracted_version_says_why_and_when() -> None:
    version = published_version()
    attempt(version, workflow.RETRACT, someone("editor"), text="Zu\u0308rich has no ferry.")
    version.refresh_from_db()
    assert version.retraction_note == "Z\u00fcrich has no ferry."
    assert version.closed_at is not None
    assert version.published_at is not None
    assert version.closed_at >= version.published_at


def test_a_retracted_version_stays_in_sight_and_so_does_its_claim() -> None:
    version = retracted_version()
    assert version in ReviewVersion.objects.visible_to(AnonymousUser())
    assert version.review.claim in Claim.objects.visible_to(AnonymousUser())


def test_a_retracted_review_can_be_replaced_by_a_next_version() -> None:
    first = retracted_version()
    second = correct(first)
    first.refresh_from_db()
    assert (first.state, second.state) == ("retracted", "published")


# --- the claim follows


def test_a_claim_is_reviewed_once_a_review_of_it_is_published() -> None:
    version = submitted_version()
    claim = version.review.claim
    assert claim.status == "unreviewed"
    attempt(version, workflow.PUBLISH, someone("editor"))
    claim.refresh_from_db()
    assert (claim.status, claim.revision) == ("reviewed", 2)


def test_a_claim_that_was_not_checkable_is_reviewed_by_a_publication() -> None:
    version = submitted_version()
    claim = version.review.claim
    attempt(claim, workflow.MARK_NOT_CHECKABLE, someone("editor"))
    attempt(version, workflow.PUBLISH, someone("editor"))
    claim.refresh_from_db()
    assert (claim.status, claim.status_reason) == ("reviewed", "")


def test_a_claim_whose_only_review_was_retracted_is_in_review_again() -> None:
    claim = retracted_version().review.claim
    claim.refresh_from_db()
    assert claim.status == "in_review"


def test_a_claim_with_another_published_review_stays_reviewed() -> None:
    kept = published_version()
    claim = kept.review.claim
    retracted_version(review=ReviewFactory(claim=claim))
    claim.refresh_from_db()
    assert claim.status == "reviewed"
    attempt(kept, workflow.RETRACT, someone("editor"))
    claim.refresh_from_db()
    assert claim.status == "in_review"


def test_a_claim_stays_reviewed_while_its_review_is_corrected() -> None:
    second = correct(published_version())
    claim = Claim.objects.get(pk=second.review.claim_id)
    assert claim.status == "reviewed"


def test_a_claim_with_something_published_is_not_rejected() -> None:
    claim = retracted_version().review.claim
    editor = someone("editor")
    refusal = assert_refused(Conflict, claim, workflow.REJECT, editor)
    assert "a published or retracted review" in str(refusal)
    assert workflow.REJECT not in available_transitions(record=claim, user=editor)


def test_a_rejected_claim_is_taken_off_the_public_list() -> None:
    claim = ClaimFactory(listed=True)
    attempt(claim, workflow.REJECT, someone("editor"), text="A wish.")
    claim.refresh_from_db()
    assert (claim.listed_at, claim.status_reason) == (None, "A wish.")
    assert claim not in Claim.objects.visible_to(AnonymousUser())


def test_a_reopened_claim_carries_no_reason_any_more() -> None:
    claim = claim_in("rejected")
    attempt(claim, workflow.REOPEN, someone("editor"))
    claim.refresh_from_db()
    assert claim.status_reason == ""


def test_a_reopened_claim_that_somebody_works_on_is_in_review() -> None:
    version, editor = draft_version(), someone("editor")
    claim = version.review.claim
    attempt(claim, workflow.MARK_NOT_CHECKABLE, editor)
    attempt(claim, workflow.REOPEN, editor)
    claim.refresh_from_db()
    assert (claim.status, claim.status_reason) == ("in_review", "")


@pytest.mark.parametrize("make", [ClaimFactory, draft_version])
def test_a_record_that_was_deleted_meanwhile_is_a_conflict(make: Any) -> None:
    record, administrator = make(), someone("administrator")
    step = workflow.TRANSITIONS[type(record)][0]
    seen = type(record).objects.get(pk=record.pk)
    record.delete()
    with pytest.raises(Conflict, match="deleted the record"):
        apply_transition(record=seen, transition=step, user=administrator, revision=1)


def test_a_claim_is_listed_once_and_taken_off_once() -> None:
    claim, editor = ClaimFactory(), someone("editor")
    attempt(claim, workflow.LIST, editor)
    assert claim in Claim.objects.visible_to(AnonymousUser())
    assert_refused(Conflict, claim, workflow.LIST, editor)
    attempt(claim, workflow.UNLIST, editor)
    assert claim not in Claim.objects.visible_to(AnonymousUser())
    assert_refused(Conflict, claim, workflow.UNLIST, editor)


def test_a_publication_changes_the_revision_of_its_review_and_of_nothing_else() -> None:
    version, other = submitted_version(), published_version()
    before = Review.objects.get(pk=version.review_id).revision
    untouched = Review.objects.get(pk=other.review_id).revision
    attempt(version, workflow.PUBLISH, someone("editor"))
    assert Review.objects.get(pk=version.review_id).revision > before
    assert Review.objects.get(pk=other.review_id).revision == untouched


# --- what a move is made on, and with which words


@pytest.mark.parametrize("seen", [0, 1, 99])
def test_a_move_on_what_has_changed_since_is_refused(seen: int) -> None:
    version = submitted_version()  # its revision is 2
    assert_refused(Stale, version, workflow.PUBLISH, someone("editor"), revision=seen)


def test_a_move_decided_on_a_claim_that_a_colleague_has_edited_is_refused() -> None:
    claim = ClaimFactory()
    seen = claim.revision
    claim.text = "Another ferry was late."
    claim.save()
    assert_refused(Stale, claim, workflow.REJECT, someone("editor"), revision=seen)


def test_a_change_that_slips_in_after_the_checks_makes_the_move_a_conflict() -> None:
    version = submitted_version()

    def slip_in(*_: Any) -> list[str]:
        ReviewVersion.objects.filter(pk=version.pk).update(revision=F("revision") + 1)
        return []

    slipping = Transition(
        "publish",
        "Publish",
        ("submitted",),
        "draft",
        "claims.publish_reviewversion",
        missing=slip_in,
    )
    assert_refused(Conflict, version, slipping, someone("editor"))


def test_a_move_reads_the_record_anew() -> None:
    version, editor = submitted_version(), someone("editor")
    stale = ReviewVersion.objects.get(pk=version.pk)
    attempt(version, workflow.RETURN, editor)
    with pytest.raises(Conflict, match="not possible while state is draft"):
        apply_transition(
            record=stale, transition=workflow.PUBLISH, user=editor, revision=stale.revision
        )


ASKING = [
    (submitted_version, workflow.RETURN),
    (published_version, workflow.RETRACT),
    (ClaimFactory, workflow.REJECT),
    (ClaimFactory, workflow.MARK_NOT_CHECKABLE),
]


@pytest.mark.parametrize("text", ["", "  \n\t", "\u00a0\u2003"])
@pytest.mark.parametrize(("make", "step"), ASKING)
def test_a_move_that_asks_for_a_reason_is_not_made_without(
    make: Any, step: Transition, text: str
) -> None:
    refusal = assert_refused(Invalid, make(), step, someone("editor"), text=text)
    assert step.text_name in str(refusal)


def test_the_moves_that_ask_for_words_are_those_tested_above() -> None:
    asking = {
        step.name for moves in workflow.TRANSITIONS.values() for step in moves if step.text_name
    }
    assert asking == {step.name for _make, step in ASKING}


@pytest.mark.parametrize("text", ["A\x00b", "A\x1bb", "A\u202eb", "\u2066A", "A\ud800"], ids=ascii)
@pytest.mark.parametrize(("make", "step"), [*ASKING, (submitted_version, workflow.PUBLISH)])
def test_words_that_no_record_may_hold_are_refused(make: Any, step: Transition, text: str) -> None:
    assert_refused(Invalid, make(), step, someone("editor"), text=text)


LONG = workflow.LONGEST_TEXT


@pytest.mark.parametrize(("make", "step"), ASKING)
def test_words_beyond_the_longest_are_refused(make: Any, step: Transition) -> None:
    refusal = assert_refused(Invalid, make(), step, someone("editor"), text="ß" * (LONG + 1))
    assert str(LONG) in str(refusal)


@pytest.mark.parametrize(("make", "step"), ASKING)
def test_words_as_long_as_the_longest_are_kept_whole(make: Any, step: Transition) -> None:
    moved: Any = attempt(make(), step, someone("editor"), text=" " + "ß" * LONG)
    kept = {"return": "return_reason", "retract": "retraction_note"}
    assert getattr(moved, kept.get(step.name, "status_reason")) == "ß" * LONG


def test_a_move_that_fails_half_way_changes_nothing() -> None:
    second = submitted_correction(published_version())

    def fail(_record: Record, _given: Any) -> None:
        raise RuntimeError("The disk is full.")

    failing = Transition(
        "publish",
        "Publish",
        ("submitted",),
        "published",
        "claims.publish_reviewversion",
        before=workflow.PUBLISH.before,
        changes=workflow.PUBLISH.changes,
        after=fail,
    )
    before = everything()
    with pytest.raises(RuntimeError, match="disk is full"):
        attempt(second, failing, someone("editor"))
    assert everything() == before


# --- opening a review


def test_a_review_opens_with_a_first_draft_and_its_claim_in_review() -> None:
    claim, publisher, author = ClaimFactory(), PublisherFactory(), someone("researcher")
    rating = RatingFactory()
    review = open_review(
        claim=claim, publisher=publisher, author=author, rating=rating, summary="Zu\u0308rich."
    )
    (version,) = review.versions.all()
    assert (version.number, version.state, version.author) == (1, "draft", author)
    assert (version.rating, version.summary) == (rating, "Z\u00fcrich.")
    claim.refresh_from_db()
    assert claim.status == "in_review"


@pytest.mark.parametrize("state", VERSIONS)
def test_a_publisher_opens_one_review_of_a_claim(state: str) -> None:
    review = VERSIONS[state]().review
    before = everything()
    with pytest.raises(Conflict, match="prepare its next version"):
        open_review(claim=review.claim, publisher=review.publisher, author=someone("editor"))
    assert everything() == before


def test_a_review_whose_only_draft_was_deleted_begins_again() -> None:
    version: Any = ReviewVersionFactory()
    review, author = version.review, someone("researcher")
    version.delete()
    assert open_review(claim=review.claim, publisher=review.publisher, author=author) == review
    (draft,) = review.versions.all()
    assert (draft.number, draft.state, draft.author) == (1, "draft", author)


def test_another_publisher_opens_its_own_review_of_the_claim() -> None:
    review = published_version().review
    open_review(claim=review.claim, publisher=PublisherFactory(), author=someone("editor"))
    review.claim.refresh_from_db()
    assert review.claim.status == "reviewed"


def test_a_review_brought_in_does_not_stand_in_the_way_of_an_own_one() -> None:
    review = ReviewFactory(origin="imported")
    open_review(claim=review.claim, publisher=review.publisher, author=someone("editor"))
    assert review.claim.reviews.count() == 2


def test_no_review_of_a_rejected_claim_is_opened() -> None:
    claim = claim_in("rejected")
    before = everything()
    with pytest.raises(Conflict, match="Reopen it"):
        open_review(claim=claim, publisher=PublisherFactory(), author=someone("editor"))
    assert everything() == before


def test_a_claim_rejected_since_it_was_read_gets_no_review() -> None:
    claim = ClaimFactory()
    attempt(Claim.objects.get(pk=claim.pk), workflow.REJECT, someone("editor"))
    with pytest.raises(Conflict, match="Reopen it"):
        open_review(claim=claim, publisher=PublisherFactory(), author=someone("editor"))


@pytest.mark.parametrize("status", ["in_review", "reviewed", "not_checkable"])
def test_opening_a_review_changes_the_status_of_an_unreviewed_claim_only(status: str) -> None:
    claim = claim_in(status)
    open_review(claim=claim, publisher=PublisherFactory(), author=someone("editor"))
    claim.refresh_from_db()
    assert (claim.status, claim.revision) == (status, 1)


def test_a_review_that_cannot_be_written_leaves_nothing_behind() -> None:
    claim, author = ClaimFactory(), someone("editor")
    before = everything()
    with pytest.raises(ValidationError):
        open_review(claim=claim, publisher=PublisherFactory(), author=author, summary="A\x00")
    assert everything() == before


# --- preparing the next version


def test_the_next_version_begins_as_a_copy_with_its_evidence() -> None:
    first = submitted_version(body="The log.")
    attempt(first, workflow.RETURN, someone("editor"))
    EvidenceFactory(
        version=first, is_confidential=True, confidential_reason="A source.", note="Tides."
    )
    attempt(first, workflow.SUBMIT, first.author)
    attempt(first, workflow.PUBLISH, someone("editor"))
    author = someone("researcher")
    second = prepare_next_version(review=first.review, author=author, kind="update", note=NOTE)
    second.refresh_from_db()
    assert (second.number, second.state, second.author) == (2, "draft", author)
    assert (second.correction_kind, second.correction_note) == ("update", NOTE)
    for column in ("rating", "headline", "summary", "body"):
        assert getattr(second, column) == getattr(first, column)
    for column in ("editor", "submitted_at", "published_at", "closed_at"):
        assert getattr(second, column) is None
    assert content_of(second) == content_of(first)
    assert len(content_of(second)) == 2


def content_of(version: ReviewVersion) -> list[dict[str, Any]]:
    own = ("id", "public_id", "version_id", "created_at", "updated_at", "revision")
    return [
        {column: value for column, value in row.items() if column not in own}
        for row in version.evidence.order_by("public_id").values()
    ]


def test_copied_evidence_is_evidence_of_its_own() -> None:
    first = published_version()
    second = prepare_next_version(review=first.review, author=first.author, kind="update")
    (old,), (new,) = first.evidence.all(), second.evidence.all()
    assert new.public_id > old.public_id
    assert (new.revision, old.revision) == (1, 1)
    new.document = DocumentFactory()
    new.save()
    old.refresh_from_db()
    assert old.document != new.document


def test_the_next_version_follows_the_newest_published_one() -> None:
    second = correct(published_version())
    third = prepare_next_version(review=second.review, author=second.author, kind="update")
    assert third.number == 3


def test_the_next_version_after_a_retraction_starts_from_what_was_retracted() -> None:
    first = retracted_version(summary="The log shows it.")
    second = prepare_next_version(review=first.review, author=first.author, kind="correction")
    assert (second.number, second.summary, second.retraction_note) == (2, first.summary, "")


@pytest.mark.parametrize("submit", [False, True])
def test_no_second_version_is_prepared_beside_an_open_one(submit: bool) -> None:  # noqa: FBT001  a parameter of the test
    first = published_version()
    second = prepare_next_version(
        review=first.review, author=first.author, kind="update", note=NOTE
    )
    if submit:
        attempt(second, workflow.SUBMIT, second.author)
    before = everything()
    with pytest.raises(Conflict, match="open version"):
        prepare_next_version(review=first.review, author=first.author, kind="update")
    assert everything() == before


@pytest.mark.parametrize("make", [draft_version, submitted_version])
def test_nothing_is_prepared_before_something_was_published(make: Any) -> None:
    version = make()
    before = everything()
    with pytest.raises(Conflict):
        prepare_next_version(review=version.review, author=version.author, kind="update")
    assert everything() == before


def test_nothing_is_prepared_for_a_review_without_versions() -> None:
    with pytest.raises(Conflict, match="Nothing of this review was published yet"):
        prepare_next_version(review=ReviewFactory(), author=someone("editor"), kind="update")


def test_a_note_that_no_record_may_hold_prepares_nothing() -> None:
    first = published_version()
    before = everything()
    with pytest.raises(ValidationError):
        prepare_next_version(
            review=first.review, author=first.author, kind="update", note="A\u202e"
        )
    assert everything() == before


# --- the draft to edit


def test_the_draft_to_edit_is_the_open_one_beside_the_published() -> None:
    first = published_version()
    second = prepare_next_version(review=first.review, author=first.author, kind="update")
    assert open_draft(first.review) == second


@pytest.mark.parametrize(
    ("make", "sentence"),
    [(submitted_version, "was submitted"), (published_version, "no open version")],
)
def test_there_is_no_draft_to_edit_once_it_was_submitted(make: Any, sentence: str) -> None:
    with pytest.raises(Conflict, match=sentence):
        open_draft(make().review)


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["version", "evidence"])
def test_who_changed_a_version_does_not_publish_it(what: str) -> None:
    version = ReviewVersionFactory()
    editor, another = (UserFactory(role="editor") for _ in range(2))
    with audit_context(actor=f"@{editor.handle}"):
        if what == "version":
            version.summary = "Another finding altogether."
            version.save()
        EvidenceFactory(version=version) if what == "evidence" else None
    EvidenceFactory(version=version)
    move(version, workflow.SUBMIT, version.author)
    with pytest.raises(NotAllowed, match="You edited this version"):
        move(version, workflow.PUBLISH, editor)
    move(version, workflow.RETURN, editor, "Read it again.")
    move(version, workflow.SUBMIT, version.author)
    move(version, workflow.PUBLISH, another)
