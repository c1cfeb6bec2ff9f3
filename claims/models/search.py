"""What is searched of claims, kept by the database."""

from typing import ClassVar

from django.db import models

from claims.read_models import search_text
from claimsapi.core.database.read_models import ReadModel


class ClaimSearch(models.Model):
    """The number of a claim in the body of text that the public searches: see ``claims.search``.

    Each database keeps the text in a form of its own, which only searches read.
    """

    kept: ClassVar = ReadModel(search_text.refresh_triggers, search_text.rebuild_statements)

    claim_id = models.BigIntegerField(primary_key=True)

    class Meta:
        managed = False
        db_table = search_text.PUBLIC_TABLE
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.claim_id)
