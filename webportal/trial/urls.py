"""Addresses of the pages to try Beatlens with."""

from __future__ import annotations

from django.urls import path

from webportal.trial import views

app_name = "trial"

urlpatterns = [
    path("try/", views.try_it, name="try"),
    path("samples/", views.samples_page, name="samples"),
    path("samples/<slug:short>/<slug:name>.png", views.sample_picture, name="sample-picture"),
]
