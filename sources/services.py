"""Services of sources: ingestion of a file as a document with a snapshot."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from claimsapi.core.errors import Conflict
from sources.canonical import site_from_url
from sources.ingest.extraction import Extract
from sources.models import Document, Publisher, Snapshot, free_slug


class Outcome(StrEnum):
    """Result of the ingestion of one file."""

    CREATED = "created"  # a new document with its first snapshot
    NEW_SNAPSHOT = "new_snapshot"  # the document exists, and its text is different now
    TEXT_RECEIVED = "text_received"  # the snapshot existed without its text
    SAME = "same"  # a snapshot of these bytes exists: no change


@dataclass(frozen=True, slots=True)
class IngestResult:
    """A document, its snapshot, and the outcome of the ingestion."""

    document: Document
    snapshot: Snapshot
    outcome: Outcome


def ingest_document(
    *, extract: Extract, sha256: str, size: int, kind: str, retrieved_at: datetime | None = None
) -> IngestResult:
    """Store the extract of a file as a document with a snapshot.

    Bytes that have a snapshot change nothing, unless this snapshot has no text yet. A file with
    the URL of an existing document becomes the next snapshot of that document. Raises
    ``ValidationError`` of the models, and ``Conflict`` if the text does not have the length that
    its snapshot announces.
    """
    with transaction.atomic():
        # The locks serialize two ingestions of the same file: the second one must see the first.
        document = None
        if extract.url:
            document = Document.objects.select_for_update().filter(url=extract.url).first()
        snapshots = Snapshot.objects.select_for_update().filter(sha256=sha256)
        if document is not None:
            snapshots = snapshots.filter(document=document)
        elif extract.url:  # the same bytes at two URLs are two documents
            snapshots = snapshots.filter(document__url__isnull=True)
        snapshot = snapshots.order_by("public_id").first()
        now = retrieved_at or timezone.now()
        if snapshot is not None and snapshot.text is not None:
            return IngestResult(snapshot.document, snapshot, Outcome.SAME)
        if snapshot is not None:
            if snapshot.length not in {None, len(extract.text)}:
                raise Conflict(
                    f"The text has {len(extract.text)} characters, but the snapshot of these bytes "
                    f"announces {snapshot.length}."
                )
            # An import announced this file without its text: complete both records.
            _fill_snapshot(snapshot, extract, size, now)
            snapshot.full_clean()
            snapshot.save()
            _add_missing_metadata(snapshot.document, extract)
            return IngestResult(snapshot.document, snapshot, Outcome.TEXT_RECEIVED)
        outcome = Outcome.NEW_SNAPSHOT if document else Outcome.CREATED
        if document is None:
            document = Document(
                kind=kind,
                title=extract.title,
                url=extract.url,
                publisher=_resolve_publisher(extract),
                byline=extract.byline,
                published_on=extract.published.day,
                published_precision=extract.published.precision,
                language=extract.language,
            )
            document.full_clean()
            document.save()
        snapshot = Snapshot(document=document, sha256=sha256)
        _fill_snapshot(snapshot, extract, size, now)
        snapshot.full_clean()
        snapshot.save()
        return IngestResult(document, snapshot, outcome)


def _add_missing_metadata(document: Document, extract: Extract) -> None:
    """Add metadata of the file that the document lacks."""
    values = {
        "url": document.url or extract.url,
        "publisher": document.publisher or _resolve_publisher(extract),
        "byline": document.byline or extract.byline,
        "language": document.language or extract.language,
    }
    if document.published_on is None:
        values["published_on"] = extract.published.day
        values["published_precision"] = extract.published.precision
    changed = {name: value for name, value in values.items() if getattr(document, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(document, name, value)
        document.full_clean()
        document.save()


def _fill_snapshot(snapshot: Snapshot, extract: Extract, size: int, now: datetime) -> None:
    snapshot.text = extract.text
    snapshot.media_type = extract.media_type
    snapshot.length = len(extract.text)
    snapshot.size = size
    snapshot.retrieved_at = now


def _resolve_publisher(extract: Extract) -> Publisher | None:
    """Find the publisher by its site, or by its unique name; create it for a new site."""
    site = extract.site or (
        site_from_url(extract.url) if extract.url and extract.publisher_name else ""
    )
    name = extract.publisher_name
    if site:
        publisher = Publisher.objects.filter(site=site).first()
        if publisher is None:
            slug = free_slug(Publisher, name or site)
            publisher = Publisher(slug=slug, name=name or site, site=site)
            publisher.full_clean()
            publisher.save()
        return publisher
    # Two publishers may share a name: then the name identifies neither.
    namesakes = list(Publisher.objects.filter(name=name)[:2]) if name else []
    return namesakes[0] if len(namesakes) == 1 else None
