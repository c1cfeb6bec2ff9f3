"""Who made claims and where, as statements: those that are new, and those that are no more said."""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from claims.choices import IMPORT_ACTION, Quotation
from claims.exchange.claimreview.parser import CreativeWork
from claims.exchange.importing.entity_resolver import EntityResolver
from claims.exchange.importing.rows import Row
from claims.models import Claim, Statement
from claimsapi.core.ledger.models import Entry
from claimsapi.core.models import with_new_revision
from sources.models import Document, Speaker

_BATCH: Final = 500  # rows of one statement of SQL

Pair = tuple[UUID | None, UUID | None]  # public ids of speaker and document


class StatementWriter:
    """The statements of the rows that are written together."""

    def __init__(self, known: EntityResolver) -> None:
        self._known = known
        self._documents: dict[str, Document] = {}
        self._new: list[Statement] = []
        self._unsaid: list[int] = []
        self._resaid: list[tuple[int, Statement]] = []

    def look_up(self, works: Iterable[CreativeWork]) -> None:
        """Find the documents of all the rows at once."""
        self._documents = self._known.documents(works)

    def document(self, work: CreativeWork) -> Document:
        return self._known.document(work, self._documents)

    def add(self, row: Row, claim: Claim) -> None:
        """State what the row says of a claim that is new."""
        self._new += self._said(row, claim).values()

    def correct(self, row: Row, claim: Claim) -> None:
        """Make the statements what the publisher says now; what people wrote or changed stays."""
        here = list(claim.statements.select_related("speaker", "document", "affiliation"))
        documents = [statement.document for statement in here if statement.document is not None]
        untitled = {document.title: document for document in documents if not document.url}
        before = {one.speaker.public_id for one in here if one.speaker is not None}
        said = self._said(row, claim, untitled, before)
        ours = _only_imported(here) if claim.reviews.count() == 1 else set()
        for statement in here:
            now = said.pop(_pair(statement), None)
            if statement.public_id not in ours:
                continue
            if now is None:
                self._unsaid.append(statement.pk)
            elif _when_and_as_what(now) != _when_and_as_what(statement):
                self._resaid.append((statement.pk, now))
        self._new += said.values()

    def write(self) -> None:
        Statement.objects.filter(pk__in=self._unsaid).delete()
        bulk_insert(self._new)
        for key, now in self._resaid:
            again = {"stated_on": now.stated_on, "stated_precision": now.stated_precision}
            said = with_new_revision(affiliation=now.affiliation, **again)
            Statement.objects.filter(pk=key).update(**said)

    def _said(
        self,
        row: Row,
        claim: Claim,
        untitled: Mapping[str, Document] = MappingProxyType({}),
        before: Collection[UUID] = (),
    ) -> dict[Pair, Statement]:
        """Who made the claim and where: each appearance is the first claimant's.

        ``untitled`` are documents of the claim without an address, by title: another is not made.
        ``before`` are the ids of those who made it so far.
        """
        found, known = row.parsed_review, self._known
        documents = [
            (untitled.get(work.title) if work.url in {"", *known.hidden} else None)
            or self.document(work)
            for work in found.appearances
        ]
        pairs: list[tuple[Speaker | None, str, Document | None]] = []
        for number, claimant in enumerate(found.claimants):
            who = known.speaker(claimant, row.notes, before)
            places: list[Document | None] = [*documents] if number == 0 and documents else [None]
            pairs += [(who, claimant.role, document) for document in places]
        if not found.claimants:
            pairs = [(None, "", document) for document in documents]
        statements = [
            Statement(
                claim=claim,
                document=document,
                speaker=speaker,
                affiliation=known.role(speaker, role) if speaker is not None else None,
                quotation=Quotation.INDIRECT if speaker is not None else Quotation.AUTHORIAL,
                stated_on=found.stated.day,
                stated_precision=found.stated.precision,
            )
            for speaker, role, document in pairs
        ]
        return {_pair(statement): statement for statement in statements}


def _pair(statement: Statement) -> Pair:
    """Who says it, and where."""
    speaker, document = statement.speaker, statement.document
    return (speaker.public_id if speaker else None, document.public_id if document else None)


def _when_and_as_what(statement: Statement) -> tuple[Any, ...]:
    role = statement.affiliation and statement.affiliation.public_id
    return (str(statement.stated_on), statement.stated_precision, role)


def _only_imported(statements: list[Statement]) -> set[UUID]:
    """Those of which the ledger knows imports alone."""
    entries = Entry.objects.filter(
        kind=Statement._meta.label_lower, object__in=[one.public_id for one in statements]
    )
    touched_by_people = set(entries.exclude(action=IMPORT_ACTION).values_list("object", flat=True))
    return {one.public_id for one in statements} - touched_by_people


def bulk_insert(records: list[Any]) -> None:
    """Write new records of one model."""
    if records:
        type(records[0])._default_manager.bulk_create(records, batch_size=_BATCH)
