"""Addresses of uploads and analyses."""

from __future__ import annotations

from django.urls import path

from webportal.analyses.views import (
    batches,
    files,
    history,
    reading,
    result,
    review_queue,
    selection,
    single,
    summary,
    trash,
    uploads,
)

app_name = "analyses"

urlpatterns = [
    path("predict/", uploads.predict, name="predict"),
    path("predict/kind/", uploads.what_is_wrong, name="what-is-wrong"),
    path("history/", history.history, name="history"),
    path("summary/", summary.summary, name="summary"),
    path("history.csv", history.history_csv, name="history-csv"),
    path("history/tags/", selection.tag_selected, name="tag-selected"),
    path("history/again/", selection.run_selected_again, name="run-selected-again"),
    path("history/sharing/", selection.share_selected, name="share-selected"),
    path("review-queue/", review_queue.review_queue, name="review-queue"),
    path("history.json", history.history_json, name="history-json"),
    path("history.pdf", history.history_pdf, name="history-pdf"),
    path("batches/", batches.batch_list, name="batches"),
    path("batches/<uuid:batch_id>/", batches.batch, name="batch"),
    path("batches/<uuid:batch_id>/status/", batches.batch_status, name="batch-status"),
    path("batches/<uuid:batch_id>/files.csv", batches.batch_csv, name="batch-csv"),
    path("batches/<uuid:batch_id>/name/", batches.rename, name="batch-name"),
    path("batches/<uuid:batch_id>/file-names/", batches.forget_names, name="batch-forget-names"),
    path("batches/<uuid:batch_id>/delete/", batches.delete, name="batch-delete"),
    path("batches/<uuid:batch_id>/restore/", batches.restore, name="batch-restore"),
    path("reading/", reading.begin, name="reading-begin"),
    path("reading/<uuid:round_id>/<int:number>/", reading.read, name="reading"),
    path("reading/<uuid:round_id>/undo/", reading.undo, name="reading-undo"),
    path("reading/<uuid:round_id>/end/", reading.end, name="reading-end"),
    path("trash/", trash.trash, name="trash"),
    path("trash/restore/", trash.restore_all, name="restore-all"),
    path("trash/add/", selection.trash_selected, name="trash-selected"),
    path("analyses/<uuid:analysis_id>/restore/", single.restore, name="restore"),
    path("analyses/<uuid:analysis_id>/", result.result, name="result"),
    path("analyses/<uuid:analysis_id>/report.pdf", result.report, name="report"),
    path("analyses/<uuid:analysis_id>/status/", result.result_status, name="status"),
    path("analyses/<uuid:analysis_id>/evidence/<str:short>/", result.evidence_page, name="evidence"),
    path("analyses/<uuid:analysis_id>/evidence/<str:short>.png", result.evidence_picture, name="evidence-picture"),
    path("analyses/<uuid:analysis_id>/line/", result.found_line_page, name="found-line"),
    path("analyses/<uuid:analysis_id>/again/", single.run_again, name="run-again"),
    path("analyses/<uuid:analysis_id>/notes/", result.annotate, name="annotate"),
    path("analyses/<uuid:analysis_id>/sharing/", single.share, name="share"),
    path("analyses/<uuid:analysis_id>/reviews/", result.review, name="review"),
    path("analyses/<uuid:analysis_id>/delete/", single.delete, name="delete"),
    path("uploads/<uuid:upload_id>/picture", files.picture, name="picture"),
    path("uploads/<uuid:upload_id>/original", files.original, name="original"),
    path("uploads/<uuid:upload_id>/thumbnail", files.thumbnail, name="thumbnail"),
]
