"""Addresses of recordings."""

from __future__ import annotations

from django.urls import path

from webportal.recordings.views import families

app_name = "recordings"

urlpatterns = [
    path("recordings/<uuid:recording_id>/families/", families.families, name="families"),
    path("recordings/<uuid:recording_id>/families/<int:number>/", families.family, name="family"),
    path("recordings/<uuid:recording_id>/edits/", families.edit, name="edit"),
]
