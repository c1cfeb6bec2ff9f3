"""The only place that joins the apps: the API, its documents, the desk, health."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from claims.public.missing import not_found
from claims.urls import router as claims_router
from claimsapi.core.api import fallback, tokens
from claimsapi.core.api.index import Index
from claimsapi.core.health import health
from sources.urls import router as sources_router

handler400 = fallback.bad_request
handler404 = not_found
handler500 = fallback.server_error

resources = sorted(
    prefix for router in (claims_router, sources_router) for prefix, *_ in router.registry
)
v1: list[Any] = [
    path("", Index.as_view(names=(*resources, "changes", "ledger", "statistics"))),
    path("", include("claims.urls")),
    path("", include("sources.urls")),
    path("", include("claimsapi.core.ledger.urls")),
    path("tokens/", tokens.Tokens.as_view()),
    path("tokens/current/", tokens.CurrentToken.as_view()),
]

# Swagger's style sheet holds its icons as data: addresses.
swagger = csp_update({"img-src": [SELF, "data:"]})(
    SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="api/docs.html")
)

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="review-index")),
    path("", include("claims.public.urls")),
    path("desk/", include("claims.admin.urls")),
    path("desk/language/", set_language, name="set_language"),
    path("desk/", admin.site.urls),
    path("v1alpha1/", include("claims.factcheck.urls")),
    path("api/v1/", include(v1)),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", swagger, name="docs"),
    path("api/problems/", fallback.ProblemKinds.as_view()),
    path("api/problems/<slug:slug>", fallback.ProblemKinds.as_view()),
    path("api/problems/<slug:slug>/", fallback.ProblemKinds.as_view()),
    path("api/", fallback.not_found),
    # Any characters, among them line ends, which a path converter would not take.
    re_path(r"^api/(?P<rest>[\s\S]+)\Z", fallback.not_found),
    path("health/", health),
]
