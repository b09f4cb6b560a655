"""Addresses of recordings."""

from __future__ import annotations

from django.urls import path

from webportal.recordings.views import recording, tables, windows

app_name = "recordings"

urlpatterns = [
    path("recordings/<uuid:recording_id>/", recording.recording_page, name="recording"),
    path("recordings/<uuid:recording_id>/signal/<int:factor>/<int:tile>", windows.signal, name="signal"),
    path("recordings/<uuid:recording_id>/beats/<int:hour>", windows.beats, name="beats"),
    path("recordings/<uuid:recording_id>/overview", windows.overview_of_all, name="overview"),
    path("recordings/<uuid:recording_id>/episodes", windows.episodes, name="episodes"),
    path("recordings/<uuid:recording_id>/table/beats/", tables.beats_page, name="beats-table"),
    path("recordings/<uuid:recording_id>/table/episodes/", tables.episodes_page, name="episodes-table"),
]
