"""Claims, their topics, relations and assignments in the API."""

from typing import Any, ClassVar

from django.http import Http404, HttpResponsePermanentRedirect
from drf_spectacular.utils import (
    OpenApiResponse,
    extend_schema,
)
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from claims import models, workflow
from claims.api.serializers import assignment, claim, facet, review, statement
from claims.api.views.transitions import transition_action
from claims.reports.facets import count_facets
from claims.search import filters
from claimsapi.core.api.filters import StrictFilterBackend
from claimsapi.core.api.keyset import KeySource, Ranking
from claimsapi.core.api.pagination import RELEVANCE
from claimsapi.core.api.viewsets import RecordViewSet


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

    start_review = transition_action(workflow.START_REVIEW)
    mark_not_checkable = transition_action(workflow.MARK_NOT_CHECKABLE)
    same_as = transition_action(workflow.SAME_AS)
    reject = transition_action(workflow.REJECT)
    reopen = transition_action(workflow.REOPEN)
    list_publicly = transition_action(workflow.LIST, "list_publicly")
    unlist = transition_action(workflow.UNLIST)

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
            other = models.Claim.objects.find_same_as_target(kwargs["id"], request.user)
            if other is None:
                raise
            place = reverse("claim-detail", args=[other.public_id], request=request)
            asked = request.META.get("QUERY_STRING", "")
            found = HttpResponsePermanentRedirect(f"{place}?{asked}" if asked else place)
            found["Cache-Control"] = "no-cache"  # it may be reopened
            return found

    def moved_part(self, record: models.Claim, _move: workflow.Transition) -> models.Claim:
        return record

    ranks_by_relevance = True

    def get_key_source(self, filterset: Any) -> KeySource | Ranking:
        """A search by relevance; else from the narrow index where it answers, fast in its order."""
        asked = self.request.query_params
        if "q" in asked and asked.get("ordering", RELEVANCE) == RELEVANCE:
            return filterset.ranking()  # type: ignore[no-any-return]
        ordering = asked.get("ordering", self.default_ordering)
        keys = filterset.index_keys() if ordering.removeprefix("-") == "created_at" else None
        return keys or super().get_key_source(filterset)

    def allowed_parameters(self) -> set[str]:
        if self.action == "facets":
            return {*self.filterset_class.base_filters}  # type: ignore[misc] # the class has them
        return super().allowed_parameters()

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
        return Response(
            count_facets(
                StrictFilterBackend().get_valid_filterset(
                    request, self.get_visible_queryset(), self
                )
            )
        )


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
