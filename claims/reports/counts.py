"""Counts of claims by value, shared by facets and statistics."""

from typing import Any

from django.db.models import CharField, Count, QuerySet
from django.db.models.functions import Cast, Substr

Counts = list[tuple[Any, int]]


def count_most_frequent(rows: QuerySet[Any], value: str, claim: str, limit: int) -> Counts:
    """Return the most frequent values of a column, with the number of their claims.

    ``claim`` is the path from a row to its claim. Equally frequent values are in their own order.
    """
    # A claim has several rows of one value, such as two statements of one speaker: count it once.
    counts = rows.order_by().values_list(value).annotate(number=Count(claim, distinct=True))
    return list(counts.order_by("-number", value)[:limit])


def describe_records(model: Any, counts: Counts) -> list[dict[str, Any]]:
    """Return id, slug, name and count of each record that was counted by its primary key."""
    rows = model.objects.filter(pk__in=[key for key, _ in counts])
    records = {row["pk"]: row for row in rows.values("pk", "public_id", "slug", "name")}
    return [
        {
            "id": records[key]["public_id"],
            "slug": records[key]["slug"],
            "name": records[key]["name"],
            "count": count,
        }
        for key, count in counts
    ]


# Years and months are cut from text in UTC. On SQLite, Django's Trunc and Extract functions call
# Python for every row.
def year_of(column: str) -> Substr:
    """An expression of a timestamp's year, as text."""
    return Substr(Cast(column, CharField()), 1, 4)


def month_of(column: str) -> Substr:
    """An expression of a timestamp's month, as text: ``YYYY-MM``."""
    return Substr(Cast(column, CharField()), 1, 7)
