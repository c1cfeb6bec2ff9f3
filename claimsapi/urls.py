"""URL configuration of the project: public site, desk, API, its documentation, and health check."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from claims.api.urls import router as claims_router
from claims.site.not_found import not_found
from claimsapi.core.api import error_views, tokens
from claimsapi.core.api.health import health
from claimsapi.core.api.index import Index
from sources.urls import router as sources_router

handler400 = error_views.bad_request
handler404 = not_found
handler500 = error_views.server_error

resources = sorted(
    prefix for router in (claims_router, sources_router) for prefix, *_ in router.registry
)
v1: list[Any] = [
    path("", Index.as_view(names=(*resources, "changes", "ledger", "statistics"))),
    path("", include("claims.api.urls")),
    path("", include("sources.urls")),
    path("", include("claimsapi.core.api.ledger_urls")),
    path("tokens/", tokens.Tokens.as_view()),
    path("tokens/current/", tokens.CurrentToken.as_view()),
]

# The stylesheet of Swagger UI embeds its icons as data: URLs.
swagger = csp_update({"img-src": [SELF, "data:"]})(
    SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="api/docs.html")
)

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="review-index")),
    path("", include("claims.site.urls")),
    path("desk/", include("claims.admin.urls")),
    path("desk/language/", set_language, name="set_language"),
    path("desk/", admin.site.urls),
    path("v1alpha1/", include("claims.exchange.factcheck.urls")),
    path("api/v1/", include(v1)),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", swagger, name="docs"),
    path("api/problems/", error_views.ProblemTypes.as_view()),
    path("api/problems/<slug:slug>", error_views.ProblemTypes.as_view()),
    path("api/problems/<slug:slug>/", error_views.ProblemTypes.as_view()),
    path("api/", error_views.not_found),
    # Last, for all other paths. A path converter would not match line breaks.
    re_path(r"^api/(?P<rest>[\s\S]+)\Z", error_views.not_found),
    path("health/", health),
]
