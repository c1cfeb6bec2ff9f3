"""Viewsets of reviews, their versions, evidence and corrections."""

from typing import Any, ClassVar

import django_filters
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.http import http_date
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from claims import models, workflow
from claims.api.serializers import claim, correction, review
from claims.api.views.linked_data import LinkedDataMixin
from claims.api.views.transitions import transition_action
from claims.choices import OPEN_STATES
from claims.exchange import atom
from claims.search import filters
from claims.services.reviews import open_draft, open_review, prepare_next_version
from claims.workflow.publication_checks import run_checks
from claimsapi.core.api.conditional import parse_if_match
from claimsapi.core.api.permissions import Everyone, get_account
from claimsapi.core.api.viewsets import DetailMixin, ListViewSet, RecordViewSet
from claimsapi.core.errors import Conflict
from sources.serializers import DocumentSerializer


@extend_schema_view(
    create=extend_schema(
        request=review.ReviewOpeningSerializer, responses={201: review.ReviewSerializer}
    ),
    partial_update=extend_schema(
        request=review.ReviewDraftSerializer, responses=review.ReviewSerializer
    ),
)
class ReviewViewSet(LinkedDataMixin, RecordViewSet):
    """Publishers' reviews of claims. Changes apply to the draft; transitions publish it."""

    queryset = models.Review.objects.all()
    serializer_class = review.ReviewSerializer
    filterset_class = filters.ReviewFilterSet
    expandable: ClassVar = {"claim": claim.ClaimSerializer}

    # "return" is a keyword of Python, so its attribute has another name.
    submit = transition_action(workflow.SUBMIT)
    send_back = transition_action(workflow.RETURN, "send_back")
    publish = transition_action(workflow.PUBLISH)
    retract = transition_action(workflow.RETRACT)

    def transition_record(
        self, record: models.Review, transition: workflow.Transition
    ) -> models.ReviewVersion:
        """Return the newest version that the transition can start from, or the newest of all.

        With the newest of all, the error names the version's state.
        """
        versions = record.versions.order_by("-number")
        version: models.ReviewVersion | None = (
            versions.filter(state__in=transition.from_states).first() or versions.first()
        )
        if version is None:
            raise Conflict("The review has no version.")
        return version

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        # The request has the fields of the first draft too, so it has its own serializer.
        opening = review.ReviewOpeningSerializer(
            data=request.data, context=self.get_serializer_context()
        )
        opening.is_valid(raise_exception=True)
        record = open_review(author=get_account(request), **opening.validated_data)
        return self.build_response(record, status.HTTP_201_CREATED)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        revision = parse_if_match(request)
        # The lock on the review keeps others from submitting the draft meanwhile.
        with transaction.atomic():
            record = self.get_locked_object(revision)
            draft = review.ReviewDraftSerializer(
                open_draft(record),
                data=request.data,
                partial=True,
                context=self.get_serializer_context(),
            )
            draft.is_valid(raise_exception=True)
            draft.save()
            return self.build_response(record)

    @extend_schema(
        summary="Publication checks",
        responses=review.ReviewChecksSerializer,
        filters=False,
    )
    @action(detail=True, pagination_class=None, needs_permission="claims.change_reviewversion")
    def checks(self, request: Request, **_: Any) -> Response:  # noqa: ARG002  DRF's signature
        """The publication checks of the open version; blocking checks come first.

        They cover the desk's rules and the guidelines for ClaimReview markup. Only users who write
        reviews may read them. A review without an open version answers 409.
        """
        version = self.get_object().versions.filter(state__in=OPEN_STATES).first()
        if version is None:
            raise Conflict("The review has no open version. Prepare the next version first.")
        return Response(review.ReviewChecksSerializer({"checks": run_checks(version)}).data)

    @extend_schema(
        summary="Prepare the next version",
        request=review.CorrectionSerializer,
        responses=review.ReviewSerializer,
    )
    @action(detail=True, methods=["post"], needs_permission="claims.add_reviewversion")
    def prepare(self, request: Request, **_: Any) -> Response:
        """Create the next version of a published review as a draft."""
        revision = parse_if_match(request)
        body = review.CorrectionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        with transaction.atomic():
            record = self.get_locked_object(revision)
            prepare_next_version(review=record, author=get_account(request), **body.validated_data)
            return self.build_response(record)


class ReviewVersionViewSet(ListViewSet):
    """The versions of a review, the newest first."""

    queryset = models.ReviewVersion.objects.all()
    serializer_class = review.ReviewVersionSerializer
    filterset_class = django_filters.FilterSet
    # Versions are read only: transitions write them. So everyone may use this endpoint.
    permission_classes = (Everyone,)
    ordering_fields: ClassVar = {"number": "number"}
    default_ordering = "-number"

    modified_field = "published_at"

    def get_visible_queryset(self) -> QuerySet[Any]:
        # A hidden review answers 404, as if it did not exist.
        reviews = models.Review.objects.visible_to(self.request.user)
        return (
            super()
            .get_visible_queryset()
            .filter(review=get_object_or_404(reviews, public_id=self.kwargs["id"]))
        )


class EvidenceViewSet(RecordViewSet):
    """Documents that reviews cite. Evidence can be added to and changed in drafts only."""

    queryset = models.Evidence.objects.all()
    serializer_class = review.EvidenceSerializer
    filterset_class = filters.EvidenceFilterSet
    expandable: ClassVar = {"document": DocumentSerializer, "review": review.ReviewSerializer}


class CorrectionViewSet(DetailMixin):
    """Corrections, clarifications, updates and retractions of published reviews."""

    queryset = models.Correction.objects.all()
    serializer_class = correction.PublishedCorrectionSerializer
    filterset_class = filters.CorrectionFilterSet
    permission_classes = (Everyone,)
    ordering_fields: ClassVar = {"at": "at"}
    modified_field = "at"
    expandable: ClassVar = {"review": review.ReviewSerializer}
    default_ordering = "-at"

    @extend_schema(
        summary="Corrections as a feed",
        operation_id="corrections_feed",
        tags=["corrections"],
        parameters=[
            OpenApiParameter(
                "If-Modified-Since",
                str,
                OpenApiParameter.HEADER,
                description="The Last-Modified that you have. `If-None-Match` takes precedence.",
            )
        ],
        responses={
            (200, atom.MEDIA_TYPE): OpenApiResponse(OpenApiTypes.STR, "An Atom feed (RFC 4287).")
        },
        filters=False,
    )
    def feed(self, request: Request, **_: Any) -> HttpResponse:
        """The newest corrections as an Atom feed, for feed readers and other newsrooms."""
        newest = list(self.get_queryset().order_by("-at", "-public_id")[: atom.LENGTH])
        content = atom.corrections_feed(newest, request.build_absolute_uri)
        response = HttpResponse(content, content_type=f"{atom.MEDIA_TYPE}; charset=utf-8")
        # An empty feed has no date, so it has only its entity tag.
        if newest:
            response["Last-Modified"] = http_date(newest[0].at.timestamp())
        return response
