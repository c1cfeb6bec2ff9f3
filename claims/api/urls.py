"""URLs of claims, reviews, statistics and the feed of corrections."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from claims.api import views
from claims.reports.statistics import STATISTICS
from claimsapi.core.api.index import Index
from claimsapi.core.api.json_media import FixedNegotiation

# Path converters instead of regular expressions: `<uuid:id>` refuses malformed ids with a 404.
router = SimpleRouter(use_regex_path=False)
router.register("topics", views.TopicViewSet, "topic")
router.register("claims", views.ClaimViewSet, "claim")
router.register("assignments", views.AssignmentViewSet, "assignment")
router.register("claim-relations", views.ClaimRelationViewSet, "claimrelation")
router.register("statements", views.StatementViewSet, "statement")
router.register("rating-scales", views.RatingScaleViewSet, "ratingscale")
router.register("ratings", views.RatingViewSet, "rating")
router.register("reviews", views.ReviewViewSet, "review")
router.register("evidence", views.EvidenceViewSet, "evidence")
router.register("corrections", views.CorrectionViewSet, "correction")

urlpatterns = [
    *router.urls,
    path(
        "reviews/<uuid:id>/versions/",
        views.ReviewVersionViewSet.as_view({"get": "list"}),
        name="reviewversion-list",
    ),
    # The statistics are actions of one viewset without a list, which no router can build.
    path("statistics/", Index.as_view(names=tuple(STATISTICS))),
    *(
        path(
            f"statistics/{name}/",
            views.StatisticsViewSet.as_view({"get": name}),
            name=f"statistics-{name}",
        )
        for name in STATISTICS
    ),
    path(
        "corrections.atom",
        views.CorrectionViewSet.as_view(
            {"get": "feed"}, content_negotiation_class=FixedNegotiation
        ),
        name="correction-feed",
    ),
]
