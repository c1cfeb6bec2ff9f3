"""When a source is public: through what points to it, and never by itself.

This app does not know who points to its records. Apps above register, for a model, a function that
returns the condition under which their records make it public.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Final

from django.db.models import Model, Q

Rule = Callable[[], Q]

_RULES: Final[dict[str, list[Rule]]] = defaultdict(list)


def register_public_condition(model: type[Model]) -> Callable[[Rule], Rule]:
    """Register the decorated function as one way in which a record of ``model`` becomes public."""

    def register(rule: Rule) -> Rule:
        _RULES[model._meta.label].append(rule)
        return rule

    return register


def public_condition(model: type[Model]) -> Q:
    """Return the condition under which records of ``model`` are public; none if nobody says."""
    return reduce(or_, (rule() for rule in _RULES[model._meta.label]), Q(pk__in=[]))
