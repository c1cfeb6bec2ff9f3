"""A record's past in the API: what happened to it, and how it was at a moment."""

from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.viewsets import GenericViewSet

from claimsapi.core.api.parameters import (
    AS_OF,
    PAGE_SIZE,
    documented,
    number,
    page_size,
    past_moment,
)
from claimsapi.core.api.problems import ParameterError
from claimsapi.core.errors import MalformedParameter
from claimsapi.core.ledger.as_of import as_of
from claimsapi.core.ledger.queries import Change, history
from claimsapi.core.ledger.sequencer import sequence_entries


class DifferenceSerializer(serializers.Serializer):
    field = serializers.CharField()
    before = serializers.JSONField()
    after = serializers.JSONField()


class ChangeSerializer(serializers.Serializer):
    """One entry of the ledger about the record or a part of it."""

    sequence = serializers.IntegerField(help_text="Its number in the ledger.")
    at = serializers.DateTimeField()
    actor = serializers.CharField(help_text="`@handle` of an account, or what else wrote it.")
    action = serializers.CharField(help_text="`create`, `change`, `delete`, or the move made.")
    reason = serializers.CharField(allow_blank=True)
    kind = serializers.CharField(help_text="What was changed: the record's model, or a part's.")
    object = serializers.UUIDField()
    changes = DifferenceSerializer(many=True)
    fields = serializers.DictField(  # type: ignore[assignment] # a member of that name
        allow_null=True, help_text="All fields after it; null once deleted."
    )


class HistorySerializer(serializers.Serializer):
    next = serializers.URLField(allow_null=True)
    results = ChangeSerializer(many=True)


class PastMixin(GenericViewSet):
    """Adds ``history`` and ``?as_of=`` to a record's detail."""

    @extend_schema(parameters=[AS_OF])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if "as_of" not in request.query_params:
            return super().retrieve(request, *args, **kwargs)  # type: ignore[misc,no-any-return]
        at = past_moment(request, "as_of")
        if "expand" in request.query_params:
            raise ParameterError("expand", "expand: not together with as_of.", MalformedParameter)
        with as_of(self._model(), self._known_id(), at, request.user) as record:
            if record is None:
                raise Http404
            return Response(self.shaped().to_representation(record))  # type: ignore[attr-defined]

    @extend_schema(
        summary="History",
        parameters=[
            documented("before", "Go back from this number of the ledger, without it.", most=2**62),
            PAGE_SIZE,
        ],
        responses=HistorySerializer,
        filters=False,
    )
    @action(detail=True, pagination_class=None, url_path="history")
    def history(self, request: Request, **_: Any) -> Response:
        """What happened to the record and its parts, the newest first, as the ledger has it."""
        sequence_entries()
        size = page_size(request)
        before = number(request, "before", 2**62, 0, 2**62)
        found = history(self._known_id(), request.user, before=before, size=size + 1)
        if not found and "before" not in request.query_params:
            raise Http404
        page, more = found[:size], len(found) > size
        url = request.build_absolute_uri()
        following = replace_query_param(url, "before", page[-1].leaf.sequence) if more else None
        return Response({"next": following, "results": [_as_json(change) for change in page]})

    def _model(self) -> Any:
        view: Any = self
        return view.queryset.model

    def _known_id(self) -> UUID:
        """The record's id; 404 for what is hidden from the caller today, whatever it once was."""
        identifier: UUID = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        meta = self._model()._meta
        # Who may see all of a kind may see what was deleted, too.
        if not self.request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}"):
            visible = self._model()._default_manager.visible_to(self.request.user)
            if not visible.filter(public_id=identifier).exists():
                raise Http404
        return identifier


def _as_json(change: Change) -> dict[str, Any]:
    entry = change.entry
    return {
        "sequence": change.leaf.sequence,
        "at": f"{entry.at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "actor": entry.actor,
        "action": entry.action,
        "reason": entry.reason,
        "kind": entry.kind,
        "object": str(entry.object),
        "changes": [
            {"field": name, "before": before, "after": after}
            for name, (before, after) in change.changes.items()
        ],
        "fields": change.fields,
    }
