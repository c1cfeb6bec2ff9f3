"""Base viewsets. A resource declares its queryset, serializer, filters and ordering."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import Any, ClassVar, Final

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import http_date
from rest_framework import mixins, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from claimsapi.core.api import not_modified
from claimsapi.core.api.conditional import add_validators, parse_if_match, require_revision
from claimsapi.core.api.filters import StrictFilterBackend, check_parameters
from claimsapi.core.api.history import HistoryMixin
from claimsapi.core.api.json_media import JSONRenderer
from claimsapi.core.api.keyset import KeySource, QuerysetKeySource, Ranking
from claimsapi.core.api.pagination import KeysetPagination
from claimsapi.core.api.problems import ParameterError
from claimsapi.core.api.projection import Projection
from claimsapi.core.api.sparse_fields import PARAMETERS as FIELDSET_PARAMETERS
from claimsapi.core.api.sparse_fields import PermissionScope, SparseFieldset
from claimsapi.core.api.stream_renderers import CSVRenderer, CSVWriter, NDJSONRenderer, join_lines
from claimsapi.core.errors import MalformedParameter

# Query parameters of detail endpoints.
_DETAIL_PARAMETERS: Final = {
    "retrieve": {"as_of", *FIELDSET_PARAMETERS},
    "history": {"before", "page_size"},
}


# Building these querysets and statements takes longer than running them, so they are shared by all
# callers with the same permissions. The limit bounds memory: `fields` has many combinations.
@lru_cache(maxsize=500)
def _visible_queryset(view: "type[ListViewSet]", scope: PermissionScope) -> QuerySet[Any]:
    """Return the view's rows in a permission scope. Callers must copy the queryset."""
    rows: Any = view.queryset
    return rows.all().visible_to(scope)  # type: ignore[no-any-return]


@lru_cache(maxsize=500)
def _projection(
    view: "type[ListViewSet]",
    fieldset: SparseFieldset,
    scope: PermissionScope,
    lookup: str,
    columns: tuple[str, ...],
) -> Projection:
    """Return the view's compiled statement for a fieldset and a permission scope."""
    serializer_class: Any = view.serializer_class
    rows: Any = _visible_queryset(view, scope)
    rows = rows.for_api(scope)
    return Projection(
        fieldset.build_serializer(serializer_class, view.expandable),
        fieldset.expand_queryset(rows, serializer_class, view.expandable, scope),
        lookup,
        columns,
    )


