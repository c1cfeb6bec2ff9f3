"""Claims and reviews in the API."""

from typing import Any, ClassVar

import django_filters
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect
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
from rest_framework.reverse import reverse

from claims import feed, filters, models, workflow
from claims.facets import claim_facets
from claims.serializers import assignment, claim, correction, facet, rating, review, statement
from claims.services.review import open_draft, review_open, review_prepare
from claimsapi.core.api.conditional import seen_revision
from claimsapi.core.api.filters import StrictFilterBackend
from claimsapi.core.api.keys import Keys, Ranking
from claimsapi.core.api.pagination import RELEVANCE
from claimsapi.core.api.permissions import Everyone, account
from claimsapi.core.api.viewsets import DetailMixin, ListViewSet, RecordViewSet
from claimsapi.core.errors import Conflict
from sources.serializers import DocumentSerializer, SpeakerSerializer


def move_action(move: workflow.Move, attribute: str = "") -> Any:
    """Build the action endpoint of a move: ``POST …/<id>/<move>/`` with ``If-Match``.

    ``attribute`` is the view's attribute where the move's own name is a word of the language's.
    """
    asked = review.SameAsSerializer if move.other else review.MoveSerializer

    def post(self: Any, request: Request, **_: Any) -> Any:
        seen = seen_revision(request)
        body = asked(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        with transaction.atomic():
            record = self.locked(seen)
            part = self.moved_part(record, move)
            workflow.make_move(
                record=part,
                move=move,
                user=account(request),
                text=body.validated_data.get("text", ""),
                other=body.validated_data.get("claim"),
                seen=part.revision,
            )
            return self.shown(record)

    post.__name__ = attribute or move.name
    post.__doc__ = f"{move.label}. Asks for {move.asks or move.other or 'nothing'}."
    acting = action(
        detail=True, methods=["post"], url_path=move.name, needs_permission=move.permission
    )(post)
    # Last, since the action takes away what was said of it before.
    return extend_schema(summary=str(move.label), request=asked)(acting)


class TopicViewSet(RecordViewSet):
    """What claims are about."""

    queryset = models.Topic.objects.all()
    serializer_class = claim.TopicSerializer
    filterset_class = filters.TopicFilterSet
    ordering_fields: ClassVar = {**RecordViewSet.ordering_fields, "name": "name"}


class ClaimViewSet(RecordViewSet):
    """Propositions that can be true or false, with their statements and verdicts."""

    queryset = models.Claim.objects.all()
    serializer_class = claim.ClaimSerializer
    filterset_class = filters.ClaimFilterSet
    expandable: ClassVar = {
        "reviews": review.ReviewSerializer,
        "statements": statement.StatementSerializer,
    }

    start_review = move_action(workflow.START_REVIEW)
    mark_not_checkable = move_action(workflow.MARK_NOT_CHECKABLE)
    same_as = move_action(workflow.SAME_AS)
    reject = move_action(workflow.REJECT)
    reopen = move_action(workflow.REOPEN)
    list_publicly = move_action(workflow.LIST, "list_publicly")
    unlist = move_action(workflow.UNLIST)

    @extend_schema(
        responses={
            200: claim.ClaimSerializer,
            301: OpenApiResponse(description="It is the same as another claim, which stands."),
        }
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """A claim; in place of one that was found to be the same as another, that other."""
        try:
            return super().retrieve(request, *args, **kwargs)
        except Http404:
            other = models.Claim.objects.standing_for(kwargs["id"], request.user)
            if other is None:
                raise
            place = reverse("claim-detail", args=[other.public_id], request=request)
            asked = request.META.get("QUERY_STRING", "")
            return HttpResponsePermanentRedirect(f"{place}?{asked}" if asked else place)

    def moved_part(self, record: models.Claim, _move: workflow.Move) -> models.Claim:
        return record

    ranks = True

    def listed(self, filterset: Any) -> Keys | Ranking:
        """A search by relevance; else from the narrow index where it answers, fast in its order."""
        asked = self.request.query_params
        if "q" in asked and asked.get("ordering", RELEVANCE) == RELEVANCE:
            return filterset.ranking()  # type: ignore[no-any-return]
        ordering = asked.get("ordering", self.default_ordering)
        keys = filterset.index_keys() if ordering.removeprefix("-") == "created_at" else None
        return keys or super().listed(filterset)

    def known_parameters(self) -> set[str]:
        if self.action == "facets":
            return {*self.filterset_class.base_filters}  # type: ignore[misc] # the class has them
        return super().known_parameters()

    @extend_schema(
        summary="Counts by facet",
        responses=facet.ClaimFacetsSerializer,
        filters=True,
    )
    @action(detail=False, pagination_class=None)
    def facets(self, request: Request, **_: Any) -> Response:
        """Count the claims that the filters find by verdict, topic, speaker and so on.

        Each facet leaves its own filters aside and shows the 20 most frequent values. Where filters
        narrow the claims, or you see more than the public, the newest 1,000 of them are counted;
        `exact` is false where there are more.
        """
        return Response(claim_facets(StrictFilterBackend().checked(request, self.seen(), self)))


class AssignmentViewSet(RecordViewSet):
    """Who has which claim, and how urgent it is: for staff."""

    queryset = models.Assignment.objects.all()
    serializer_class = assignment.AssignmentSerializer
    filterset_class = filters.AssignmentFilterSet
    expandable: ClassVar = {"claim": claim.ClaimSerializer}


class ClaimRelationViewSet(RecordViewSet):
    """How claims relate: suggested, confirmed or rejected."""

    queryset = models.ClaimRelation.objects.all()
    serializer_class = claim.ClaimRelationSerializer
    filterset_class = filters.ClaimRelationFilterSet
    expandable: ClassVar = {
        "from_claim": claim.ClaimSerializer,
        "to_claim": claim.ClaimSerializer,
    }

    def perform_create(self, serializer: Any) -> None:
        serializer.save(decided_by=self.request.user)

    perform_update = perform_create


class StatementViewSet(RecordViewSet):
    """The appearances of claims: who said it, where, when, and in which words."""

    queryset = models.Statement.objects.all()
    serializer_class = statement.StatementSerializer
    filterset_class = filters.StatementFilterSet
    expandable: ClassVar = {
        "claim": claim.ClaimSerializer,
        "speaker": SpeakerSerializer,
        "document": DocumentSerializer,
    }


class RatingScaleViewSet(RecordViewSet):
    """Publishers' own words for verdicts, in order."""

    queryset = models.RatingScale.objects.all()
    serializer_class = rating.RatingScaleSerializer
    filterset_class = filters.RatingScaleFilterSet


class RatingViewSet(RecordViewSet):
    """The single words of rating scales."""

    queryset = models.Rating.objects.all()
    serializer_class = rating.RatingSerializer
    filterset_class = filters.RatingFilterSet
    expandable: ClassVar = {"scale": rating.RatingScaleSerializer}


@extend_schema_view(
    create=extend_schema(
        request=review.ReviewOpeningSerializer, responses={201: review.ReviewSerializer}
    ),
    partial_update=extend_schema(
        request=review.ReviewDraftSerializer, responses=review.ReviewSerializer
    ),
)
class ReviewViewSet(RecordViewSet):
    """Publishers' assessments of claims. A change goes to the draft; moves publish it."""

    queryset = models.Review.objects.all()
    serializer_class = review.ReviewSerializer
    filterset_class = filters.ReviewFilterSet
    expandable: ClassVar = {"claim": claim.ClaimSerializer}

    submit = move_action(workflow.SUBMIT)
    send_back = move_action(workflow.RETURN, "send_back")
    publish = move_action(workflow.PUBLISH)
    retract = move_action(workflow.RETRACT)

    def moved_part(self, record: models.Review, move: workflow.Move) -> models.ReviewVersion:
        """The version that a move of the review concerns: the newest from which it starts."""
        versions = record.versions.order_by("-number")
        part: models.ReviewVersion | None = (
            versions.filter(state__in=move.start).first() or versions.first()
        )
        if part is None:
            raise Conflict("The review has no version.")
        return part

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        opening = review.ReviewOpeningSerializer(
            data=request.data, context=self.get_serializer_context()
        )
        opening.is_valid(raise_exception=True)
        opened = review_open(author=account(request), **opening.validated_data)
        return self.shown(opened, status.HTTP_201_CREATED)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        seen = seen_revision(request)
        with transaction.atomic():
            record = self.locked(seen)
            draft = review.ReviewDraftSerializer(
                open_draft(record),
                data=request.data,
                partial=True,
                context=self.get_serializer_context(),
            )
            draft.is_valid(raise_exception=True)
            draft.save()
            return self.shown(record)

    @extend_schema(
        summary="Prepare the next version",
        request=review.CorrectionSerializer,
        responses=review.ReviewSerializer,
    )
    @action(detail=True, methods=["post"], needs_permission="claims.add_reviewversion")
    def prepare(self, request: Request, **_: Any) -> Response:
        """Begin the next version of a published review, as a draft beside it."""
        seen = seen_revision(request)
        body = review.CorrectionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        with transaction.atomic():
            record = self.locked(seen)
            review_prepare(review=record, author=account(request), **body.validated_data)
            return self.shown(record)


class ReviewVersionViewSet(ListViewSet):
    """The versions of a review as they were published, the newest first."""

    queryset = models.ReviewVersion.objects.all()
    serializer_class = review.ReviewVersionSerializer
    filterset_class = django_filters.FilterSet
    permission_classes = (Everyone,)
    ordering_fields: ClassVar = {"number": "number"}
    default_ordering = "-number"

    modified = "published_at"

    def seen(self) -> QuerySet[Any]:
        reviews = models.Review.objects.visible_to(self.request.user)
        return super().seen().filter(review=get_object_or_404(reviews, public_id=self.kwargs["id"]))


class EvidenceViewSet(RecordViewSet):
    """Documents that reviews rest on. Evidence is added to a draft and changes with it only."""

    queryset = models.Evidence.objects.all()
    serializer_class = review.EvidenceSerializer
    filterset_class = filters.EvidenceFilterSet
    expandable: ClassVar = {"document": DocumentSerializer, "review": review.ReviewSerializer}


class CorrectionViewSet(DetailMixin):
    """What was corrected, clarified, updated or retracted of published reviews."""

    queryset = models.Correction.objects.all()
    serializer_class = correction.PublishedCorrectionSerializer
    filterset_class = filters.CorrectionFilterSet
    permission_classes = (Everyone,)
    ordering_fields: ClassVar = {"at": "at"}
    modified = "at"
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
                description="Last-Modified you hold; `If-None-Match`, where sent, comes before it.",
            )
        ],
        responses={
            (200, feed.MEDIA_TYPE): OpenApiResponse(OpenApiTypes.STR, "An Atom feed (RFC 4287).")
        },
        filters=False,
    )
    def feed(self, request: Request, **_: Any) -> HttpResponse:
        """The newest corrections as an Atom feed, for feed readers and other newsrooms."""
        newest = list(self.get_queryset().order_by("-at", "-public_id")[: feed.LENGTH])
        content = feed.corrections_feed(newest, request.build_absolute_uri)
        response = HttpResponse(content, content_type=f"{feed.MEDIA_TYPE}; charset=utf-8")
        if newest:
            response["Last-Modified"] = http_date(newest[0].at.timestamp())
        return response
