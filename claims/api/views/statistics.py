"""The desk's figures in the API."""

from collections.abc import Callable
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


def _shown(count: Callable[[Any], figures.Figures], shape: Any) -> Any:
    """Build the endpoint of a group of figures."""

    def get(self: Any, request: Request, **_: Any) -> Response:
        question = StrictFilterBackend().checked(request, self.seen(), self)
        return Response(shape(count(question)).data)

    get.__name__ = count.__name__
    get.__doc__ = count.__doc__
    summary = f"Statistics: {count.__name__}"
    return extend_schema(summary=summary, responses=shape, filters=True, tags=["statistics"])(get)


class StatisticsViewSet(ListViewSet):
    """The desk's figures over the claims that the caller may see, filtered as claims are."""

    queryset = models.Claim.objects.all()
    serializer_class = ClaimSerializer
    filterset_class = filters.ClaimFilterSet
    pagination_class = None

    verdicts = _shown(figures.verdicts, statistics.VerdictStatisticsSerializer)
    durations = _shown(figures.durations, statistics.DurationStatisticsSerializer)
    queue = _shown(figures.queue, statistics.QueueStatisticsSerializer)
    returns = _shown(figures.returns, statistics.ReturnStatisticsSerializer)
    corrections = _shown(figures.corrections, statistics.CorrectionStatisticsSerializer)
    balance = _shown(figures.balance, statistics.BalanceStatisticsSerializer)

    def known_parameters(self) -> set[str]:
        return {*self.filterset_class.base_filters}  # type: ignore[misc] # the class has them
