"""Viewsets of claims and their topics, relations and assignments."""

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
    """Topics of claims."""

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

    # "list" is the viewset's own action, so the transition's attribute has another name.
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
            301: OpenApiResponse(description="It is the same as another claim: go there."),
        }
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """A claim. A claim that is the same as another redirects to the other."""
        # A duplicate is hidden from the public, so its URL leads to the other claim. Staff see it.
        try:
            return super().retrieve(request, *args, **kwargs)
        except Http404:
            other = models.Claim.objects.find_same_as_target(kwargs["id"], request.user)
            if other is None:
                raise
            url = reverse("claim-detail", args=[other.public_id], request=request)
            query = request.META.get("QUERY_STRING", "")
            response = HttpResponsePermanentRedirect(f"{url}?{query}" if query else url)
            # The claim may be reopened, so clients must not keep the redirect.
            response["Cache-Control"] = "no-cache"
            return response

    def transition_record(
        self, record: models.Claim, _transition: workflow.Transition
    ) -> models.Claim:
        return record

    ranks_by_relevance = True

    def get_key_source(self, filterset: Any) -> KeySource | Ranking:
        """Rank a search by relevance, or use the public index if it can answer."""
        parameters = self.request.query_params
        if "q" in parameters and parameters.get("ordering", RELEVANCE) == RELEVANCE:
            return filterset.ranking()  # type: ignore[no-any-return]
        # The public index is sorted by creation only.
        ordering = parameters.get("ordering", self.default_ordering)
        keys = (
            filterset.get_public_index_keys()
            if ordering.removeprefix("-") == "created_at"
            else None
        )
        return keys or super().get_key_source(filterset)

    def allowed_parameters(self) -> set[str]:
        # Facets have no pages, so they accept the filters only.
        if self.action == "facets":
            return {*self.filterset_class.base_filters}  # type: ignore[misc] # set by the metaclass
        return super().allowed_parameters()

    @extend_schema(
        summary="Counts by facet",
        responses=facet.ClaimFacetsSerializer,
        filters=True,
    )
    @action(detail=False, pagination_class=None)
    def facets(self, request: Request, **_: Any) -> Response:
        """Count the matching claims by verdict, topic, speaker and so on.

        Each facet ignores its own filters and has the 20 most frequent values. If other filters
        apply, or you may see hidden claims, only the newest 1,000 claims are counted. If there are
        more, `exact` is false.
        """
        return Response(
            count_facets(
                StrictFilterBackend().get_valid_filterset(
                    request, self.get_visible_queryset(), self
                )
            )
        )


class AssignmentViewSet(RecordViewSet):
    """Assignments of claims to people, with their priority. Staff only."""

    queryset = models.Assignment.objects.all()
    serializer_class = assignment.AssignmentSerializer
    filterset_class = filters.AssignmentFilterSet
    expandable: ClassVar = {"claim": claim.ClaimSerializer}


class ClaimRelationViewSet(RecordViewSet):
    """Relations between claims: suggested, confirmed or rejected."""

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
