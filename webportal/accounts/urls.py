"""Addresses of the account pages beside allauth's own."""

from __future__ import annotations

from django.urls import path

from webportal.accounts import views

app_name = "accounts"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("export/", views.export, name="export"),
    path("delete/", views.delete, name="delete"),
]
