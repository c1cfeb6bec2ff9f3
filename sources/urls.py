"""API routes of sources."""

from rest_framework.routers import SimpleRouter

from sources import views

router = SimpleRouter(use_regex_path=False)
router.register("publishers", views.PublisherViewSet, "publisher")
router.register("speakers", views.SpeakerViewSet, "speaker")
router.register("affiliations", views.AffiliationViewSet, "affiliation")
router.register("identifiers", views.IdentifierViewSet, "identifier")
router.register("documents", views.DocumentViewSet, "document")

urlpatterns = router.urls
