"""Events of the workflow, and the functions that subscribe to them.

Subscribers run inside the transaction of the transition, in the order of registration: if one
raises, the transition is rolled back. ``claims.apps`` registers them, so the workflow imports none
of them. Effects outside the database do not belong here; a subscriber queues them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from claims.models import ReviewVersion

Subscriber = Callable[[ReviewVersion, datetime], None]


@dataclass(frozen=True, slots=True)
class VersionEvent:
    """A kind of event of review versions, such as a publication."""

    subscribers: list[Subscriber] = field(default_factory=list)

    def subscribe(self, subscriber: Subscriber) -> None:
        if subscriber not in self.subscribers:
            self.subscribers.append(subscriber)

    def emit(self, version: ReviewVersion, at: datetime) -> None:
        for subscriber in self.subscribers:
            subscriber(version, at)


VERSION_PUBLISHED: Final = VersionEvent()
VERSION_RETRACTED: Final = VersionEvent()
