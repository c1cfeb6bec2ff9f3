"""The ledger in the API: its checkpoint, its entries, proofs, and what changed since."""

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
from claimsapi.core.api.parameters import (
    PAGE_SIZE,
    integer_parameter,
    parse_integer,
    parse_page_size,
)
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
from claimsapi.core.ledger.signing import public_verifier_key, sign_checkpoint, signing_key


class LedgerView(APIView):
    """The base of what is read off the ledger, by everyone."""

    permission_classes = (Everyone,)
    has_validator: ClassVar[bool] = True
    parameters: tuple[str, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_parameters(request, set(self.parameters))
        sequence_entries()

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        if isinstance(final, Response) and final.status_code == 200:
            return add_validators(request, final, None)
        return final


class LedgerSerializer(serializers.Serializer):
    """The ledger as it is now."""

    origin = serializers.CharField(
        help_text="The ledger's name, which every checkpoint begins with."
    )
    size = serializers.IntegerField(help_text="The number of its entries.")
    root = serializers.CharField(  # type: ignore[assignment] # a member of that name
        help_text="The root hash of its tree, in hexadecimal."
    )
    verifier_key = serializers.CharField(help_text="The C2SP verifier key of its checkpoints.")


class Ledger(LedgerView):
    """The ledger's name, key and size."""

    @extend_schema(responses=LedgerSerializer, summary="The ledger")
    def get(self, _request: Request) -> Response:
        """Name, size, root and key of the ledger."""
        now = sign_checkpoint()
        return Response(
            {
                "origin": now.origin,
                "size": now.size,
                "root": now.root.hex(),
                "verifier_key": public_verifier_key(),
            }
        )


class NoteRenderer(JSONRenderer):
    """Lets callers ask for the text that a checkpoint is; a problem stays a problem document."""

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
        """The checkpoint of the whole tree (C2SP tlog-checkpoint), signed with Ed25519."""
        text = sign_checkpoint().signed(signing_key())
        answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
        answer["Cache-Control"] = "no-cache"
        return answer


class ContentSerializer(serializers.Serializer):
    reason = serializers.CharField(allow_blank=True)
    salt = serializers.CharField()
    state = serializers.DictField(
        allow_null=True, help_text="The record in the form of Django's fixtures; null once deleted."
    )


class EntrySerializer(serializers.Serializer):
    """An entry, as docs/ledger.md says; ``content`` is its hash where it was erased."""

    action = serializers.CharField()
    actor = serializers.CharField()
    at = serializers.DateTimeField()
    content = ContentSerializer()
    kind = serializers.CharField()
    object = serializers.UUIDField()


class LeafSerializer(serializers.Serializer):
    sequence = serializers.IntegerField(help_text="Its number; the first is 0.")
    leaf = serializers.CharField(help_text="Its leaf hash (RFC 6962), in hexadecimal.")
    entry = EntrySerializer(allow_null=True, help_text="Null where it is not public.")


class EntriesSerializer(serializers.Serializer):
    size = serializers.IntegerField(help_text="The number of entries of the whole ledger.")
    next = serializers.URLField(allow_null=True)
    results = LeafSerializer(many=True)


class Entries(LedgerView):
    """The ledger's entries in order."""

    parameters = ("from", "page_size")

    @extend_schema(
        summary="Entries of the ledger",
        parameters=[
            integer_parameter("from", "The number of the first one wanted; 0 if left out."),
            PAGE_SIZE,
        ],
        responses=EntriesSerializer,
    )
    def get(self, request: Request) -> Response:
        """Entries from a number on. What is not public appears as its leaf hash alone."""
        size = tree_size()
        start = parse_integer(request, "from", 0, 0, size)
        count = parse_page_size(request)
        found = Leaf.objects.filter(sequence__gte=start, sequence__lt=start + count)
        leaves = list(defer_states(found).order_by("sequence"))
        seen = readable_leaves(leaves, request.user)
        load_states([leaf for leaf in leaves if leaf.sequence in seen])
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
                        "entry": orjson.loads(entry_line(leaf)) if leaf.sequence in seen else None,
                    }
                    for leaf in leaves
                ],
            }
        )


class ProofSerializer(serializers.Serializer):
    """The hashes of a proof, lowest first, in base64 as RFC 6962 has them."""

    proof = serializers.ListField(child=serializers.CharField())


def _proof(hashes: list[bytes]) -> Response:
    return Response({"proof": [base64.b64encode(hash_).decode() for hash_ in hashes]})


class InclusionProof(LedgerView):
    """That an entry stands in the tree."""

    parameters = ("index", "size")

    @extend_schema(
        summary="Proof that an entry is in the tree",
        parameters=[
            integer_parameter("index", "The entry's number.", required=True),
            integer_parameter("size", "Of the tree; the present one if left out.", minimum=1),
        ],
        responses=ProofSerializer,
    )
    def get(self, request: Request) -> Response:
        """The audit path of an entry (RFC 6962, section 2.1.1)."""
        now = tree_size()
        size = parse_integer(request, "size", now, 1, now)
        index = parse_integer(request, "index", None, 0, size - 1)
        return _proof(merkle.inclusion_proof(index, size, read_nodes))


