"""By what assignments are filtered."""

from typing import ClassVar

from claims.choices import Priority
from claims.models import Assignment
from claims.search.filters.criteria import CLAIM_ID
from claimsapi.core.api.filter_criteria import Criterion, RecordFilterSet


class AssignmentFilterSet(RecordFilterSet):
    criteria: ClassVar[tuple[Criterion, ...]] = (
        CLAIM_ID,
        Criterion(
            "assignee", "text", "assignee__handle", "Handle of who has the claim", "ada-quill"
        ),
        Criterion("priority", "choice", "priority", "How urgent it is", "urgent", choices=Priority),
    )

    class Meta:
        model = Assignment
        fields = ()
