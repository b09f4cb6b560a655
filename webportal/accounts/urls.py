"""Addresses of the account pages beside allauth's own."""

from __future__ import annotations

from django.urls import path

from webportal.accounts import preferences, views

app_name = "accounts"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("export/", views.export, name="export"),
    path("time-zone/", preferences.time_zone, name="time-zone"),
    path("delete/", views.delete, name="delete"),
]
