"""The base of every resource. A resource names its queryset, serializer, filters and ordering."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
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
from claimsapi.core.api.conditional import require_revision, seen_revision, with_validator
from claimsapi.core.api.filters import StrictFilterBackend, check_parameters
from claimsapi.core.api.history import PastMixin
from claimsapi.core.api.json_media import JSONRenderer
from claimsapi.core.api.keyset import Keys, QueryKeys, Ranking
from claimsapi.core.api.pagination import KeysetPagination
from claimsapi.core.api.problems import ParameterError
from claimsapi.core.api.projection import Projection
from claimsapi.core.api.sparse_fields import PARAMETERS as SHAPE
from claimsapi.core.api.sparse_fields import Shape, Sight
from claimsapi.core.api.stream_renderers import CSVRenderer, CSVWriter, NDJSONRenderer, as_lines
from claimsapi.core.errors import MalformedParameter

# Those of addresses that are no lists.
_PARAMETERS: Final = {"retrieve": {"as_of", *SHAPE}, "history": {"before", "page_size"}}


@lru_cache(maxsize=500)
def _seen(view: "type[ListViewSet]", sight: Sight) -> QuerySet[Any]:
    """What a view shows, as a query to be copied, for all who may see as much."""
    rows: Any = view.queryset
    return rows.all().visible_to(sight)  # type: ignore[no-any-return]


@lru_cache(maxsize=500)
def _projection(
    view: "type[ListViewSet]", shape: Shape, sight: Sight, lookup: str, columns: tuple[str, ...]
) -> Projection:
    """What a view reads, compiled for all who ask for this shape and may see as much."""
    plain: Any = view.serializer_class
    rows: Any = _seen(view, sight)
    rows = rows.for_api(sight)
    return Projection(
        shape.serializer(plain, view.expandable),
        shape.queryset(rows, plain, view.expandable, sight),
        lookup,
        columns,
    )


class ListViewSet(mixins.ListModelMixin, GenericViewSet):
    """List of what the caller may see, with keyset pages, filters and entity tags.

    ``expandable`` names fields of the serializer that are shown in short, each with the serializer
    that shows it whole; ``modified`` is the column that says when a row was last changed;
    ``ranks`` says that a search can be in order of relevance.
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
    modified: ClassVar[str] = "updated_at"
    ranks: ClassVar[bool] = False
    has_validator: ClassVar[bool] = True
    shown_revision: int | None = None
    needs_permission: str | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer 304 at once to who holds the present state; see ``freshness``."""
        action = self.action_map.get(str(request.method).lower())
        if action not in {"list", "retrieve"} or not not_modified.is_anonymous(request):
            return super().dispatch(request, *args, **kwargs)
        now = not_modified.state()
        if "If-None-Match" in request.headers and (same := not_modified.known(request, now)):
            return same
        response = super().dispatch(request, *args, **kwargs)
        if "ETag" in response and not self.request.user.is_authenticated:
            not_modified.remember(request, now, response)
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_parameters(request, self.known_parameters())

    def known_parameters(self) -> set[str]:
        """The query parameters that this address takes."""
        if self.action != "list":
            return set()
        return {*KeysetPagination.parameters, *SHAPE, *self.filterset_class.base_filters}  # type: ignore[attr-defined]

    def get_renderers(self) -> list[Any]:
        if self.action == "list":
            return [JSONRenderer(), NDJSONRenderer(), CSVRenderer()]
        return super().get_renderers()

    def seen(self) -> QuerySet[Any]:
        """The rows that the caller may see at this address."""
        return _seen(type(self), Sight.of(self.request.user)).all()

    def get_queryset(self) -> QuerySet[Any]:
        return self.seen().for_api(self.request.user)  # type: ignore[attr-defined,no-any-return]

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Nothing: only lists are filtered, and see to it themselves."""
        return queryset

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        projection = self.projection("pk", self.modified)
        filterset = StrictFilterBackend().get_valid_filterset(request, self.seen(), self)
        found, pages = self.listed(filterset), KeysetPagination()
        if request.accepted_renderer.format != "json":
            return self._streamed(request, projection, pages.all(found, request, self))
        page = pages.page(found, request, self)
        records = projection.records(page.keys)
        content = JSONRenderer().render({**page.head(), "results": []})[:-2]
        content += ",".join(record.text for record in records).encode() + b"]}"
        response = HttpResponse(content, content_type=JSONRenderer.media_type)
        if links := page.links():
            response["Link"] = links
        if moments := [record.columns[0] for record in records if record.columns[0]]:
            response["Last-Modified"] = _http_date(max(moments))
        return response

    def listed(self, filterset: Any) -> Keys | Ranking:
        """Where the keys of what the filters find come from."""
        return QueryKeys(filterset.qs)

    def _streamed(
        self, request: Request, projection: Projection, keys: Iterator[Sequence[Any]]
    ) -> StreamingHttpResponse:
        """Answer with all rows, as they are read."""
        for name in {"cursor", "page_size", "count"} & request.query_params.keys():
            raise ParameterError(
                name,
                f"{name}: only pages of JSON have it; this form is all rows.",
                MalformedParameter,
            )
        as_csv = request.accepted_renderer.format == "csv"
        writer = CSVWriter(self.shaped()) if as_csv else None

        def portions() -> Iterator[str]:
            head = writer.head() if writer else ""
            for portion in keys:
                texts = [record.text for record in projection.records(portion)]
                yield head + (writer.rows(texts) if writer else as_lines(texts))
                head = ""
            yield head

        written = portions()
        first = next(written, "")  # what fails, fails before the answer begins
        media_type = f"{request.accepted_renderer.media_type}; charset=utf-8"
        return StreamingHttpResponse(_chain(first, written), content_type=media_type)

    def shaped(self) -> Any:
        """The serializer of the shape that the request asks for."""
        return Shape.asked(self.request).serializer(self.serializer_class, self.expandable)  # type: ignore[arg-type]

    def projection(self, lookup: str, *columns: str) -> Projection:
        """The compiled statement for what the request asks for, by the column ``lookup``."""
        sight = Sight.of(self.request.user)
        return _projection(type(self), Shape.asked(self.request), sight, lookup, columns)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        if final.status_code < status.HTTP_300_MULTIPLE_CHOICES:
            revision = self.shown_revision if self.may_write() else None
            by_time = self.action not in {"list", "retrieve"}
            return with_validator(request, final, revision, by_time=by_time)
        return final

    def may_write(self) -> bool:
        """Whether the caller may learn the record's revision, which counts work on drafts too."""
        meta = self.get_serializer_class().Meta.model._meta  # type: ignore[attr-defined]
        return bool(self.request.user.has_perm(f"{meta.app_label}.change_{meta.model_name}"))


