"""The addresses of claims and reviews."""

from rest_framework.routers import SimpleRouter

from claims import views

router = SimpleRouter(use_regex_path=False)
router.register("topics", views.TopicViewSet, "topic")
router.register("claims", views.ClaimViewSet, "claim")
router.register("claim-relations", views.ClaimRelationViewSet, "claimrelation")
router.register("statements", views.StatementViewSet, "statement")
router.register("rating-scales", views.RatingScaleViewSet, "ratingscale")
router.register("ratings", views.RatingViewSet, "rating")
router.register("reviews", views.ReviewViewSet, "review")
router.register("evidence", views.EvidenceViewSet, "evidence")

urlpatterns = router.urls
