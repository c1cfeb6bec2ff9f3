"""Giving passages their words once the text that they are positions in is there."""

from django.db import transaction

from claims.models import Evidence, Statement
from sources.models import Snapshot


def passages_anchor(*, snapshot: Snapshot) -> int:
    """Fill in the quotations of a snapshot's passages from its text; return how many changed.

    A text that contradicts one of its passages was refused by the database when it came in.
    """
    anchored = 0
    with transaction.atomic():
        for model in (Statement, Evidence):
            for passage in model.objects.filter(snapshot=snapshot, start__isnull=False):
                passage.snapshot = snapshot
                before = (passage.exact, passage.prefix, passage.suffix)
                passage.clean()
                if before != (passage.exact, passage.prefix, passage.suffix):
                    passage.save(update_fields=["exact", "prefix", "suffix"])
                    anchored += 1
    return anchored
