"""The table of transitions: states before and after, and roles."""

import pytest
from django.contrib.auth.models import AnonymousUser

from claims import workflow
from claims.choices import VERSION_TRANSITIONS as DATABASE_TRANSITIONS
from claims.choices import ClaimStatus, VersionState
from claims.models import Claim, ReviewVersion
from claims.workflow import available_transitions
from claimsapi.core.errors import Conflict, NotAllowed
from tests.claims.workflow.records import (
    VERSION_FACTORIES,
    assert_refused,
    attempt,
    create_claim,
    create_user,
    get_transition,
)
from tests.conftest import ROLES
from tests.factories import (
    ClaimFactory,
    UserFactory,
    submitted_version,
)

pytestmark = pytest.mark.django_db

ALL_ROLES = (*ROLES, "no role")

# The documented rules, repeated here on purpose: for each transition the states before and after
# it, and the roles that may apply it.
EDITORS = {"editor", "administrator"}
WRITERS = {"researcher", *EDITORS}
VERSION_TRANSITIONS: dict[str, tuple[dict[str, str], set[str]]] = {
    "submit": ({"draft": "submitted"}, WRITERS),
    "return": ({"submitted": "draft"}, EDITORS),
    "publish": ({"submitted": "published"}, EDITORS),
    "retract": ({"published": "retracted"}, EDITORS),
}
CLAIM_TRANSITIONS: dict[str, tuple[dict[str, str], set[str]]] = {
    "start_review": ({"unreviewed": "in_review"}, WRITERS),
    "mark_not_checkable": (
        {"unreviewed": "not_checkable", "in_review": "not_checkable"},
        EDITORS,
    ),
    "same_as": (
        dict.fromkeys(("unreviewed", "in_review", "not_checkable"), "rejected"),
        EDITORS,
    ),
    "reject": ({"unreviewed": "rejected", "in_review": "rejected"}, EDITORS),
    "reopen": ({"rejected": "unreviewed", "not_checkable": "unreviewed"}, EDITORS),
    "list": (
        {s: s for s in ("unreviewed", "in_review", "reviewed", "not_checkable")},
        EDITORS,
    ),
    "unlist": (
        {s: s for s in ("unreviewed", "in_review", "reviewed", "not_checkable")},
        EDITORS,
    ),
}


def test_the_tables_of_this_file_contain_every_transition() -> None:
    assert {transition.name for transition in workflow.TRANSITIONS[ReviewVersion]} == set(
        VERSION_TRANSITIONS
    )
    assert {transition.name for transition in workflow.TRANSITIONS[Claim]} == set(CLAIM_TRANSITIONS)
    assert set(workflow.TRANSITIONS) == {ReviewVersion, Claim}


def test_the_database_allows_the_transitions_of_versions_and_superseding() -> None:
    """A publication supersedes the previous version; this is no transition of its own."""
    transitions = {
        (state, t.to_state) for t in workflow.TRANSITIONS[ReviewVersion] for state in t.from_states
    }
    assert set(DATABASE_TRANSITIONS) == transitions | {
        (VersionState.PUBLISHED, VersionState.SUPERSEDED)
    }


@pytest.mark.parametrize("role", ALL_ROLES)
@pytest.mark.parametrize("state", VersionState.values)
@pytest.mark.parametrize("name", VERSION_TRANSITIONS)
def test_transitions_of_versions_follow_the_table(name: str, state: str, role: str) -> None:
    end_states, roles = VERSION_TRANSITIONS[name]
    version, user = VERSION_FACTORIES[state](), create_user(role)
    transition = get_transition(ReviewVersion, name)
    if role not in roles:
        assert_refused(NotAllowed, version, transition, user)
    elif state not in end_states:
        assert_refused(Conflict, version, transition, user)
    else:
        changed = attempt(version, transition, user)
        version.refresh_from_db()
        assert (changed.state, version.state) == (end_states[state], end_states[state])
        assert changed.revision == version.revision


@pytest.mark.parametrize("role", ALL_ROLES)
@pytest.mark.parametrize("status", ClaimStatus.values)
@pytest.mark.parametrize("name", CLAIM_TRANSITIONS)
def test_transitions_of_claims_follow_the_table(name: str, status: str, role: str) -> None:
    end_states, roles = CLAIM_TRANSITIONS[name]
    is_listed = name == "unlist" and status != "rejected"
    claim, user = create_claim(status, listed=is_listed), create_user(role)
    transition = get_transition(Claim, name)
    arguments = {"other": ClaimFactory()} if transition.other_name else {}
    if role not in roles:
        assert_refused(NotAllowed, claim, transition, user, **arguments)
    elif name == "unlist" and status == "rejected":
        assert_refused(Conflict, claim, transition, user)  # a rejected claim is not listed
    elif status not in end_states:
        assert_refused(Conflict, claim, transition, user, **arguments)
    else:
        revision = claim.revision
        changed = attempt(claim, transition, user, **arguments)
        claim.refresh_from_db()
        assert (changed.status, claim.status) == (end_states[status], end_states[status])
        assert claim.revision == revision + 1


@pytest.mark.parametrize("role", ALL_ROLES)
@pytest.mark.parametrize("state", VersionState.values)
def test_the_available_transitions_of_a_version_are_those_that_would_succeed(
    state: str, role: str
) -> None:
    user = create_user(role)
    available = {
        transition.name
        for transition in available_transitions(record=VERSION_FACTORIES[state](), user=user)
    }
    assert available == {
        name
        for name, (end_states, roles) in VERSION_TRANSITIONS.items()
        if state in end_states and role in roles
    }


def test_a_listed_claim_can_be_unlisted_and_not_listed() -> None:
    editor = create_user("editor")
    names = {
        transition.name
        for transition in available_transitions(record=ClaimFactory(listed=True), user=editor)
    }
    assert "unlist" in names
    assert "list" not in names


@pytest.mark.parametrize("name", VERSION_TRANSITIONS)
def test_anonymous_users_apply_no_transition(name: str) -> None:
    state = next(iter(VERSION_TRANSITIONS[name][0]))
    assert_refused(
        NotAllowed, VERSION_FACTORIES[state](), get_transition(ReviewVersion, name), AnonymousUser()
    )


def test_inactive_users_apply_no_transition() -> None:
    editor = UserFactory(role="editor", is_active=False)
    assert_refused(NotAllowed, submitted_version(), workflow.PUBLISH, editor)
