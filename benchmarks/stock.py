"""The stock peer: a good developer's first version over the same tables.

A ModelViewSet with nested ModelSerializers, prefetched relations and numbered pages. It has no
projection and no public index. A WSGI application, served like the product.
"""

import os
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "claimsapi.settings"
django.setup()

from django.conf import settings  # noqa: E402  after the settings
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db.models import Prefetch  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.pagination import PageNumberPagination  # noqa: E402
from rest_framework.renderers import JSONRenderer  # noqa: E402
from rest_framework.routers import SimpleRouter  # noqa: E402
from rest_framework.viewsets import ModelViewSet  # noqa: E402

from claims.models import (  # noqa: E402
    Claim,
    ClaimRelation,
    Rating,
    Review,
    ReviewVersion,
    Statement,
    Topic,
)
from sources.models import Affiliation, Document, Publisher, Speaker  # noqa: E402

# The ORM lookup of each filter. A claim with two matching statements is one claim.
FILTERS = {
    "speaker__slug": "statements__speaker__slug",
    "topic": "topics__slug",
    "verdict": "reviews__versions__rating__verdict",
    "publisher__slug": "reviews__publisher__slug",
    "created_at__lt": "created_at__lt",
}


class PublicSerializer(serializers.ModelSerializer):
    id = serializers.UUIDField(source="public_id", read_only=True)


class TopicSerializer(PublicSerializer):
    class Meta:
        model = Topic
        fields = ("id", "slug", "name")


class PublisherSerializer(PublicSerializer):
    class Meta:
        model = Publisher
        fields = ("id", "slug", "name", "site")


class SpeakerSerializer(PublicSerializer):
    class Meta:
        model = Speaker
        fields = ("id", "slug", "name", "kind")


class AffiliationSerializer(PublicSerializer):
    class Meta:
        model = Affiliation
        fields = ("id", "role", "organization", "start_on", "end_on")


class DocumentSerializer(PublicSerializer):
    publisher = PublisherSerializer()

    class Meta:
        model = Document
        fields = ("id", "kind", "title", "url", "publisher", "published_on")


class StatementSerializer(PublicSerializer):
    speaker = SpeakerSerializer()
    affiliation = AffiliationSerializer()
    document = DocumentSerializer()

    class Meta:
        model = Statement
        fields = (
            *("id", "speaker", "affiliation", "document", "quotation", "attributed_as"),
            *("exact", "prefix", "suffix", "start", "end", "stated_on", "source_given"),
        )


class RatingSerializer(PublicSerializer):
    scale = serializers.CharField(source="scale.slug")
    scale_version = serializers.IntegerField(source="scale.version")

    class Meta:
        model = Rating
        fields = ("id", "label", "value", "verdict", "scale", "scale_version")


class VersionSerializer(serializers.ModelSerializer):
    rating = RatingSerializer()

    class Meta:
        model = ReviewVersion
        fields = ("state", "rating", "headline", "summary", "published_at")


class ReviewSerializer(PublicSerializer):
    publisher = PublisherSerializer()
    current_version = serializers.SerializerMethodField()

    class Meta:
        model = Review
        fields = ("id", "publisher", "current_version")

    def get_current_version(self, review: Any) -> Any:
        versions = review.published_versions
        return VersionSerializer(versions[0]).data if versions else None


class RelatedSerializer(PublicSerializer):
    class Meta:
        model = Claim
        fields = ("id", "text", "kind", "status", "language")


class OutSerializer(PublicSerializer):
    claim = RelatedSerializer(source="to_claim")

    class Meta:
        model = ClaimRelation
        fields = ("id", "kind", "state", "claim")


class InSerializer(OutSerializer):
    claim = RelatedSerializer(source="from_claim")


class ClaimSerializer(PublicSerializer):
    topics = TopicSerializer(many=True)
    statements = StatementSerializer(many=True)
    reviews = ReviewSerializer(many=True)
    relations_out = OutSerializer(many=True)
    relations_in = InSerializer(many=True)

    class Meta:
        model = Claim
        fields = (
            *("id", "text", "kind", "checkability", "status", "status_reason", "language"),
            *("topics", "decidable_on", "listed_at", "statements", "reviews"),
            *("relations_out", "relations_in"),
            *("created_at", "updated_at"),
        )


def prefetches() -> list[Any]:
    statements = Statement.objects.select_related("speaker", "affiliation", "document__publisher")
    published = ReviewVersion.objects.filter(state="published").select_related("rating__scale")
    versions = Prefetch("versions", published, to_attr="published_versions")
    reviews = Review.objects.select_related("publisher").prefetch_related(versions)
    confirmed = ClaimRelation.objects.filter(state="confirmed")
    return [
        "topics",
        Prefetch("statements", statements.order_by("created_at", "public_id")),
        Prefetch("reviews", reviews.order_by("public_id")),
        Prefetch("relations_out", confirmed.select_related("to_claim")),
        Prefetch("relations_in", confirmed.select_related("from_claim")),
    ]


class Pages(PageNumberPagination):
    page_size = 50


class StockViewSet(ModelViewSet):
    serializer_class = ClaimSerializer
    pagination_class = Pages
    lookup_field = "public_id"
    authentication_classes = ()
    permission_classes = ()
    filter_backends = ()
    renderer_classes = (JSONRenderer,)

    def get_queryset(self) -> Any:
        claims = Claim.objects.public().order_by("-created_at", "-public_id")
        parameters = self.request.query_params
        lookups = {FILTERS[name]: parameters[name] for name in FILTERS if name in parameters}
        if lookups:
            claims = claims.filter(**lookups)
        # Joins of to-many relations repeat claims.
        if lookups.keys() - {"created_at__lt"}:
            claims = claims.distinct()
        return claims.prefetch_related(*prefetches())


router = SimpleRouter()
router.register("claims", StockViewSet, "stock")
urlpatterns = router.urls

# The product's settings with this module's URLs.
settings.ROOT_URLCONF = "benchmarks.stock"
application = get_wsgi_application()
