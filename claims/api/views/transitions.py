"""Endpoints of transitions."""

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


def transition_action(transition: workflow.Transition, attribute: str = "") -> Any:
    """Build the endpoint of a transition: ``POST …/<id>/<transition>/`` with ``If-Match``.

    ``attribute`` is the view's attribute if the transition's name is a Python keyword or builtin.
    """
    serializer_class = (
        review.SameAsSerializer if transition.other_name else review.TransitionSerializer
    )

    def post(self: Any, request: Request, **_: Any) -> Any:
        revision = parse_if_match(request)
        body = serializer_class(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        # The revision of If-Match is compared under the lock: two editors cannot both succeed.
        with transaction.atomic():
            record = self.get_locked_object(revision)
            # A review's transitions apply to one of its versions.
            target = self.transition_record(record, transition)
            workflow.apply_transition(
                record=target,
                transition=transition,
                user=get_account(request),
                text=body.validated_data.get("text", ""),
                other=body.validated_data.get("claim"),
                revision=target.revision,
            )
            return self.build_response(record)

    post.__name__ = attribute or transition.name
    needs = transition.text_name or transition.other_name or "nothing"
    post.__doc__ = f"{transition.label}. Needs {needs}."
    endpoint = action(
        detail=True,
        methods=["post"],
        url_path=transition.name,
        needs_permission=transition.permission,
    )(post)
    # The schema comes last: the action decorator discards an earlier one.
    return extend_schema(summary=str(transition.label), request=serializer_class)(endpoint)
