"""Rows in each state for tests of the rules that the database enforces."""

import datetime
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from claims.choices import PUBLIC_STATES
from claims.models import ReviewVersion
from claims.services.reviews import prepare_next_version
from sources.models import Snapshot
from tests.database_rules import Make, overwrite
from tests.factories import (
    TEXT,
    ReviewVersionFactory,
    SnapshotFactory,
    StatementFactory,
    UserFactory,
    published_version,
    retracted_version,
    submitted_version,
)

EARLIER = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
DAY, MONTH, YEAR = (datetime.date(2024, m, d) for m, d in ((5, 17), (5, 1), (1, 1)))
QUOTE = "“We were on time,”"
SHIP = "spokeswoman. 🛳\n"


def superseded_version(**values: Any) -> ReviewVersion:
    """A version that a newer one superseded."""
    first = published_version(**values)
    second = next_version(first)
    update_raw(second, state="submitted", submitted_at=timezone.now())
    update_raw(first, state="superseded", closed_at=timezone.now())
    update_raw(second, state="published", published_at=timezone.now(), editor=UserFactory())
    first.refresh_from_db()
    return first


def next_version(version: ReviewVersion, note: str = "We had the wrong ferry.") -> ReviewVersion:
    """The draft of the next version beside a published one."""
    return prepare_next_version(
        review=version.review, author=version.author, kind="correction", note=note
    )


def update_raw(version: ReviewVersion, **values: Any) -> None:
    """Write the columns without the workflow, and load them."""
    overwrite(version, **values)
    version.refresh_from_db()


MAKERS: dict[str, Callable[..., ReviewVersion]] = {
    "draft": ReviewVersionFactory,
    "submitted": submitted_version,
    "published": published_version,
    "superseded": superseded_version,
    "retracted": retracted_version,
}
NOT_DRAFT = [state for state in MAKERS if state != "draft"]


def quoted_passage(words: str, make: Make = StatementFactory, **values: Any) -> Any:
    """A passage with these words of the factories' text."""
    snapshot = values.pop("snapshot", None) or SnapshotFactory()
    start = TEXT.index(words)
    return make(
        document=snapshot.document,
        snapshot=snapshot,
        exact=words,
        start=start,
        end=start + len(words),
        **values,
    )


def passage_without_text(make: Make = StatementFactory, **values: Any) -> Any:
    """A passage of a snapshot without text."""
    snapshot = SnapshotFactory(text=None, length=len(TEXT))
    position = {"start": 4, "end": 11}
    return make(document=snapshot.document, snapshot=snapshot, **{**position, **values})


def fill_in_text(snapshot: Snapshot, text: str = TEXT) -> None:
    """Fill in the text of a snapshot that was announced."""
    overwrite(
        snapshot, text=text, length=len(text), size=len(text.encode()), retrieved_at=timezone.now()
    )


def columns_of_state(state: str, version: ReviewVersion) -> dict[str, Any]:
    """The columns that belong to a version in this state."""
    public, closed = state in PUBLIC_STATES, state in {"superseded", "retracted"}
    return {
        "state": state,
        "submitted_at": version.submitted_at or (EARLIER if state != "draft" else None),
        "published_at": (version.published_at or EARLIER) if public else None,
        "editor": (version.editor or UserFactory()) if public else None,
        "closed_at": EARLIER if closed else None,
        "retraction_note": "Another ferry." if state == "retracted" else "",
    }
