"""Addresses."""

from assistant import api, asynchronous, views
from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", views.home),
    path("view/", views.summary),
    path("decorator/", views.title),
    path("manual/", views.imported),
    path("task/", views.report),
    path("api/", api.summary),
    path("async/", asynchronous.summary),
    path("stream/", asynchronous.story),
    path("stream-sync/", views.story),
]
