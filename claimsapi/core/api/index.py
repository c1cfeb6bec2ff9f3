"""The API root: a list of all resources."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from claimsapi.core.api.filters import check_parameters
from claimsapi.core.api.permissions import Everyone


class Index(APIView):
    """The resources of the API and their URLs."""

    authentication_classes = ()
    permission_classes = (Everyone,)
    names: tuple[str, ...] = ()  # each is also the URL path below this one

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_parameters(request, set())

    @extend_schema(
        summary="Resources",
        auth=[],
        responses={
            (200, "application/json"): {
                "type": "object",
                "additionalProperties": {"type": "string", "format": "uri"},
            }
        },
    )
    def get(self, request: Request) -> Response:
        """List all resources by name, with the URL of each list."""
        return Response({name: request.build_absolute_uri(f"{name}/") for name in self.names})
