"""Records in every state, and attempts of transitions, for the tests of the workflow."""

from collections.abc import Callable
from typing import Any

import pytest

from claims import workflow
from claims.models import Claim, Evidence, Review, ReviewVersion
from claims.services.reviews import prepare_next_version
from claims.workflow import Transition, apply_transition
from claimsapi.core.errors import DomainError
from claimsapi.core.models import Record, User
from tests.factories import (
    ClaimFactory,
    EvidenceFactory,
    ReviewVersionFactory,
    UserFactory,
    move,
    published_version,
    retracted_version,
    submitted_version,
)

NOTE = "It was about another ferry."


def get_transition(model: type[Record], name: str) -> Transition:
    """Return the transition of a model with this name."""
    return next(transition for transition in workflow.TRANSITIONS[model] if transition.name == name)


def superseded_version() -> ReviewVersion:
    """Create a version that a correction superseded."""
    first = published_version()
    publish_correction(first)
    first.refresh_from_db()
    return first


def publish_correction(version: ReviewVersion, note: str = NOTE) -> ReviewVersion:
    """Publish a correction of the version."""
    second = submitted_correction(version, note)
    move(second, workflow.PUBLISH, UserFactory(role="editor"))
    return second


def submitted_correction(version: ReviewVersion, note: str = NOTE) -> ReviewVersion:
    """Create a submitted correction of the version."""
    second = prepare_next_version(
        review=version.review, author=version.author, kind="correction", note=note
    )
    move(second, workflow.SUBMIT, second.author)
    return second


def draft_version(**values: Any) -> ReviewVersion:
    """Create a draft with evidence."""
    version: ReviewVersion = ReviewVersionFactory(**values)
    EvidenceFactory(version=version)
    return version


VERSION_FACTORIES: dict[str, Callable[..., ReviewVersion]] = {
    "draft": draft_version,
    "submitted": submitted_version,
    "published": published_version,
    "superseded": superseded_version,
    "retracted": retracted_version,
}


def create_claim(status: str, **values: Any) -> Claim:
    """Create a claim with the status and the reason that it needs."""
    reason = "A wish." if status in {"rejected", "not_checkable"} else ""
    claim: Claim = ClaimFactory(status=status, status_reason=reason, **values)
    return claim


def create_user(role: str) -> User:
    """Create a user with the role; ``no role`` for a user without one."""
    user: User = UserFactory(role=None if role == "no role" else role)
    return user


def all_rows() -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all tables that a transition can change."""
    return {
        model.__name__: list(model._base_manager.order_by("pk").values())
        for model in (Claim, Review, ReviewVersion, Evidence)
    }


def attempt(record: Record, transition: Transition, user: User, **values: Any) -> Record:
    """Apply the transition to the current revision of the record, with a text."""
    record.refresh_from_db()
    return apply_transition(
        record=record,
        transition=transition,
        user=user,
        **{"text": NOTE, "revision": record.revision, **values},
    )


def assert_refused(
    error: type[DomainError], record: Record, transition: Transition, user: User, **values: Any
) -> DomainError:
    """Assert that the transition raises exactly this error and changes no row; return the error."""
    # Compared with the rows afterwards: a refused transition must not change anything on the way.
    before = all_rows()
    with pytest.raises(DomainError) as info:
        attempt(record, transition, user, **values)
    assert type(info.value) is error
    assert all_rows() == before
    return info.value
