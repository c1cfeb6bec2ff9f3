"""By what assignments are filtered."""

from typing import ClassVar

import django_filters

from claims.choices import Priority
from claims.models import Assignment
from claimsapi.core.api.filter_criteria import Criterion, CriterionFilterSet


class AssignmentFilterSet(CriterionFilterSet):
    facts: ClassVar[tuple[Criterion, ...]] = (
        Criterion(
            "assignee", "text", "assignee__handle", "Handle of who has the claim", "ada-quill"
        ),
        Criterion("priority", "word", "priority", "How urgent it is", "urgent", choices=Priority),
    )
    claim = django_filters.UUIDFilter("claim__public_id", label="The claim's id.")

    class Meta:
        model = Assignment
        fields = ()
