"""Moves as endpoints."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import (
    extend_schema,
)
from rest_framework.decorators import action
from rest_framework.request import Request

from claims import workflow
from claims.api.serializers import review
from claimsapi.core.api.conditional import parse_if_match
from claimsapi.core.api.permissions import get_account


def transition_action(move: workflow.Transition, attribute: str = "") -> Any:
    """Build the action endpoint of a move: ``POST …/<id>/<move>/`` with ``If-Match``.

    ``attribute`` is the view's attribute where the move's own name is a word of the language's.
    """
    asked = review.SameAsSerializer if move.other else review.MoveSerializer

    def post(self: Any, request: Request, **_: Any) -> Any:
        seen = parse_if_match(request)
        body = asked(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        with transaction.atomic():
            record = self.get_locked_object(seen)
            part = self.moved_part(record, move)
            workflow.apply_transition(
                record=part,
                move=move,
                user=get_account(request),
                text=body.validated_data.get("text", ""),
                other=body.validated_data.get("claim"),
                seen=part.revision,
            )
            return self.build_response(record)

    post.__name__ = attribute or move.name
    post.__doc__ = f"{move.label}. Asks for {move.asks or move.other or 'nothing'}."
    acting = action(
        detail=True, methods=["post"], url_path=move.name, needs_permission=move.permission
    )(post)
    # Last, since the action takes away what was said of it before.
    return extend_schema(summary=str(move.label), request=asked)(acting)
