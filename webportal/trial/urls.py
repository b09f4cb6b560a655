"""Addresses of the pages to try Beatlens with."""

from __future__ import annotations

from django.urls import path

from webportal.trial import recording_views, views

app_name = "trial"

urlpatterns = [
    path("try/", views.try_it, name="try"),
    path("try/recordings/<slug:sample>/", recording_views.page, name="recording"),
    path("try/recordings/<slug:sample>/report.pdf", recording_views.paper, name="recording-report"),
    path(
        "try/recordings/<slug:sample>/signal/<int:factor>/<int:tile>", recording_views.signal, name="recording-signal"
    ),
    path("try/recordings/<slug:sample>/picture", recording_views.picture, name="recording-picture"),
    path("try/recordings/<slug:sample>/overlay", recording_views.overlay, name="recording-overlay"),
    path("try/recordings/<slug:sample>/beats/<int:hour>", recording_views.beats, name="recording-beats"),
    path("try/recordings/<slug:sample>/overview", recording_views.overview_of_all, name="recording-overview"),
    path("try/recordings/<slug:sample>/episodes", recording_views.episodes, name="recording-episodes"),
    path("samples/", views.samples_page, name="samples"),
    path("samples/<slug:short>/<slug:name>.png", views.sample_picture, name="sample-picture"),
]
