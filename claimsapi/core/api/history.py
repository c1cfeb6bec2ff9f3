"""A record's history, and its state at an earlier time."""

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

from claimsapi.core.api.pagination import PAGE_SIZE, parse_page_size
from claimsapi.core.api.parameters import (
    AS_OF,
    integer_parameter,
    parse_integer,
    parse_past_timestamp,
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
    """A ledger entry for the record or one of its parts."""

    sequence = serializers.IntegerField(help_text="The entry's number in the ledger.")
    at = serializers.DateTimeField()
    actor = serializers.CharField(help_text="`@handle` of an account, or the name of a program.")
    action = serializers.CharField(
        help_text="`create`, `change`, `delete`, or the name of a transition."
    )
    reason = serializers.CharField(allow_blank=True)
    kind = serializers.CharField(
        help_text="Model of the changed record: the record's own, or a part's."
    )
    object = serializers.UUIDField()
    changes = DifferenceSerializer(many=True)
    fields = serializers.DictField(  # type: ignore[assignment] # a member with this name
        allow_null=True, help_text="All fields after the change. Null after a deletion."
    )


class HistorySerializer(serializers.Serializer):
    next = serializers.URLField(allow_null=True)
    results = ChangeSerializer(many=True)


class HistoryMixin(GenericViewSet):
    """Adds ``history`` and ``?as_of=`` to a record's detail."""

    @extend_schema(parameters=[AS_OF])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if "as_of" not in request.query_params:
            return super().retrieve(request, *args, **kwargs)  # type: ignore[misc,no-any-return]
        at = parse_past_timestamp(request, "as_of")
        if "expand" in request.query_params:
            raise ParameterError(
                "expand",
                "expand: leave it out with as_of, which has no expanded records.",
                MalformedParameter,
            )
        with as_of(self._model(), self._visible_id(), at, request.user) as record:
            if record is None:
                raise Http404
            return Response(self.build_fieldset_serializer().to_representation(record))  # type: ignore[attr-defined]

    @extend_schema(
        summary="History",
        parameters=[
            integer_parameter("before", "Return entries before this ledger number.", maximum=2**62),
            PAGE_SIZE,
        ],
        responses=HistorySerializer,
        filters=False,
    )
    @action(detail=True, pagination_class=None, url_path="history")
    def history(self, request: Request, **_: Any) -> Response:
        """Return the ledger entries of the record and its parts, newest first."""
        # Entries of the latest commits may not have a number yet.
        sequence_entries()
        size = parse_page_size(request)
        before = parse_integer(request, "before", 2**62, 0, 2**62)
        changes = history(self._visible_id(), request.user, before=before, size=size + 1)
        if not changes and "before" not in request.query_params:
            raise Http404
        page, has_more = changes[:size], len(changes) > size
        url = request.build_absolute_uri()
        next_url = replace_query_param(url, "before", page[-1].leaf.sequence) if has_more else None
        return Response({"next": next_url, "results": [_render_change(change) for change in page]})

    def _model(self) -> Any:
        view: Any = self
        return view.queryset.model

    def _visible_id(self) -> UUID:
        """Return the record's id. Raises ``Http404`` if the caller may not see the record today.

        A record that was public once and is hidden now has no public history.
        """
        identifier: UUID = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        meta = self._model()._meta
        # Callers who see all records of a model also see the history of deleted ones.
        if not self.request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}"):
            visible = self._model()._default_manager.visible_to(self.request.user)
            if not visible.filter(public_id=identifier).exists():
                raise Http404
        return identifier


def _render_change(change: Change) -> dict[str, Any]:
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
