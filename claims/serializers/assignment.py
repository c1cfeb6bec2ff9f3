"""Who has which claim."""

from typing import Any, ClassVar

from rest_framework import serializers

from claims.models import Assignment
from claims.serializers.statement import ClaimBriefSerializer
from claimsapi.core.api.serializers import RecordSerializer, Reference
from claimsapi.core.models import User


class AssignmentSerializer(RecordSerializer):
    claim = Reference(ClaimBriefSerializer)
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
    """The active account of staff with this handle."""
    if handle is None:
        return None
    found: User | None = User.objects.filter(handle=handle, is_active=True, is_staff=True).first()
    if found is None:
        fault = f"No active account of staff has the handle {handle}."
        raise serializers.ValidationError({"assignee": fault})
    return found
