"""Taking a document in."""

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
    """What taking a file in has changed."""

    CREATED = "created"  # a new document with its first snapshot
    NEW_SNAPSHOT = "new_snapshot"  # the document is known and says something else now
    TEXT_RECEIVED = "text_received"  # the snapshot was announced and waited for its text
    SAME = "same"  # these bytes are known: nothing was changed


@dataclass(frozen=True, slots=True)
class IngestResult:
    """A document, the snapshot taken of it, and what was new."""

    document: Document
    snapshot: Snapshot
    outcome: Outcome


def ingest_document(
    *, extract: Extract, sha256: str, size: int, kind: str, retrieved_at: datetime | None = None
) -> IngestResult:
    """Keep what was read from a file as a document and a snapshot.

    The same bytes change nothing, unless their snapshot still waits for its text. A file with the
    URL of a known document becomes that document's next snapshot. Raises ``ValidationError`` of
    the models for what does not fit, and ``Conflict`` if the text is not the one announced.
    """
    with transaction.atomic():
        document = None
        if extract.url:
            document = Document.objects.select_for_update().filter(url=extract.url).first()
        snapshots = Snapshot.objects.select_for_update().filter(sha256=sha256)
        if document is not None:
            snapshots = snapshots.filter(document=document)
        elif extract.url:  # the same bytes under two addresses are two documents
            snapshots = snapshots.filter(document__url__isnull=True)
        snapshot = snapshots.order_by("public_id").first()
        now = retrieved_at or timezone.now()
        if snapshot is not None and snapshot.text is not None:
            return IngestResult(snapshot.document, snapshot, Outcome.SAME)
        if snapshot is not None:
            if snapshot.length not in {None, len(extract.text)}:
                raise Conflict(
                    f"The text has {len(extract.text)} characters where the snapshot of these "
                    f"bytes was announced with {snapshot.length}."
                )
            _fill(snapshot, extract, size, now)
            snapshot.full_clean()
            snapshot.save()
            _complete(snapshot.document, extract)
            return IngestResult(snapshot.document, snapshot, Outcome.TEXT_RECEIVED)
        outcome = Outcome.NEW_SNAPSHOT if document else Outcome.CREATED
        if document is None:
            document = Document(
                kind=kind,
                title=extract.title,
                url=extract.url,
                publisher=_publisher(extract),
                byline=extract.byline,
                published_on=extract.published.day,
                published_precision=extract.published.precision,
                language=extract.language,
            )
            document.full_clean()
            document.save()
        snapshot = Snapshot(document=document, sha256=sha256)
        _fill(snapshot, extract, size, now)
        snapshot.full_clean()
        snapshot.save()
        return IngestResult(document, snapshot, outcome)


def _complete(document: Document, extract: Extract) -> None:
    """Add what the file states and the document, announced without its text, does not know yet."""
    known = {
        "url": document.url or extract.url,
        "publisher": document.publisher or _publisher(extract),
        "byline": document.byline or extract.byline,
        "language": document.language or extract.language,
    }
    if document.published_on is None:
        known["published_on"] = extract.published.day
        known["published_precision"] = extract.published.precision
    changed = {name: value for name, value in known.items() if getattr(document, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(document, name, value)
        document.full_clean()
        document.save()


def _fill(snapshot: Snapshot, extract: Extract, size: int, now: datetime) -> None:
    snapshot.text = extract.text
    snapshot.media_type = extract.media_type
    snapshot.length = len(extract.text)
    snapshot.size = size
    snapshot.retrieved_at = now


def _publisher(extract: Extract) -> Publisher | None:
    """The publisher by its site, else by a name that only one has; made if its site is new."""
    site = extract.site or (
        site_from_url(extract.url) if extract.url and extract.publisher_name else ""
    )
    name = extract.publisher_name
    if site:
        found = Publisher.objects.filter(site=site).first()
        if found is None:
            found = Publisher(slug=free_slug(Publisher, name or site), name=name or site, site=site)
            found.full_clean()
            found.save()
        return found
    named = list(Publisher.objects.filter(name=name)[:2]) if name else []
    return named[0] if len(named) == 1 else None
