"""What the public sees, indexed narrowly for its filters and counted for its facets.

Neither is a record: the database keeps both from the records, see ``claims.read_models``.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, QuerySet, Sum, Window
from django.db.models.functions import Length, RowNumber

from claims.read_models import public_index
from claims.read_models.public_index import DIMENSIONS
from claimsapi.core.database.read_models import ReadModel


class PublicClaim(models.Model):
    """A claim that everyone may know of, by one combination of its facts; 0 stands for any.

    ``language`` and ``year``, that of the newest standing review's publication in UTC, are in the
    row without any fact alone.
    """

    kept: ClassVar = ReadModel(public_index.refresh_triggers, public_index.rebuild_statements)

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
            # The claim's number last, so that the index alone answers.
            models.Index(
                *DIMENSIONS, "created_at", "public_id", "claim_id", name="claims_publicclaim_page"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class PublicTallyQuerySet(models.QuerySet["PublicTally"]):
    def most_frequent(self, number: int) -> QuerySet["PublicTally", tuple[str, str, int]]:
        """How many public claims have each value of each facet, for the most frequent of each.

        Of as many, the older record comes first.
        """
        counts = self.values("facet", "value").annotate(count=Sum("n")).filter(count__gt=0)
        order: list[Any] = [F("count").desc(), Length("value"), "value"]
        placed = counts.annotate(place=Window(RowNumber(), "facet", order))
        found = placed.filter(place__lte=number).order_by("facet", "place")
        return found.values_list("facet", "value", "count")


class PublicTally(models.Model):
    """How many public claims have a value: the sum of ``n`` over the rows of facet and value.

    ``value`` is a number in the database (topic, speaker, publisher), a word (verdict), a language
    tag or a year; of the facet ``all`` it is empty. PostgreSQL may hold several rows of one value,
    written by people who did not wait for each other, until the next writer adds them up.
    """

    # Its rows are kept along with those of the index.
    kept: ClassVar = ReadModel(lambda _: (), lambda _: ())

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
