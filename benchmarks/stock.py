"""The peer: a stock ModelViewSet over the same tables and serializers, with its joins prefetched.

A WSGI application, served as the product is. No projection, no narrow index, pages by number.
"""

import os
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "claimsapi.settings"
django.setup()

from django.conf import settings  # noqa: E402  the settings come first
from django.contrib.auth.models import AnonymousUser  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from rest_framework.pagination import PageNumberPagination  # noqa: E402
from rest_framework.renderers import JSONRenderer  # noqa: E402
from rest_framework.routers import SimpleRouter  # noqa: E402
from rest_framework.viewsets import ModelViewSet  # noqa: E402

from claims.models import Claim  # noqa: E402
from claims.serializers.claim import ClaimSerializer  # noqa: E402

# What each filter means to the ORM. A claim with two matching statements is one claim.
FILTERS = {
    "speaker__slug": "statements__speaker__slug",
    "topic": "topics__slug",
    "verdict": "reviews__versions__rating__verdict",
    "publisher__slug": "reviews__publisher__slug",
}


class Pages(PageNumberPagination):
    page_size = 50


class StockViewSet(ModelViewSet):
    """What a good developer writes first."""

    serializer_class = ClaimSerializer
    pagination_class = Pages
    lookup_field = "public_id"
    authentication_classes = ()
    permission_classes = ()
    filter_backends = ()
    renderer_classes = (JSONRenderer,)

    def get_queryset(self) -> Any:
        found = Claim.objects.public().order_by("-created_at", "-public_id")
        asked = self.request.query_params
        wanted = {FILTERS[name]: asked[name] for name in FILTERS if name in asked}
        if wanted:
            found = found.filter(**wanted).distinct()
        return found.for_api(AnonymousUser())


router = SimpleRouter()
router.register("claims", StockViewSet, "stock")
urlpatterns = router.urls

settings.ROOT_URLCONF = "benchmarks.stock"
application = get_wsgi_application()
