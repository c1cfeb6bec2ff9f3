"""Fill in the quotations of passages from the text of their snapshot."""

from django.db import transaction

from claims.models import Evidence, Statement
from sources.models import Snapshot


def anchor_passages(*, snapshot: Snapshot) -> int:
    """Fill in the quotations of a snapshot's passages and return the number of changed passages.

    The database rejects a snapshot whose text contradicts one of its passages, so that every
    passage here fits the text.
    """
    number = 0
    with transaction.atomic():
        for model in (Statement, Evidence):
            for passage in model.objects.filter(snapshot=snapshot, start__isnull=False):
                passage.snapshot = snapshot  # clean() then needs no query for the text
                before = (passage.exact, passage.prefix, passage.suffix)
                passage.clean()
                if before != (passage.exact, passage.prefix, passage.suffix):
                    passage.save(update_fields=["exact", "prefix", "suffix"])
                    number += 1
    return number
