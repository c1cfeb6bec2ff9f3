"""URLs of the public pages."""

from django.urls import path

from claims.site import feeds, views

urlpatterns = [
    path("reviews/", views.index, name="review-index"),
    path("reviews.atom", feeds.atom, name="review-feed"),
    path("reviews/<slug:slug>/", views.review, name="review-page"),
    path("reviews/<slug:slug>/card/", views.card, name="review-card"),
    path("speakers/<slug:slug>/", views.speaker, name="speaker-page"),
    path("topics/<slug:slug>/", views.topic, name="topic-page"),
    path("oembed/", feeds.oembed, name="oembed"),
    path("robots.txt", feeds.robots, name="robots"),
    path("sitemap.xml", feeds.sitemap_index, name="sitemap-index"),
    path("sitemap-<int:number>.xml", feeds.sitemap, name="sitemap"),
]
