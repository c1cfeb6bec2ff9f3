"""Giving passages their words once the text that they are positions in is there."""

from django.core.exceptions import ValidationError
from django.db import transaction

from claims.models import Evidence, Statement
from claimsapi.core.errors import Conflict
from sources.models import Snapshot


def passages_anchor(*, snapshot: Snapshot) -> int:
    """Fill in the quotations of a snapshot's passages from its text; return how many changed.

    Raises ``Conflict``, and changes nothing, if a passage lies outside of the text or already
    quotes other words.
    """
    anchored = 0
    with transaction.atomic():
        for model in (Statement, Evidence):
            for passage in model.objects.filter(snapshot=snapshot, start__isnull=False):
                passage.snapshot = snapshot
                before = (passage.exact, passage.prefix, passage.suffix)
                try:
                    passage.clean()
                except ValidationError as error:
                    raise Conflict(
                        f"The {model._meta.verbose_name} at {passage.start} to {passage.end} does "
                        f"not fit the text: {' '.join(error.messages)}"
                    ) from None
                if before != (passage.exact, passage.prefix, passage.suffix):
                    passage.save(update_fields=["exact", "prefix", "suffix"])
                    anchored += 1
    return anchored
