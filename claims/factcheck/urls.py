"""The addresses of the Fact Check Tools API."""

from django.urls import path, re_path

from claims.factcheck import views

urlpatterns = [
    path("claims:search", views.search, name="factcheck-search"),
    path("claims:imageSearch", views.image_search),
    re_path(r"^(?P<rest>[\s\S]*)\Z", views.not_found),
]
