"""Serializer of assignments."""

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
        help_text="The assignee's handle; null if the claim has no assignee.",
    )

    class Meta:
        model = Assignment
        fields: ClassVar = ["id", "claim", "assignee", "priority", "created_at", "updated_at"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        # Absent and null differ: null removes the assignee.
        if "assignee" in attrs:
            attrs["assignee"] = _resolve_assignee(attrs["assignee"]["handle"])
        return super().validate(attrs)


def _resolve_assignee(handle: str | None) -> User | None:
    """Return the account with this handle. It must be able to work on claims."""
    if handle is None:
        return None
    user: User | None = assignable_users().filter(handle=handle).first()
    if user is None:
        error = f"No active user with access to claims has the handle {handle}."
        raise serializers.ValidationError({"assignee": error})
    return user
