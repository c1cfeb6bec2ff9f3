"""URLs of the desk's own pages, in addition to those of Django admin."""

from django.contrib import admin
from django.urls import path

from claims.admin.assignments import assign_view
from claims.admin.queue import queue_view
from claims.admin.statistics import statistics_view

app_name = "desk"

urlpatterns = [
    path("", admin.site.admin_view(queue_view), name="queue"),
    path("statistics/", admin.site.admin_view(statistics_view), name="statistics"),
    path("assign/", admin.site.admin_view(assign_view), name="assign"),
]
