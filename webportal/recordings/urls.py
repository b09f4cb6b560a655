"""Addresses of recordings."""

from __future__ import annotations

from django.urls import path

from webportal.recordings.views import (
    crossing,
    families,
    lists,
    page,
    recording,
    report,
    sending,
    single,
    tables,
    windows,
)

app_name = "recordings"

urlpatterns = [
    path("recordings/", lists.recording_list, name="list"),
    path("recordings/new/", sending.upload, name="upload"),
    path("recordings/of-picture/<uuid:analysis_id>/", crossing.from_analysis, name="of-picture"),
    path("recordings/announce/", sending.announce, name="announce"),
    path("recordings/shared/", lists.shared, name="shared"),
    path("recordings/trash/", lists.trash, name="trash"),
    path("recordings/trash/add/", lists.trash_selected, name="trash-selected"),
    path("recordings/trash/restore/", lists.restore_all, name="restore-all"),
    path("recordings/sharing/", lists.share_selected, name="share-selected"),
    path("recordings/<uuid:recording_id>/", recording.recording_page, name="recording"),
    path("recordings/<uuid:recording_id>/files/<int:number>", sending.piece, name="piece"),
    path("recordings/<uuid:recording_id>/state/", single.state, name="state"),
    path("recordings/<uuid:recording_id>/answers/", single.answer, name="answer"),
    path("recordings/<uuid:recording_id>/page/", page.check, name="page"),
    path("recordings/<uuid:recording_id>/page/state/", page.state, name="page-state"),
    path("recordings/<uuid:recording_id>/page/insist/", page.insist, name="page-insist"),
    path("recordings/<uuid:recording_id>/page/beat/", crossing.beat_on_page, name="page-beat"),
    path("recordings/<uuid:recording_id>/page/picture", page.picture, name="page-picture"),
    path("recordings/<uuid:recording_id>/page/overlay", page.overlay, name="page-overlay"),
    path("recordings/<uuid:recording_id>/page/places", page.where, name="page-places"),
    path("recordings/<uuid:recording_id>/as-beat/", crossing.as_beat, name="as-beat"),
    path("recordings/<uuid:recording_id>/cancel/", single.cancel, name="cancel"),
    path("recordings/<uuid:recording_id>/again/", single.ask_again, name="again"),
    path("recordings/<uuid:recording_id>/name/", single.rename, name="rename"),
    path("recordings/<uuid:recording_id>/sharing/", single.share, name="share"),
    path("recordings/<uuid:recording_id>/delete/", single.delete, name="delete"),
    path("recordings/<uuid:recording_id>/restore/", single.restore, name="restore"),
    path("recordings/<uuid:recording_id>/signal/<int:factor>/<int:tile>", windows.signal, name="signal"),
    path("recordings/<uuid:recording_id>/beats/<int:hour>", windows.beats, name="beats"),
    path("recordings/<uuid:recording_id>/overview", windows.overview_of_all, name="overview"),
    path("recordings/<uuid:recording_id>/episodes", windows.episodes, name="episodes"),
    path("recordings/<uuid:recording_id>/table/beats/", tables.beats_page, name="beats-table"),
    path("recordings/<uuid:recording_id>/table/episodes/", tables.episodes_page, name="episodes-table"),
    path("recordings/<uuid:recording_id>/families/", families.families, name="families"),
    path("recordings/<uuid:recording_id>/families/<int:number>/", families.family, name="family"),
    path("recordings/<uuid:recording_id>/edits/", families.edit, name="edit"),
    path("recordings/<uuid:recording_id>/report/", report.page, name="report"),
    path("recordings/<uuid:recording_id>/report.pdf", report.paper, name="report-pdf"),
    path("recordings/<uuid:recording_id>/export/<str:name>", report.export, name="export"),
]
