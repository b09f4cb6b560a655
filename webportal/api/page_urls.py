"""Addresses of the pages of access tokens."""

from __future__ import annotations

from django.urls import path

from webportal.api import pages

app_name = "tokens"

urlpatterns = [
    path("guide/", pages.guide, name="guide"),
    path("", pages.overview, name="overview"),
    path("new/", pages.make, name="make"),
    path("<uuid:access_token_id>/revoke/", pages.revoke, name="revoke"),
]
