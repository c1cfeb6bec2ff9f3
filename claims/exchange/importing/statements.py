"""Statements of an import: creates, updates and deletes the statements of a batch's claims."""

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

_ROWS_PER_INSERT: Final = 500

StatementKey = tuple[UUID | None, UUID | None]  # public ids of speaker and document


class StatementWriter:
    """Collects the changes to the statements of a batch, then writes them together."""

    def __init__(self, resolver: EntityResolver) -> None:
        self._resolver = resolver
        self._documents: dict[str, Document] = {}
        self._new: list[Statement] = []
        self._deleted_pks: list[int] = []
        self._changes: list[tuple[int, Statement]] = []  # primary key, and the new values

    def load_documents(self, works: Iterable[CreativeWork]) -> None:
        """Load the existing documents of all rows in one query."""
        self._documents = self._resolver.find_documents(works)

    def resolve_document(self, work: CreativeWork) -> Document:
        return self._resolver.resolve_document(work, self._documents)

    def add(self, row: Row, claim: Claim) -> None:
        """Add the statements of a new claim."""
        self._new += self._build(row, claim).values()

    def update(self, row: Row, claim: Claim) -> None:
        """Change an existing claim's statements to those of the row.

        Statements that people created or changed stay as they are. So do all statements of a claim
        with several reviews, since another review may be their source.
        """
        existing = list(claim.statements.select_related("speaker", "document", "affiliation"))
        documents = [one.document for one in existing if one.document is not None]
        documents_by_title = {
            document.title: document for document in documents if not document.url
        }
        speaker_ids = {one.speaker.public_id for one in existing if one.speaker is not None}
        new = self._build(row, claim, documents_by_title, speaker_ids)
        imported = _select_imported(existing) if claim.reviews.count() == 1 else set()
        for statement in existing:
            replacement = new.pop(_key(statement), None)
            if statement.public_id not in imported:
                continue
            if replacement is None:
                self._deleted_pks.append(statement.pk)
            elif _date_and_role(replacement) != _date_and_role(statement):
                self._changes.append((statement.pk, replacement))
        self._new += new.values()

    def write(self) -> None:
        Statement.objects.filter(pk__in=self._deleted_pks).delete()
        bulk_insert(self._new)
        for pk, values in self._changes:
            Statement.objects.filter(pk=pk).update(
                **with_new_revision(
                    affiliation=values.affiliation,
                    stated_on=values.stated_on,
                    stated_precision=values.stated_precision,
                )
            )

    def _build(
        self,
        row: Row,
        claim: Claim,
        documents_by_title: Mapping[str, Document] = MappingProxyType({}),
        current_speaker_ids: Collection[UUID] = (),
    ) -> dict[StatementKey, Statement]:
        """Return the statements of a row; the first claimant gets all appearances.

        ``documents_by_title`` are the claim's documents without URL: no second one is created.
        ``current_speaker_ids`` are the speakers of the claim's existing statements.
        """
        review, resolver = row.parsed_review, self._resolver
        documents = [
            # A work without a usable URL has no key, so its title identifies it within the claim.
            (
                documents_by_title.get(work.title)
                if work.url in {"", *resolver.hidden_document_urls}
                else None
            )
            or self.resolve_document(work)
            for work in review.appearances
        ]
        sources: list[tuple[Speaker | None, str, Document | None]] = []
        for number, claimant in enumerate(review.claimants):
            speaker = resolver.resolve_speaker(claimant, row.notes, current_speaker_ids)
            places: list[Document | None] = [*documents] if number == 0 and documents else [None]
            sources += [(speaker, claimant.role, document) for document in places]
        if not review.claimants:
            sources = [(None, "", document) for document in documents]
        statements = [
            Statement(
                claim=claim,
                document=document,
                speaker=speaker,
                affiliation=resolver.resolve_role(speaker, role) if speaker is not None else None,
                quotation=Quotation.INDIRECT if speaker is not None else Quotation.AUTHORIAL,
                stated_on=review.stated.day,
                stated_precision=review.stated.precision,
            )
            for speaker, role, document in sources
        ]
        return {_key(statement): statement for statement in statements}


def _key(statement: Statement) -> StatementKey:
    speaker, document = statement.speaker, statement.document
    return (speaker.public_id if speaker else None, document.public_id if document else None)


def _date_and_role(statement: Statement) -> tuple[Any, ...]:
    role = statement.affiliation and statement.affiliation.public_id
    return (str(statement.stated_on), statement.stated_precision, role)


def _select_imported(statements: list[Statement]) -> set[UUID]:
    """Return the ids of the statements that only imports wrote, according to the ledger."""
    entries = Entry.objects.filter(
        kind=Statement._meta.label_lower, object__in=[one.public_id for one in statements]
    )
    edited = set(entries.exclude(action=IMPORT_ACTION).values_list("object", flat=True))
    return {one.public_id for one in statements} - edited


def bulk_insert(records: list[Any]) -> None:
    """Insert new records of one model."""
    if records:
        type(records[0])._default_manager.bulk_create(records, batch_size=_ROWS_PER_INSERT)
