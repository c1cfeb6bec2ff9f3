"""The engine applies a transition completely or not at all, to the revision that the user saw."""

from typing import Any

import pytest
from django.db.models import F

from claims import workflow
from claims.models import ReviewVersion
from claims.workflow import Transition, apply_transition
from claimsapi.core.errors import Conflict, Invalid, Stale
from claimsapi.core.models import Record
from tests.claims.workflow.records import (
    all_rows,
    assert_refused,
    attempt,
    create_user,
    draft_version,
    submitted_correction,
)
from tests.factories import (
    ClaimFactory,
    published_version,
    submitted_version,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("make", [ClaimFactory, draft_version])
def test_a_transition_of_a_deleted_record_is_a_conflict(make: Any) -> None:
    record, administrator = make(), create_user("administrator")
    transition = workflow.TRANSITIONS[type(record)][0]
    stale = type(record).objects.get(pk=record.pk)
    record.delete()
    with pytest.raises(Conflict, match="deleted the record"):
        apply_transition(record=stale, transition=transition, user=administrator, revision=1)


@pytest.mark.parametrize("revision", [0, 1, 99])
def test_a_transition_of_another_revision_is_stale(revision: int) -> None:
    version = submitted_version()  # its revision is 2
    assert_refused(Stale, version, workflow.PUBLISH, create_user("editor"), revision=revision)


def test_a_transition_of_an_edited_claim_is_stale() -> None:
    claim = ClaimFactory()
    revision = claim.revision
    claim.text = "Another ferry was late."
    claim.save()
    assert_refused(Stale, claim, workflow.REJECT, create_user("editor"), revision=revision)


def test_a_change_between_check_and_update_is_a_conflict() -> None:
    version = submitted_version()

    # The engine calls ``unmet_requirements`` between its checks and its UPDATE.
    def change_revision(*_: Any) -> list[str]:
        ReviewVersion.objects.filter(pk=version.pk).update(revision=F("revision") + 1)
        return []

    transition = Transition(
        "publish",
        "Publish",
        ("submitted",),
        "draft",
        "claims.publish_reviewversion",
        unmet_requirements=change_revision,
    )
    assert_refused(Conflict, version, transition, create_user("editor"))


def test_a_transition_reads_the_record_again() -> None:
    version, editor = submitted_version(), create_user("editor")
    stale = ReviewVersion.objects.get(pk=version.pk)
    attempt(version, workflow.RETURN, editor)
    with pytest.raises(Conflict, match="not possible while state is draft"):
        apply_transition(
            record=stale, transition=workflow.PUBLISH, user=editor, revision=stale.revision
        )


WITH_TEXT = [
    (submitted_version, workflow.RETURN),
    (published_version, workflow.RETRACT),
    (ClaimFactory, workflow.REJECT),
    (ClaimFactory, workflow.MARK_NOT_CHECKABLE),
]


# Unicode spaces too: a reason must be readable.
@pytest.mark.parametrize("text", ["", "  \n\t", "\u00a0\u2003"])
@pytest.mark.parametrize(("make", "transition"), WITH_TEXT)
def test_a_transition_without_its_reason_is_invalid(
    make: Any, transition: Transition, text: str
) -> None:
    refusal = assert_refused(Invalid, make(), transition, create_user("editor"), text=text)
    assert transition.text_name in str(refusal)


def test_the_list_of_transitions_with_a_text_is_complete() -> None:
    with_text = {
        transition.name
        for transitions in workflow.TRANSITIONS.values()
        for transition in transitions
        if transition.text_name
    }
    assert with_text == {transition.name for _make, transition in WITH_TEXT}


@pytest.mark.parametrize("text", ["A\x00b", "A\x1bb", "A\u202eb", "\u2066A", "A\ud800"], ids=ascii)
@pytest.mark.parametrize(
    ("make", "transition"), [*WITH_TEXT, (submitted_version, workflow.PUBLISH)]
)
def test_a_text_with_unprintable_characters_is_invalid(
    make: Any, transition: Transition, text: str
) -> None:
    assert_refused(Invalid, make(), transition, create_user("editor"), text=text)


LIMIT = workflow.MAX_TEXT_LENGTH


@pytest.mark.parametrize(("make", "transition"), WITH_TEXT)
def test_a_text_beyond_the_limit_is_invalid(make: Any, transition: Transition) -> None:
    refusal = assert_refused(
        Invalid, make(), transition, create_user("editor"), text="ß" * (LIMIT + 1)
    )
    assert str(LIMIT) in str(refusal)


@pytest.mark.parametrize(("make", "transition"), WITH_TEXT)
def test_a_text_of_the_limit_is_stored_completely(make: Any, transition: Transition) -> None:
    changed: Any = attempt(make(), transition, create_user("editor"), text=" " + "ß" * LIMIT)
    # Without the space: texts are stripped first. The limit counts characters, and ß has two bytes.
    columns = {"return": "return_reason", "retract": "retraction_note"}
    assert getattr(changed, columns.get(transition.name, "status_reason")) == "ß" * LIMIT


def test_a_transition_that_fails_midway_changes_nothing() -> None:
    second = submitted_correction(published_version())

    def fail(_record: Record, _input: Any) -> None:
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
    before = all_rows()
    with pytest.raises(RuntimeError, match="disk is full"):
        attempt(second, failing, create_user("editor"))
    assert all_rows() == before
