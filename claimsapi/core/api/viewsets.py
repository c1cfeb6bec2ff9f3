"""The base of every resource. A resource names its queryset, serializer, filters and ordering."""

from typing import Any, ClassVar, Final

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from rest_framework import mixins, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from claimsapi.core.api.conditional import require_revision, seen_revision, with_validator
from claimsapi.core.api.filters import check_parameters
from claimsapi.core.api.history import PastMixin
from claimsapi.core.api.pagination import KeysetPagination

# Those of addresses that are no lists.
_PARAMETERS: Final = {"retrieve": {"as_of"}, "history": {"before", "page_size"}}


class ListViewSet(mixins.ListModelMixin, GenericViewSet):
    """List of what the caller may see, with keyset pages, filters and entity tags."""

    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"
    ordering_fields: ClassVar[dict[str, str]] = {
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    default_ordering = "-created_at"
    shown_revision: int | None = None
    needs_permission: str | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_parameters(request, self.known_parameters())

    def known_parameters(self) -> set[str]:
        """The query parameters that this address takes."""
        if self.action != "list":
            return set()
        return {*KeysetPagination.parameters, *self.filterset_class.base_filters}  # type: ignore[attr-defined]

    def get_queryset(self) -> QuerySet[Any]:
        user = self.request.user
        return super().get_queryset().visible_to(user).for_api(user)  # type: ignore[attr-defined,no-any-return]

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        if final.status_code < status.HTTP_300_MULTIPLE_CHOICES:
            return with_validator(request, final, self.shown_revision if self.may_write() else None)
        return final

    def may_write(self) -> bool:
        """Whether the caller may learn the record's revision, which counts work on drafts too."""
        meta = self.get_serializer_class().Meta.model._meta  # type: ignore[attr-defined]
        return bool(self.request.user.has_perm(f"{meta.app_label}.change_{meta.model_name}"))


class ReadOnlyRecordViewSet(PastMixin, mixins.RetrieveModelMixin, ListViewSet):
    """Adds the detail of a record, and its past."""

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
            locked = record.locked()
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
