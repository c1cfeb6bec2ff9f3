"""Database constraints that several models share."""

from typing import Any

from django.db.models import CheckConstraint, F, Q, TextChoices
from django.db.models.constraints import BaseConstraint
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _


def one_of(field: str, choices: type[TextChoices], *also: str) -> CheckConstraint:
    """The column holds one of the enumeration's words, or of ``also``."""
    return CheckConstraint(
        name=f"%(app_label)s_%(class)s_{field}_known",
        condition=Q(**{f"{field}__in": sorted([*also, *choices.values])}),
        violation_error_message=one_of_message(field, choices),
    )


def one_of_message(field: str, choices: type[TextChoices]) -> Any:
    """What is said of a column with another word."""
    words = ", ".join(choices.values)
    return format_lazy(_("{field}: use one of {words}."), field=field, words=words)


def not_blank(field: str) -> CheckConstraint:
    """The text column is not the empty string."""
    return CheckConstraint(
        name=f"%(app_label)s_%(class)s_{field}_not_blank",
        condition=~Q(**{field: ""}),
        violation_error_message=format_lazy(_("{field}: write something."), field=field),
    )


def date_fits_precision(field: str) -> list[BaseConstraint]:
    """``<field>_on`` is the first day of the period that ``<field>_precision`` names, or null."""
    date, precision = f"{field}_on", f"{field}_precision"
    known = Q(**{f"{date}__isnull": False})
    fits = (
        Q(**{precision: "unknown", f"{date}__isnull": True})
        | known & Q(**{precision: "day"})
        | known & Q(**{precision: "month", f"{date}__day": 1})
        | known & Q(**{precision: "year", f"{date}__day": 1, f"{date}__month": 1})
    )
    return [
        CheckConstraint(
            name=f"%(app_label)s_%(class)s_{field}_precision_fits",
            condition=fits,
            violation_error_message=format_lazy(
                _(
                    "{field}: give the first day of the month or year that the precision names; "
                    "no date if the precision is unknown."
                ),
                field=date,
            ),
        )
    ]


def passage_in_order() -> list[BaseConstraint]:
    """A passage has both ends or none, ``0 <= start < end``, and lies in a snapshot.

    Positions are those of the W3C Web Annotation text position selector: code points, half-open.
    """
    return [
        CheckConstraint(
            name="%(app_label)s_%(class)s_passage_in_order",
            condition=Q(start__isnull=True, end__isnull=True)
            | Q(
                # NULL passes a check: both ends have to be said to be there.
                start__isnull=False,
                end__isnull=False,
                start__gte=0,
                end__gt=F("start"),
                snapshot__isnull=False,
            ),
            violation_error_message=_(
                "A passage needs both start and end, 0 <= start < end, and a snapshot."
            ),
        )
    ]