class ConsistencyProof(LedgerView):
    """That a tree continues an older one."""

    parameters = ("old", "new")

    @extend_schema(
        summary="Proof that the tree continues an older one",
        parameters=[
            integer_parameter("old", "The older tree's size.", required=True),
            integer_parameter("new", "The newer tree's size; the present one if left out."),
        ],
        responses=ProofSerializer,
    )
    def get(self, request: Request) -> Response:
        """The consistency proof between two sizes (RFC 6962, section 2.1.2)."""
        now = tree_size()
        new = parse_integer(request, "new", now, 0, now)
        old = parse_integer(request, "old", None, 0, new)
        return _proof(merkle.consistency_proof(old, new, read_nodes))


class ChangedSerializer(serializers.Serializer):
    kind = serializers.CharField(help_text="The resource, as in its address: claims, reviews …")
    id = serializers.UUIDField()
    gone = serializers.BooleanField(help_text="It is no longer there for this caller.")
    url = serializers.URLField(allow_null=True, help_text="Where to read it; null if it is gone.")


class ChangesSerializer(serializers.Serializer):
    next = serializers.URLField(help_text="Ask here next: at once if `more`, else later.")
    more = serializers.BooleanField(help_text="Whether there is more already.")
    results = ChangedSerializer(many=True)


class Changes(LedgerView):
    """What changed for the caller."""

    parameters = ("after", "page_size")

    @extend_schema(
        summary="What changed since",
        parameters=[
            OpenApiParameter("after", description="The `after` of the last page's `next`."),
            PAGE_SIZE,
        ],
        responses=ChangesSerializer,
    )
    def get(self, request: Request) -> Response:
        """What changed for this caller, in order; from the beginning if `after` is left out.

        A record is named at most once per page. One that is no longer there for the caller is
        `gone`. Whoever follows from the beginning holds what the lists hold.
        """
        after = self._after(request)
        size = parse_page_size(request)
        found = changed_since(request.user, after, size + 1)
        page = found[:size]
        last = page[-1].cursor if page else after
        url = request.build_absolute_uri()
        return Response(
            {
                "next": replace_query_param(url, "after", self._mark(request, last)),
                "more": len(found) > size,
                "results": list(self._results(request, page)),
            }
        )

    def _mark(self, request: Request, cursor: Cursor) -> str:
        """A cursor goes with what its caller may read: the feeds of two roles are two feeds."""
        kinds = ",".join(sorted(readable_kinds(request.user)))
        return f"{cursor}.{merkle.leaf_hash(kinds.encode()).hex()[:8]}"

    def _after(self, request: Request) -> Cursor:
        given = request.query_params.get("after")
        if given is None:
            return Cursor()
        try:
            cursor = Cursor.parse(given.rpartition(".")[0])
        except ValueError:
            fault = "after: use the address in `next` of the page before."
            raise ParameterError("after", fault, MalformedParameter) from None
        if given != self._mark(request, cursor):
            fault = "after: this place is of a caller with other rights. Begin without it."
            raise ParameterError("after", fault, MalformedParameter)
        return cursor

    def _results(self, request: Request, page: list[FeedChange]) -> Iterator[dict[str, Any]]:
        named: dict[tuple[Any, UUID], None] = {}
        for resource in _resources([(change.kind, change.object) for change in page]):
            named.pop(resource, None)  # a later change takes the place of an earlier one
            named[resource] = None
        by_model: dict[Any, set[UUID]] = defaultdict(set)
        for model, object_ in named:
            by_model[model].add(object_)
        there = {
            (model, object_)
            for model, objects in by_model.items()
            for object_ in visible_at_last_leaf(model, objects, request.user)
        }
        for model, object_ in named:
            gone = (model, object_) not in there
            path = reverse(f"{model._meta.model_name}-detail", args=[object_])
            yield {
                "kind": path.split("/")[-3],
                "id": str(object_),
                "gone": gone,
                "url": None if gone else request.build_absolute_uri(path),
            }


def _resources(records: list[tuple[str, UUID]]) -> list[tuple[Any, UUID]]:
    """Records as the API has them: a part without an address of its own is its whole's.

    What has neither address nor whole is the desk's alone, and not among them.
    """
    models: list[tuple[Any, UUID]] = [(apps.get_model(kind), object_) for kind, object_ in records]
    addressed = {model for model, _ in models if _has_address(model)}
    parts = [object_ for model, object_ in models if model not in addressed]
    wholes = find_parents(parts) if parts else {}
    return [
        (model, object_) if model in addressed else (_whole_model(model), wholes[object_])
        for model, object_ in models
        if model in addressed or object_ in wholes
    ]


def _has_address(model: Any) -> bool:
    try:
        return bool(reverse(f"{model._meta.model_name}-list"))
    except NoReverseMatch:
        return False


def _whole_model(model: Any) -> Any:
    return model._meta.get_field(model.part_of[0]).related_model
