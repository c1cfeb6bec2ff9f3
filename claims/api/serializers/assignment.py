"""Who has which claim."""

from typing import Any, ClassVar

from rest_framework import serializers

from claims.api.serializers.statement import ClaimBriefSerializer
from claims.models import Assignment
from claims.services.assignments import assignable_users
from claimsapi.core.api.serializers import RecordSerializer, RelatedRecord
from claimsapi.core.models import User


class AssignmentSerializer(RecordSerializer):
    claim = RelatedRecord(ClaimBriefSerializer)
    assignee = serializers.CharField(
        source="assignee.handle",
        allow_null=True,
        required=False,
        default=None,
        max_length=50,
        help_text="The handle of who has it; null if nobody.",
    )

    class Meta:
        model = Assignment
        fields: ClassVar = ["id", "claim", "assignee", "priority", "created_at", "updated_at"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "assignee" in attrs:
            attrs["assignee"] = _staff(attrs["assignee"]["handle"])
        return super().validate(attrs)


def _staff(handle: str | None) -> User | None:
    """The account with this handle, if its person can work on claims."""
    if handle is None:
        return None
    found: User | None = assignable_users().filter(handle=handle).first()
    if found is None:
        fault = f"Nobody who works on claims has the handle {handle}."
        raise serializers.ValidationError({"assignee": fault})
    return found
