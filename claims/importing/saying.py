"""Who made a claim and where, as the markup of a version says: told when that is published.

A draft tells nothing of what everyone may read: neither of a claim that is public, nor of a speaker
who is. So what its markup says of those waits for its publication.
"""

from typing import Any

from django.utils import timezone

from claims.importing.known import Known, name_key
from claims.importing.lot import Lot
from claims.importing.rows import Row
from claims.interchange.claimreview.normalising import of_kept
from claims.interchange.claimreview.reading import read
from claims.models import ReviewVersion, Statement
from claimsapi.core.models import touched
from sources.models import Affiliation, Identifier, Speaker


class Discreet(Known):
    """Knows what an import knows, and adds nothing to a speaker whom the public knows."""

    def __init__(self) -> None:
        super().__init__()
        self._public: dict[Any, bool] = {}

    def _new(self, record: Any) -> Any:
        if isinstance(record, Identifier | Affiliation) and self._is_public(record.speaker):
            return record
        return super()._new(record)

    def role(self, speaker: Speaker, title: str) -> Affiliation | None:
        if self._is_public(speaker):
            return self.roles.get((speaker.public_id, name_key(title)))
        return super().role(speaker, title)

    def _is_public(self, speaker: Speaker) -> bool:
        key = speaker.public_id
        if key not in self._public:
            self._public[key] = Speaker.objects.public().filter(public_id=key).exists()
        return self._public[key]


def markup_say(*, version: ReviewVersion) -> None:
    """Record the statements of a version's markup that its claim does not have yet."""
    row, claim = Row(1), version.review.claim
    row.found = read(of_kept(version.markup)[0])
    known = Known()
    lot = Lot(known, version.author, timezone.now(), [(row, None)])
    roles = []
    for claimant in row.found.claimants:
        speaker = known.speaker(claimant, row.notes)
        roles.append((speaker, known.role(speaker, claimant.role)))
    lot.say(row, claim)
    for speaker, role in roles:
        if role is not None:
            untouched = Statement.objects.filter(
                claim=claim, speaker=speaker, affiliation=None, revision=1, snapshot=None
            )
            untouched.update(**touched(affiliation=role))
