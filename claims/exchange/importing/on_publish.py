"""Subscriber of publications: records the speakers and statements that a version's markup names.

A draft must not change public records, such as a public claim or speaker. So these wait for the
publication of the draft.
"""

from datetime import datetime

from django.utils import timezone

from claims.choices import IMPORT_ACTION, PUBLIC_STATES
from claims.exchange.claimreview.normalizer import load_markup
from claims.exchange.claimreview.parser import ParsedReview, parse_review
from claims.exchange.importing.batch import Batch
from claims.exchange.importing.entity_resolver import StaffEntityResolver
from claims.exchange.importing.matching_keys import name_key, url_key
from claims.exchange.importing.rows import Row
from claims.models import Claim, ReviewVersion, Statement
from claimsapi.core.ledger.audit_context import audit_context
from claimsapi.core.models import with_new_revision


def record_markup(version: ReviewVersion, _at: datetime) -> None:
    """Record the speakers, roles and statements that a version's markup names.

    A first version adds only the identifiers and roles of its speakers. A later version also
    updates the statements if its markup names other claimants, places or dates than the version
    before. Nothing else is written again, since people may have changed it meanwhile.
    """
    # Versions that people write in the desk's forms have no markup.
    if not version.markup:
        return
    row, claim = Row(1), version.review.claim
    row.parsed = parse_review(load_markup(version.markup)[0])
    published = version.review.versions.filter(state__in=PUBLIC_STATES).exclude(pk=version.pk)
    previous = published.exclude(markup="").order_by("-number").first()
    old = row.parsed if previous is None else parse_review(load_markup(previous.markup)[0])
    has_new_statements = old.statement_data != row.parsed.statement_data
    if not has_new_statements and not _adds_to_speakers(row.parsed, claim):
        return
    with audit_context(action=IMPORT_ACTION):
        _write(version, row, has_new_statements=has_new_statements)


def _write(version: ReviewVersion, row: Row, *, has_new_statements: bool) -> None:
    resolver, claim = StaffEntityResolver(), version.review.claim
    resolver.prefer_speakers_of(claim)
    batch = Batch(resolver, version.author, timezone.now(), frozenset(), [(row, None)])
    roles = []
    for claimant in row.parsed_review.claimants:
        speaker = resolver.resolve_speaker(claimant, row.notes)
        roles.append((speaker, resolver.resolve_role(speaker, claimant.role)))
    if has_new_statements:
        batch.write_statements(row, claim)
    else:
        batch.write()
    for speaker, role in roles:
        if role is not None:
            # Revision 1 without a snapshot: no person has edited or checked these statements.
            unedited = Statement.objects.filter(
                claim=claim, speaker=speaker, affiliation=None, revision=1, snapshot=None
            )
            unedited.update(**with_new_revision(affiliation=role))


def _adds_to_speakers(review: ParsedReview, claim: Claim) -> bool:
    """Whether the markup has a URL or role that a speaker of the claim lacks."""
    claimants = {name_key(claimant.name): claimant for claimant in review.claimants}
    statements = claim.statements.exclude(speaker=None).select_related("speaker", "affiliation")
    for statement in statements.prefetch_related("speaker__identifiers"):
        claimant = claimants.get(name_key(statement.speaker.name))
        if claimant is None:
            continue
        existing = {url_key(identifier.url) for identifier in statement.speaker.identifiers.all()}
        if not existing.issuperset(map(url_key, claimant.identifiers)):
            return True
        if claimant.role and statement.affiliation is None:
            return True
    return False
