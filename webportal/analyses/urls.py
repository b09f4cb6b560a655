"""Addresses of uploads and analyses."""

from __future__ import annotations

from django.urls import path

from webportal.analyses import views

app_name = "analyses"

urlpatterns = [
    path("predict/", views.predict, name="predict"),
    path("history/", views.history, name="history"),
    path("summary/", views.summary, name="summary"),
    path("history.csv", views.history_csv, name="history-csv"),
    path("history/tags/", views.tag_selected, name="tag-selected"),
    path("history/again/", views.run_selected_again, name="run-selected-again"),
    path("history/sharing/", views.share_selected, name="share-selected"),
    path("review-queue/", views.review_queue, name="review-queue"),
    path("history.json", views.history_json, name="history-json"),
    path("history.pdf", views.history_pdf, name="history-pdf"),
    path("trash/", views.trash, name="trash"),
    path("trash/add/", views.trash_selected, name="trash-selected"),
    path("analyses/<uuid:analysis_id>/restore/", views.restore, name="restore"),
    path("analyses/<uuid:analysis_id>/", views.result, name="result"),
    path("analyses/<uuid:analysis_id>/report.pdf", views.report, name="report"),
    path("analyses/<uuid:analysis_id>/status/", views.result_status, name="status"),
    path("analyses/<uuid:analysis_id>/evidence/<str:short>/", views.evidence_page, name="evidence"),
    path("analyses/<uuid:analysis_id>/evidence/<str:short>.png", views.evidence_picture, name="evidence-picture"),
    path("analyses/<uuid:analysis_id>/again/", views.run_again, name="run-again"),
    path("analyses/<uuid:analysis_id>/notes/", views.annotate, name="annotate"),
    path("analyses/<uuid:analysis_id>/sharing/", views.share, name="share"),
    path("analyses/<uuid:analysis_id>/reviews/", views.review, name="review"),
    path("analyses/<uuid:analysis_id>/delete/", views.delete, name="delete"),
    path("uploads/<uuid:upload_id>/picture", views.picture, name="picture"),
    path("uploads/<uuid:upload_id>/original", views.original, name="original"),
    path("uploads/<uuid:upload_id>/thumbnail", views.thumbnail, name="thumbnail"),
]
