"""Who made a claim and where, as the markup of a version says: told when that is published.

A draft tells nothing of what everyone may read: neither of a claim that is public, nor of a speaker
who is. So what its markup says of those waits for its publication.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone

from claims.choices import IMPORT_ACTION, PUBLIC_STATES
from claims.exchange.claimreview.normalizer import load_markup
from claims.exchange.claimreview.parser import CreativeWork, ParsedReview, parse_review
from claims.exchange.importing.batch import Batch
from claims.exchange.importing.entity_resolver import EntityResolver
from claims.exchange.importing.matching_keys import name_key, url_key
from claims.exchange.importing.rows import Row
from claims.models import Claim, ReviewVersion, Statement, Topic
from claimsapi.core.ledger.audit_context import audit_context
from claimsapi.core.models import with_new_revision
from sources.models import Affiliation, Document, Identifier, Speaker


class StaffEntityResolver(EntityResolver):
    """Knows what an import knows, and the documents too that the public does not know yet.

    What a page of ours names, its editor sees.
    """

    def documents(self, works: Iterable[CreativeWork]) -> dict[str, Document]:
        here = Document.objects.filter(url__in={work.url for work in works if work.url})
        return {document.url or "": document for document in here}

    def _speakers(self) -> Any:
        return Speaker.objects.all()

    def _topics(self) -> Any:
        return Topic.objects.all()


class DraftEntityResolver(StaffEntityResolver):
    """Adds nothing to a speaker whom the public knows."""

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


def record_markup(version: ReviewVersion, _at: datetime) -> None:
    """Record the speakers, roles and statements that a version's markup names.

    Of a first version those are the addresses and roles of its speakers; of a later one also who
    made the claim and where, if it says otherwise than the one before. Nothing else is said again:
    what people changed meanwhile stays.
    """
    if not version.markup:
        return
    row, claim = Row(1), version.review.claim
    row.parsed = parse_review(load_markup(version.markup)[0])
    public = version.review.versions.filter(state__in=PUBLIC_STATES).exclude(pk=version.pk)
    before = public.exclude(markup="").order_by("-number").first()
    said = row.parsed if before is None else parse_review(load_markup(before.markup)[0])
    is_new = said.statement_data != row.parsed.statement_data
    if not is_new and not _lacks(claim, row.parsed):
        return
    with audit_context(action=IMPORT_ACTION):
        _say(version, row, is_new=is_new)


def _say(version: ReviewVersion, row: Row, *, is_new: bool) -> None:
    known, claim = StaffEntityResolver(), version.review.claim
    known.prefer(claim)
    lot = Batch(known, version.author, timezone.now(), frozenset(), [(row, None)])
    roles = []
    for claimant in row.parsed_review.claimants:
        speaker = known.speaker(claimant, row.notes)
        roles.append((speaker, known.role(speaker, claimant.role)))
    if is_new:
        lot.say(row, claim)
    else:
        lot.write()
    for speaker, role in roles:
        if role is not None:
            untouched = Statement.objects.filter(
                claim=claim, speaker=speaker, affiliation=None, revision=1, snapshot=None
            )
            untouched.update(**with_new_revision(affiliation=role))


def _lacks(claim: Claim, found: ParsedReview) -> bool:
    """Whether a speaker of the claim lacks an address or a role that the markup gives."""
    claimants = {name_key(claimant.name): claimant for claimant in found.claimants}
    statements = claim.statements.exclude(speaker=None).select_related("speaker", "affiliation")
    for statement in statements.prefetch_related("speaker__identifiers"):
        claimant = claimants.get(name_key(statement.speaker.name))
        if claimant is None:
            continue
        known = {url_key(one.url) for one in statement.speaker.identifiers.all()}
        if not known.issuperset(map(url_key, claimant.identifiers)):
            return True
        if claimant.role and statement.affiliation is None:
            return True
    return False
