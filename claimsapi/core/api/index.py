"""What there is at the API's root."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from claimsapi.core.api.filters import check_parameters
from claimsapi.core.api.permissions import Everyone


class Index(APIView):
    """The resources of the API, each with its address."""

    authentication_classes = ()
    permission_classes = (Everyone,)
    names: tuple[str, ...] = ()  # which are their addresses below this one too

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_parameters(request, set())

    @extend_schema(
        summary="What there is",
        auth=[],
        responses={
            (200, "application/json"): {
                "type": "object",
                "additionalProperties": {"type": "string", "format": "uri"},
            }
        },
    )
    def get(self, request: Request) -> Response:
        """Every resource by its name, with the address of its list."""
        return Response({name: request.build_absolute_uri(f"{name}/") for name in self.names})
