"""The read model of search text."""

from typing import ClassVar

from django.db import models

from claims.read_models import full_text
from claimsapi.core.database.read_models import ReadModel


class ClaimSearch(models.Model):
    """The primary keys of claims that the public full-text search covers: see ``claims.search``.

    The text itself is in columns that differ between the databases; only searches read them.
    """

    read_model: ClassVar = ReadModel(full_text.refresh_triggers, full_text.rebuild_statements)

    claim_id = models.BigIntegerField(primary_key=True)

    class Meta:
        managed = False
        db_table = full_text.PUBLIC_TABLE
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.claim_id)
