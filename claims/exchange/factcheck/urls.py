"""URLs of the Fact Check Tools API."""

from django.urls import path, re_path

from claims.exchange.factcheck import views

urlpatterns = [
    path("claims:search", views.search, name="factcheck-search"),
    path("claims:imageSearch", views.image_search),
    path("pages", views.pages, name="factcheck-pages"),
    path("pages/<str:page_id>", views.page),
    # Errors below this prefix have the format of the API. [\s\S] also matches line breaks.
    re_path(r"^(?P<rest>[\s\S]*)\Z", views.not_found),
]
