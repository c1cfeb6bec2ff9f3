"""Query conditions on partial dates: the columns ``<field>_on`` and ``<field>_precision``."""

from datetime import date

from django.db.models import Q


def ends_before(field: str, day: date) -> Q:
    """The whole period ends before the day. Unknown dates never match."""
    # A month ends before the day if it starts before the month of the day; likewise a year.
    latest_starts = {
        "day": day,
        "month": day.replace(day=1),
        "year": day.replace(month=1, day=1),
    }
    condition = Q()
    for precision, start in latest_starts.items():
        condition |= Q(**{f"{field}_precision": precision, f"{field}_on__lt": start})
    return condition