class DetailMixin(ListViewSet):
    """Adds the detail of a record, by its public id."""

    def known_parameters(self) -> set[str]:
        return {*SHAPE} if self.action == "retrieve" else super().known_parameters()

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        shown: Any = self.serializer_class
        counted = any(field.name == "revision" for field in shown.Meta.model._meta.fields)
        columns = (self.modified, "revision") if counted else (self.modified,)
        found = self.projection(self.lookup_field, *columns).records([kwargs["id"]])
        if not found:
            raise Http404
        [record] = found
        if counted:
            self.shown_revision = record.columns[1]
        response = HttpResponse(record.text.encode(), content_type=JSONRenderer.media_type)
        response["Last-Modified"] = _http_date(record.columns[0])
        return response


class ReadOnlyRecordViewSet(PastMixin, DetailMixin):
    """Adds the past of a record."""

    def known_parameters(self) -> set[str]:
        return _PARAMETERS.get(self.action) or super().known_parameters()

    def get_object(self) -> Any:
        record = super().get_object()
        self.shown_revision = record.revision
        return record


class RecordViewSet(mixins.CreateModelMixin, ReadOnlyRecordViewSet):
    """Adds create, and a partial update that names the state it is based on."""

    http_method_names = ["get", "head", "options", "post", "patch"]  # noqa: RUF012  Django's

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            serializer = self.get_serializer(data=request.data)
            serializer.is_valid(raise_exception=True)
            self.perform_create(serializer)
            return self.shown(serializer.instance, status.HTTP_201_CREATED)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        seen = seen_revision(request)
        with transaction.atomic():
            record = self.locked(seen)
            serializer = self.get_serializer(record, data=request.data, partial=True)
            serializer.is_valid(raise_exception=True)
            self.perform_update(serializer)
            return self.shown(serializer.instance)

    def perform_update(self, serializer: Any) -> None:
        serializer.save()

    def locked(self, seen: int) -> Any:
        """Load the record for writing; no one else changes it until the transaction ends."""
        record = self.get_object()
        try:
            locked = record.lock()
        except type(record).DoesNotExist:
            raise Http404 from None
        require_revision(locked.revision, seen)
        return locked

    def shown(self, record: Any, code: int = status.HTTP_200_OK) -> Response:
        """Answer with the record as it now is, read as any caller reads it."""
        fresh = self.get_queryset().get(pk=record.pk)
        self.shown_revision = fresh.revision
        headers = {}
        if code == status.HTTP_201_CREATED:
            headers["Location"] = self.reverse_action("detail", args=[fresh.public_id])
        return Response(self.get_serializer(fresh).data, status=code, headers=headers)


def _http_date(moment: Any) -> str:
    """A moment as the database's driver gives it, as HTTP writes it."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return http_date(moment.timestamp())


def _chain(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest
