"""Visibility of sources: a source is public through a public record that refers to it.

This app cannot import the records of the apps above it. These apps register conditions for the
models of this app. A source is public if one of its conditions is true.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Final

from django.db.models import Model, Q

Condition = Callable[[], Q]

_CONDITIONS: Final[dict[str, list[Condition]]] = defaultdict(list)


def register_public_condition(model: type[Model]) -> Callable[[Condition], Condition]:
    """Register the decorated function as a condition for public records of ``model``."""

    def register(condition: Condition) -> Condition:
        _CONDITIONS[model._meta.label].append(condition)
        return condition

    return register


def public_condition(model: type[Model]) -> Q:
    """Return the condition for public records of ``model``; without one, no record is public."""
    # The conditions are functions, because their querysets need the loaded app registry.
    return reduce(or_, (condition() for condition in _CONDITIONS[model._meta.label]), Q(pk__in=[]))
