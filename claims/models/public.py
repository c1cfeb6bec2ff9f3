"""Read models of public claims: a narrow index for filters, and counts for facets.

The database derives both from the records: see ``claims.read_models.public_index``.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, QuerySet, Sum, Window
from django.db.models.functions import Length, RowNumber

from claims.read_models import public_index
from claims.read_models.public_index import DIMENSIONS
from claimsapi.core.database.read_models import ReadModel


class PublicClaim(models.Model):
    """A public claim under one combination of filter values; 0 means any value.

    Only the row without filter values has ``language`` and ``year``. The year is that of the
    newest published review's publication, in UTC.
    """

    read_model: ClassVar = ReadModel(public_index.refresh_triggers, public_index.rebuild_statements)

    pk = models.CompositePrimaryKey("claim_id", *DIMENSIONS)
    claim_id = models.BigIntegerField()
    speaker = models.BigIntegerField()
    verdict = models.SmallIntegerField()
    publisher = models.BigIntegerField()
    topic = models.BigIntegerField()
    created_at = models.DateTimeField()
    public_id = models.UUIDField()
    language = models.CharField(max_length=35)
    year = models.SmallIntegerField()

    class Meta:
        default_permissions = ()
        indexes: ClassVar = [
            # The claim's primary key comes last: queries then read the index only.
            models.Index(
                *DIMENSIONS, "created_at", "public_id", "claim_id", name="claims_publicclaim_page"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class PublicTallyQuerySet(models.QuerySet["PublicTally"]):
    def most_frequent(self, number: int) -> QuerySet["PublicTally", tuple[str, str, int]]:
        """Yield facet, value and number of public claims for the most frequent values per facet.

        Values of the same frequency are in the order of their records, the oldest first.
        """
        counts = self.values("facet", "value").annotate(count=Sum("n")).filter(count__gt=0)
        order: list[Any] = [F("count").desc(), Length("value"), "value"]
        ranked = counts.annotate(rank=Window(RowNumber(), "facet", order))
        top = ranked.filter(rank__lte=number).order_by("facet", "rank")
        return top.values_list("facet", "value", "count")


class PublicTally(models.Model):
    """The number of public claims with a value: the sum of ``n`` over its rows.

    ``value`` is a primary key (topic, speaker, publisher), a verdict, a language tag or a year; it
    is empty for the facet ``all``. PostgreSQL can have several rows for one value, since concurrent
    writers insert rows instead of waiting for each other. A later writer adds them up.
    """

    # The triggers of the public index refresh this table too.
    read_model: ClassVar = ReadModel(lambda _: (), lambda _: ())

    facet = models.CharField(max_length=9)
    value = models.CharField(max_length=35)
    n = models.BigIntegerField()

    objects = PublicTallyQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes: ClassVar = [
            models.Index("facet", "value", "n", name="claims_publictally_value"),
        ]

    def __str__(self) -> str:
        return f"{self.facet} {self.value}: {self.n}"
