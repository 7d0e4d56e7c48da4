"""The addresses of the tests' Django project."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

import django_views as views
from aiusage.django.admin.prices import PriceAdmin
from aiusage.django.models import Price

second_site = admin.AdminSite(name="second")
second_site.register(Price, PriceAdmin)

urlpatterns = [
    path("admin/", admin.site.urls),
    path("second-admin/", second_site.urls),
    path("no-call/", views.no_call),
    path("one-call/", views.one_call),
    path("other-user/", views.other_user),
    path("streamed/", views.streamed),
    path("one-call-async/", views.one_call_async),
    path("known-user-async/", views.known_user_async),
    path("compat-async/", views.compat_async),
    path("streamed-async/", views.streamed_async),
]
