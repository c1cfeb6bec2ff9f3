"""Endpoints of the desk's statistics."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from claims import models
from claims.api.serializers import statistics
from claims.api.serializers.claim import ClaimSerializer
from claims.reports import statistics as figures
from claims.search import filters
from claimsapi.core.api.filters import StrictFilterBackend
from claimsapi.core.api.viewsets import ListViewSet


def _figures_action(name: str, serializer: Any) -> Any:
    """Build the endpoint of one group of figures."""
    count = figures.STATISTICS[name]

    def get(self: Any, request: Request, **_: Any) -> Response:
        filterset = StrictFilterBackend().get_valid_filterset(
            request, self.get_visible_queryset(), self
        )
        return Response(serializer(count(filterset)).data)

    get.__name__ = name
    # The docstring is the description in the OpenAPI document.
    get.__doc__ = count.__doc__
    return extend_schema(
        summary=f"Statistics: {name}", responses=serializer, filters=True, tags=["statistics"]
    )(get)


class StatisticsViewSet(ListViewSet):
    """The desk's statistics of the claims that the caller may see, with the filters of claims."""

    queryset = models.Claim.objects.all()
    serializer_class = ClaimSerializer
    filterset_class = filters.ClaimFilterSet
    # Each endpoint returns one object, not a page of claims.
    pagination_class = None

    verdicts = _figures_action("verdicts", statistics.VerdictStatisticsSerializer)
    durations = _figures_action("durations", statistics.DurationStatisticsSerializer)
    queue = _figures_action("queue", statistics.QueueStatisticsSerializer)
    returns = _figures_action("returns", statistics.ReturnStatisticsSerializer)
    corrections = _figures_action("corrections", statistics.CorrectionStatisticsSerializer)
    balance = _figures_action("balance", statistics.BalanceStatisticsSerializer)

    def allowed_parameters(self) -> set[str]:
        return {*self.filterset_class.base_filters}  # type: ignore[misc] # set by the metaclass
