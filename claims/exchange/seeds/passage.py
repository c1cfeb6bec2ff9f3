"""Passages of seed entries: the document, snapshot and position of statements and evidence."""

from typing import Any

from claims.exchange.seeds.case import Case
from claims.exchange.seeds.parser import Entry
from sources.models import Document, Snapshot


def read_passage(case: Case, entry: Entry) -> dict[str, Any]:
    """Return the model fields of a passage. ``start`` and ``end`` are both given or both absent."""
    has_position = "start" in entry or "end" in entry
    return {
        "document": case.require(entry, "document", Document),
        # A snapshot has the key of its document.
        "snapshot": case.get(Snapshot, entry.text("document")),
        "start": entry.number("start") if has_position else None,
        "end": entry.number("end") if has_position else None,
        "exact": entry.text("exact", ""),
    }
