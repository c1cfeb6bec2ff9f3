"""Loader of seed documents: creates missing records and leaves existing ones unchanged."""

from collections import Counter
from pathlib import Path

from django.db import transaction

from claims.exchange.seeds.case import Case
from claims.exchange.seeds.claims import load_claim, load_relation
from claims.exchange.seeds.parser import Entry, SeedError
from claims.exchange.seeds.sources import (
    load_account,
    load_document,
    load_publisher,
    load_speaker,
    load_topic,
)


def load_file(path: Path) -> Counter[str]:
    """Load one seed document completely or not at all.

    Returns the numbers of created records (``made``) and existing records (``kept``). Raises
    ``SeedError`` for the first error.
    """
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SeedError(path.name, line, "", "not UTF-8. Save the file as UTF-8.") from None
    document = Entry.parse(text, path.name)
    with transaction.atomic():
        case = Case(document, path.stem)
        document.text("description", "")
        # In the order of their references: an entry refers only to entries of earlier lists.
        for field, load in (
            ("accounts", load_account),
            ("publishers", load_publisher),
            ("topics", load_topic),
            ("speakers", load_speaker),
            ("documents", load_document),
            ("claims", load_claim),
            ("relations", load_relation),
        ):
            for entry in document.entries(field):
                load(case, entry)
        document.close()
    return case.counts
