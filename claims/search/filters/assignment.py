"""Filter set of assignments."""

from typing import ClassVar

from claims.choices import Priority
from claims.models import Assignment
from claims.search.filters.criteria import CLAIM_ID
from claimsapi.core.api.filter_criteria import Criterion, RecordFilterSet


class AssignmentFilterSet(RecordFilterSet):
    criteria: ClassVar[tuple[Criterion, ...]] = (
        CLAIM_ID,
        Criterion("assignee", "text", "assignee__handle", "The assignee's handle", "ada-quill"),
        Criterion("priority", "choice", "priority", "Priority", "urgent", choices=Priority),
    )

    class Meta:
        model = Assignment
        fields = ()
