"""Database constraints that carry a sentence for people, and constraints that models share.

The name of a constraint is its code: the database reports it, and it never changes. The sentence
stays in Python. It is not part of a migration, so that a better sentence changes no schema.
"""

import copy
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db.models import CheckConstraint, F, Q, TextChoices, UniqueConstraint
from django.db.models.constraints import BaseConstraint
from django.db.utils import DEFAULT_DB_ALIAS
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

Sentence = str | Promise


class _SentenceMixin(BaseConstraint):
    """Shows the constraint's sentence to people and hides it from migrations."""

    name: str
    sentence: Sentence

    def clone(self) -> Self:
        # Django clones by deconstruct(), which leaves the sentence out.
        return copy.copy(self)

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        """Describe Django's own constraint, without the sentence, to migrations."""
        _path, args, kwargs = super().deconstruct()
        django_class = CheckConstraint if isinstance(self, CheckConstraint) else UniqueConstraint
        return f"django.db.models.{django_class.__name__}", args, kwargs

    def get_violation_error_message(self) -> str:
        return str(self.sentence)

    def validate(
        self, model: Any, instance: Any, exclude: Any = None, using: str = DEFAULT_DB_ALIAS
    ) -> None:
        try:
            super().validate(model, instance, exclude, using)
        except ValidationError:
            # Django has its own sentence for a unique constraint of fields: use ours for all.
            raise ValidationError(str(self.sentence), code=self.name) from None


class Check(_SentenceMixin, CheckConstraint):
    """A check constraint: each row must meet the condition. NULL passes, as everywhere in SQL."""

    def __init__(self, name: str, sentence: Sentence, condition: Q) -> None:
        super().__init__(name=name, condition=condition)
        self.sentence = sentence


class Unique(_SentenceMixin, UniqueConstraint):
    """A unique constraint over fields or expressions, optionally for the rows of a condition."""

    def __init__(self, name: str, sentence: Sentence, *expressions: Any, **options: Any) -> None:
        super().__init__(*expressions, name=name, **options)
        self.sentence = sentence


def one_of(field: str, choices: type[TextChoices], *also: str) -> Check:
    """The column holds a value of the enumeration, or one of ``also``."""
    return Check(
        f"%(app_label)s_%(class)s_{field}_valid",
        one_of_sentence(field, choices),
        Q(**{f"{field}__in": sorted([*also, *choices.values])}),
    )


def one_of_sentence(field: str, choices: type[TextChoices]) -> Sentence:
    """The sentence for a value outside of the enumeration."""
    values = ", ".join(choices.values)
    return format_lazy(_("{field}: choose one of {values}."), field=field, values=values)


def not_blank(field: str) -> Check:
    """The text column is not the empty string."""
    return Check(
        f"%(app_label)s_%(class)s_{field}_not_blank",
        format_lazy(_("{field}: enter a text."), field=field),
        ~Q(**{field: ""}),
    )


def date_fits_precision(field: str) -> Check:
    """``<field>_on`` is the first day of the period that ``<field>_precision`` names, or null."""
    date, precision = f"{field}_on", f"{field}_precision"
    has_date = Q(**{f"{date}__isnull": False})
    return Check(
        f"%(app_label)s_%(class)s_{field}_precision_fits",
        format_lazy(
            _(
                "{field}: enter the first day of the month or year that the precision names; "
                "leave it empty if the precision is unknown."
            ),
            field=date,
        ),
        Q(**{precision: "unknown", f"{date}__isnull": True})
        | has_date & Q(**{precision: "day"})
        | has_date & Q(**{precision: "month", f"{date}__day": 1})
        | has_date & Q(**{precision: "year", f"{date}__day": 1, f"{date}__month": 1}),
    )


def passage_in_order() -> Check:
    """A passage has both ends or none, ``0 <= start < end``, and lies in a snapshot.

    Positions are those of the W3C Web Annotation text position selector: code points, half-open.
    """
    return Check(
        "%(app_label)s_%(class)s_passage_in_order",
        _("A passage needs both start and end, 0 <= start < end, and a snapshot."),
        Q(start__isnull=True, end__isnull=True)
        | Q(
            # A comparison with NULL passes a check: require each column to have a value.
            start__isnull=False,
            end__isnull=False,
            start__gte=0,
            end__gt=F("start"),
            snapshot__isnull=False,
        ),
    )