class ListViewSet(mixins.ListModelMixin, GenericViewSet):
    """A list of the records that the caller may see: keyset pages, filters and entity tags.

    ``expandable`` maps fields of the serializer with a brief related record to the serializer of
    the full record. ``modified_field`` is the column with the time of a row's last change.
    ``ranks_by_relevance`` enables the ordering by relevance.
    """

    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"
    ordering_fields: ClassVar[dict[str, str]] = {
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    default_ordering = "-created_at"
    expandable: ClassVar[Mapping[str, Any]] = {}
    modified_field: ClassVar[str] = "updated_at"
    ranks_by_relevance: ClassVar[bool] = False
    has_validator: ClassVar[bool] = True
    response_revision: int | None = None
    needs_permission: str | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Return 304 at once if an anonymous client has the current response."""
        action = self.action_map.get(str(request.method).lower())
        if action not in {"list", "retrieve"} or not not_modified.is_anonymous(request):
            return super().dispatch(request, *args, **kwargs)
        # Read the state before the response is built: a write in between then makes the cached
        # entry useless, but never wrong.
        state = not_modified.read_state()
        if "If-None-Match" in request.headers:
            unchanged = not_modified.find_not_modified(request, state)
            if unchanged is not None:
                return unchanged
        response = super().dispatch(request, *args, **kwargs)
        # An authenticator may use other credentials than a token or session, as tests do.
        if "ETag" in response and not self.request.user.is_authenticated:
            not_modified.remember(request, state, response)
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_parameters(request, self.allowed_parameters())

    def allowed_parameters(self) -> set[str]:
        """Return the names of the endpoint's query parameters."""
        if self.action != "list":
            return set()
        filters = self.filterset_class.base_filters  # type: ignore[attr-defined]
        return {*KeysetPagination.parameters, *FIELDSET_PARAMETERS, *filters}

    def get_renderers(self) -> list[Any]:
        if self.action == "list":
            return [JSONRenderer(), NDJSONRenderer(), CSVRenderer()]
        return super().get_renderers()

    def get_visible_queryset(self) -> QuerySet[Any]:
        """Return the endpoint's rows that the caller may see."""
        return _visible_queryset(type(self), PermissionScope.of(self.request.user)).all()

    def get_queryset(self) -> QuerySet[Any]:
        return self.get_visible_queryset().for_api(self.request.user)  # type: ignore[attr-defined,no-any-return]

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the queryset unchanged: ``list`` applies the filters itself."""
        return queryset

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        projection = self.get_projection("pk", self.modified_field)
        filterset = StrictFilterBackend().get_valid_filterset(
            request, self.get_visible_queryset(), self
        )
        source, pagination = self.get_key_source(filterset), KeysetPagination()
        if request.accepted_renderer.format != "json":
            return self._stream(request, projection, pagination.iter_keys(source, request, self))
        page = pagination.paginate(source, request, self)
        records = projection.fetch_records(page.keys)
        # The database has rendered the records. Join them as bytes: parsing them and rendering them
        # again would cost more than the rest of the request.
        content = JSONRenderer().render({**page.envelope(), "results": []})[:-2]
        content += ",".join(record.text for record in records).encode() + b"]}"
        response = HttpResponse(content, content_type=JSONRenderer.media_type)
        if links := page.link_header():
            response["Link"] = links
        if timestamps := [record.columns[0] for record in records if record.columns[0]]:
            response["Last-Modified"] = _http_date(max(timestamps))
        return response

    def get_key_source(self, filterset: Any) -> KeySource | Ranking:
        """Return the source of the keys of the filtered rows."""
        return QuerysetKeySource(filterset.qs)

    def _stream(
        self, request: Request, projection: Projection, key_chunks: Iterator[Sequence[Any]]
    ) -> StreamingHttpResponse:
        """Return a response that streams all rows as NDJSON or CSV."""
        for name in {"cursor", "page_size", "count"} & request.query_params.keys():
            raise ParameterError(
                name,
                f"{name}: only JSON pages have this parameter. NDJSON and CSV return all rows.",
                MalformedParameter,
            )
        is_csv = request.accepted_renderer.format == "csv"
        writer = CSVWriter(self.build_fieldset_serializer()) if is_csv else None

        def chunks() -> Iterator[str]:
            head = writer.header() if writer else ""
            for keys in key_chunks:
                texts = [record.text for record in projection.fetch_records(keys)]
                yield head + (writer.rows(texts) if writer else join_lines(texts))
                head = ""
            yield head

        texts = chunks()
        # Read the first chunk now: an error here still becomes a problem document.
        first = next(texts, "")
        media_type = f"{request.accepted_renderer.media_type}; charset=utf-8"
        return StreamingHttpResponse(chain([first], texts), content_type=media_type)

    def build_fieldset_serializer(self) -> Any:
        """Return a serializer with the requested fields."""
        fieldset = SparseFieldset.from_request(self.request)
        return fieldset.build_serializer(self.serializer_class, self.expandable)  # type: ignore[arg-type]

    def get_projection(self, lookup: str, *columns: str) -> Projection:
        """Return the compiled statement for the request, with rows looked up by ``lookup``."""
        scope = PermissionScope.of(self.request.user)
        fieldset = SparseFieldset.from_request(self.request)
        return _projection(type(self), fieldset, scope, lookup, columns)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        if final.status_code < status.HTTP_300_MULTIPLE_CHOICES:
            revision = self.response_revision if self.can_change() else None
            by_time = self.action not in {"list", "retrieve"}
            return add_validators(request, final, revision, by_time=by_time)
        return final

    def can_change(self) -> bool:
        """Return whether the caller can change records of this model.

        Only such callers get the revision, since it also counts changes of drafts.
        """
        meta = self.get_serializer_class().Meta.model._meta  # type: ignore[attr-defined]
        return bool(self.request.user.has_perm(f"{meta.app_label}.change_{meta.model_name}"))


class DetailMixin(ListViewSet):
    """Adds the detail of a record, by its public id."""

    def allowed_parameters(self) -> set[str]:
        return {*FIELDSET_PARAMETERS} if self.action == "retrieve" else super().allowed_parameters()

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        serializer_class: Any = self.serializer_class
        model = serializer_class.Meta.model
        has_revision = any(field.name == "revision" for field in model._meta.fields)
        columns = (self.modified_field, "revision") if has_revision else (self.modified_field,)
        records = self.get_projection(self.lookup_field, *columns).fetch_records([kwargs["id"]])
        if not records:
            raise Http404
        [record] = records
        if has_revision:
            self.response_revision = record.columns[1]
        response = HttpResponse(record.text.encode(), content_type=JSONRenderer.media_type)
        response["Last-Modified"] = _http_date(record.columns[0])
        return response


class ReadOnlyRecordViewSet(HistoryMixin, DetailMixin):
    """Adds the history and earlier states of a record."""

    def allowed_parameters(self) -> set[str]:
        return _DETAIL_PARAMETERS.get(self.action) or super().allowed_parameters()

    def get_object(self) -> Any:
        record = super().get_object()
        self.response_revision = record.revision
        return record


class RecordViewSet(mixins.CreateModelMixin, ReadOnlyRecordViewSet):
    """Adds creation, and partial updates with ``If-Match``."""

    http_method_names = ["get", "head", "options", "post", "patch"]  # noqa: RUF012  as in Django

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            serializer = self.get_serializer(data=request.data)
            serializer.is_valid(raise_exception=True)
            self.perform_create(serializer)
            return self.build_response(serializer.instance, status.HTTP_201_CREATED)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        revision = parse_if_match(request)
        with transaction.atomic():
            record = self.get_locked_object(revision)
            serializer = self.get_serializer(record, data=request.data, partial=True)
            serializer.is_valid(raise_exception=True)
            self.perform_update(serializer)
            return self.build_response(serializer.instance)

    def perform_update(self, serializer: Any) -> None:
        serializer.save()

    def get_locked_object(self, revision: int) -> Any:
        """Return the record, locked until the transaction ends.

        Raises ``Http404`` if it is hidden or deleted, and ``Stale`` if it has another revision.
        """
        record = self.get_object()
        # Compare the revision under the lock. Without it two writers with the same If-Match would
        # both pass, and the second would overwrite the first.
        try:
            locked = record.lock()
        except type(record).DoesNotExist:
            raise Http404 from None
        require_revision(locked.revision, revision)
        return locked

    def build_response(self, record: Any, code: int = status.HTTP_200_OK) -> Response:
        """Return a response with the record's current state, as a read returns it."""
        # Read it again, so that the response equals that of the next GET.
        current = self.get_queryset().get(pk=record.pk)
        self.response_revision = current.revision
        headers = {}
        if code == status.HTTP_201_CREATED:
            headers["Location"] = self.reverse_action("detail", args=[current.public_id])
        return Response(self.get_serializer(current).data, status=code, headers=headers)


def _http_date(timestamp: Any) -> str:
    """Format a timestamp for HTTP. SQLite's driver returns it as text in UTC."""
    if isinstance(timestamp, str):
        timestamp = datetime.fromisoformat(timestamp).replace(tzinfo=UTC)
    return http_date(timestamp.timestamp())
