"""The ledger in the API: checkpoint, entries, proofs, and the feed of changes."""

import base64
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.apps import apps
from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from claimsapi.core.api.conditional import add_validators
from claimsapi.core.api.filters import check_parameters
from claimsapi.core.api.json_media import JSONRenderer
from claimsapi.core.api.pagination import PAGE_SIZE, parse_page_size
from claimsapi.core.api.parameters import integer_parameter, parse_integer
from claimsapi.core.api.permissions import Everyone
from claimsapi.core.api.problems import ParameterError
from claimsapi.core.errors import MalformedParameter
from claimsapi.core.ledger import merkle
from claimsapi.core.ledger.models import Leaf
from claimsapi.core.ledger.queries import (
    Cursor,
    FeedChange,
    changed_since,
    defer_states,
    find_parents,
    load_states,
    readable_kinds,
    readable_leaves,
    visible_at_last_leaf,
)
from claimsapi.core.ledger.sequencer import entry_line, read_nodes, sequence_entries, tree_size
from claimsapi.core.ledger.signing import build_checkpoint, public_verifier_key, signing_key


class LedgerView(APIView):
    """Base of the public, read-only views of the ledger."""

    permission_classes = (Everyone,)
    has_validator: ClassVar[bool] = True
    parameters: tuple[str, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_parameters(request, set(self.parameters))
        # Give entries of the latest commits their numbers, so that a caller sees its own writes.
        sequence_entries()

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        if isinstance(final, Response) and final.status_code == 200:
            return add_validators(request, final, None)
        return final


class LedgerSerializer(serializers.Serializer):
    """The current state of the ledger."""

    origin = serializers.CharField(
        help_text="Name of the ledger, the first line of every checkpoint."
    )
    size = serializers.IntegerField(help_text="Number of entries.")
    root = serializers.CharField(  # type: ignore[assignment] # a member with this name
        help_text="Root hash of the Merkle tree, in hexadecimal."
    )
    verifier_key = serializers.CharField(help_text="C2SP verifier key of the checkpoints.")


class Ledger(LedgerView):
    """The ledger's name, key and size."""

    @extend_schema(responses=LedgerSerializer, summary="The ledger")
    def get(self, _request: Request) -> Response:
        """Return the name, size, root and key of the ledger."""
        checkpoint = build_checkpoint()
        return Response(
            {
                "origin": checkpoint.origin,
                "size": checkpoint.size,
                "root": checkpoint.root.hex(),
                "verifier_key": public_verifier_key(),
            }
        )


class NoteRenderer(JSONRenderer):
    """Negotiates plain text. Errors stay problem documents."""

    media_type = "text/plain"
    format = "txt"


class LatestCheckpoint(LedgerView):
    """The signed checkpoint."""

    renderer_classes = (NoteRenderer, JSONRenderer)
    has_validator = False

    @extend_schema(
        summary="The signed checkpoint",
        responses={(200, "text/plain"): OpenApiResponse(OpenApiTypes.STR, "A C2SP signed note.")},
    )
    def get(self, _request: Request) -> HttpResponse:
        """Return the checkpoint of the tree (C2SP tlog-checkpoint), signed with Ed25519."""
        text = build_checkpoint().signed(signing_key())
        response = HttpResponse(text, content_type="text/plain; charset=utf-8")
        response["Cache-Control"] = "no-cache"
        return response


class ContentSerializer(serializers.Serializer):
    reason = serializers.CharField(allow_blank=True)
    salt = serializers.CharField()
    state = serializers.DictField(
        allow_null=True, help_text="The record as a Django fixture. Null after a deletion."
    )


class EntrySerializer(serializers.Serializer):
    """An entry, described in docs/ledger.md. An erased ``content`` is replaced by its hash."""

    action = serializers.CharField()
    actor = serializers.CharField()
    at = serializers.DateTimeField()
    content = ContentSerializer()
    kind = serializers.CharField()
    object = serializers.UUIDField()


class LeafSerializer(serializers.Serializer):
    sequence = serializers.IntegerField(help_text="Number of the entry. The first is 0.")
    leaf = serializers.CharField(help_text="Leaf hash (RFC 6962), in hexadecimal.")
    entry = EntrySerializer(allow_null=True, help_text="Null if the caller may not read it.")


class EntriesSerializer(serializers.Serializer):
    size = serializers.IntegerField(help_text="Number of entries in the ledger.")
    next = serializers.URLField(allow_null=True)
    results = LeafSerializer(many=True)


class Entries(LedgerView):
    """The ledger's entries in order."""

    parameters = ("from", "page_size")

    @extend_schema(
        summary="Entries of the ledger",
        parameters=[
            integer_parameter("from", "Number of the first returned entry. The default is 0."),
            PAGE_SIZE,
        ],
        responses=EntriesSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return entries in order. An entry that the caller may not read has only its leaf hash."""
        size = tree_size()
        start = parse_integer(request, "from", 0, 0, size)
        count = parse_page_size(request)
        rows = Leaf.objects.filter(sequence__gte=start, sequence__lt=start + count)
        # Load states only of readable entries: states are large, and most readers see few of them.
        leaves = list(defer_states(rows).order_by("sequence"))
        readable = readable_leaves(leaves, request.user)
        load_states([leaf for leaf in leaves if leaf.sequence in readable])
        after = start + len(leaves)
        url = request.build_absolute_uri()
        return Response(
            {
                "size": size,
                "next": replace_query_param(url, "from", after) if after < size else None,
                "results": [
                    {
                        "sequence": leaf.sequence,
                        "leaf": leaf.leaf_hash.hex(),
                        "entry": orjson.loads(entry_line(leaf))
                        if leaf.sequence in readable
                        else None,
                    }
                    for leaf in leaves
                ],
            }
        )


class ProofSerializer(serializers.Serializer):
    """The hashes of a proof in base64, from the bottom of the tree upwards (RFC 6962)."""

    proof = serializers.ListField(child=serializers.CharField())


def _proof_response(hashes: list[bytes]) -> Response:
    return Response({"proof": [base64.b64encode(hash_).decode() for hash_ in hashes]})


class InclusionProof(LedgerView):
    """Proof that the tree contains an entry."""

    parameters = ("index", "size")

    @extend_schema(
        summary="Proof that an entry is in the tree",
        parameters=[
            integer_parameter("index", "Number of the entry.", required=True),
            integer_parameter(
                "size", "Size of the tree. The default is the current size.", minimum=1
            ),
        ],
        responses=ProofSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return the audit path of an entry (RFC 6962, section 2.1.1)."""
        current = tree_size()
        size = parse_integer(request, "size", current, 1, current)
        index = parse_integer(request, "index", None, 0, size - 1)
        return _proof_response(merkle.inclusion_proof(index, size, read_nodes))


class ConsistencyProof(LedgerView):
    """Proof that a tree extends an older one."""

    parameters = ("old", "new")

    @extend_schema(
        summary="Proof that the tree extends an older one",
        parameters=[
            integer_parameter("old", "Size of the older tree.", required=True),
            integer_parameter("new", "Size of the newer tree. The default is the current size."),
        ],
        responses=ProofSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return the consistency proof between two sizes (RFC 6962, section 2.1.2)."""
        current = tree_size()
        new = parse_integer(request, "new", current, 0, current)
        old = parse_integer(request, "old", None, 0, new)
        return _proof_response(merkle.consistency_proof(old, new, read_nodes))


class ChangedSerializer(serializers.Serializer):
    kind = serializers.CharField(help_text="Resource, as in its URL: claims, reviews …")
    id = serializers.UUIDField()
    gone = serializers.BooleanField(help_text="Whether the caller can no longer read it.")
    url = serializers.URLField(allow_null=True, help_text="URL of the record. Null if it is gone.")


class ChangesSerializer(serializers.Serializer):
    next = serializers.URLField(help_text="URL of the next request: at once if `more`, else later.")
    more = serializers.BooleanField(help_text="Whether the next page already has results.")
    results = ChangedSerializer(many=True)


class Changes(LedgerView):
    """Feed of changes of the records that the caller can read."""

    parameters = ("after", "page_size")

    @extend_schema(
        summary="Changes",
        parameters=[
            OpenApiParameter(
                "after", description="Position in the feed, from the `next` of the last page."
            ),
            PAGE_SIZE,
        ],
        responses=ChangesSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return changes in order, from the beginning if `after` is left out.

        A page lists each record once. A record that the caller can no longer read is `gone`. A
        client that follows the feed from the beginning has the same records as the lists.
        """
        after = self._parse_after(request)
        size = parse_page_size(request)
        changes = changed_since(request.user, after, size + 1)
        page = changes[:size]
        # An empty page keeps the position, so that a client can ask again later.
        last = page[-1].cursor if page else after
        url = request.build_absolute_uri()
        return Response(
            {
                "next": replace_query_param(url, "after", self._format_position(request, last)),
                "more": len(changes) > size,
                "results": list(self._results(request, page)),
            }
        )

    def _format_position(self, request: Request, cursor: Cursor) -> str:
        """Return the cursor with a hash of the kinds that the caller can read.

        Callers with other permissions follow another feed. The hash stops them from continuing one
        in the middle, where they would miss earlier changes.
        """
        kinds = ",".join(sorted(readable_kinds(request.user)))
        return f"{cursor}.{merkle.leaf_hash(kinds.encode()).hex()[:8]}"

    def _parse_after(self, request: Request) -> Cursor:
        text = request.query_params.get("after")
        if text is None:
            return Cursor()
        try:
            cursor = Cursor.parse(text.rpartition(".")[0])
        except ValueError:
            fault = "after: use the URL in `next` of the last page."
            raise ParameterError("after", fault, MalformedParameter) from None
        if text != self._format_position(request, cursor):
            fault = (
                "after: your permissions differ from those of this feed. Start again without after."
            )
            raise ParameterError("after", fault, MalformedParameter)
        return cursor

    def _results(self, request: Request, page: list[FeedChange]) -> Iterator[dict[str, Any]]:
        # Keep the position of a record's last change on the page.
        resources: dict[tuple[Any, UUID], None] = {}
        for resource in _find_resources([(change.kind, change.object) for change in page]):
            resources.pop(resource, None)
            resources[resource] = None
        by_model: dict[Any, set[UUID]] = defaultdict(set)
        for model, object_ in resources:
            by_model[model].add(object_)
        visible = {
            (model, object_)
            for model, objects in by_model.items()
            for object_ in visible_at_last_leaf(model, objects, request.user)
        }
        for model, object_ in resources:
            gone = (model, object_) not in visible
            path = reverse(f"{model._meta.model_name}-detail", args=[object_])
            yield {
                "kind": path.split("/")[-3],
                "id": str(object_),
                "gone": gone,
                "url": None if gone else request.build_absolute_uri(path),
            }


def _find_resources(records: list[tuple[str, UUID]]) -> list[tuple[Any, UUID]]:
    """Return the API resources of changed records, as model and public id.

    A record without an endpoint counts as a change of its parent. A record without either, which
    only the desk shows, is left out.
    """
    models: list[tuple[Any, UUID]] = [(apps.get_model(kind), object_) for kind, object_ in records]
    exposed = {model for model, _ in models if _has_endpoint(model)}
    parts = [object_ for model, object_ in models if model not in exposed]
    parents = find_parents(parts) if parts else {}
    return [
        (model, object_) if model in exposed else (_parent_model(model), parents[object_])
        for model, object_ in models
        if model in exposed or object_ in parents
    ]


def _has_endpoint(model: Any) -> bool:
    try:
        return bool(reverse(f"{model._meta.model_name}-list"))
    except NoReverseMatch:
        return False


def _parent_model(model: Any) -> Any:
    return model._meta.get_field(model.part_of[0]).related_model
