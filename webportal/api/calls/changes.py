"""What people decide about one analysis: notes and tags, readings, sharing, the trash."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest
from ninja import Status

from webportal.accounts.current import current_user
from webportal.analyses import access, once, services, tagging
from webportal.analyses.models import Analysis
from webportal.api import authentication as auth
from webportal.api import idempotency
from webportal.api.calls import analyses
from webportal.api.calls.deciding import put_away, set_sharing
from webportal.api.errors import not_yet
from webportal.api.schemas.analyses import AnalysisOut, Change, Sharing, Written, analysis_of

#: Of the same addresses as those of the analyses, so that one knows all methods of each.
router = analyses.router


@router.patch("/{uuid:analysis_id}", auth=auth.EDIT, response=AnalysisOut)
def change_analysis(request: HttpRequest, analysis_id: uuid.UUID, change: Change) -> dict[str, Any]:
    """Replace the notes or the tags of one's own analysis."""
    user = current_user(request)
    analysis = access.own_analysis(user, analysis_id)
    names = [tag.name for tag in analysis.tags.all()] if change.tags is None else change.tags
    notes = analysis.notes if change.notes is None else change.notes
    tagging.annotate(actor=user, analysis=analysis, notes=notes, tags=tagging.tag_names(",".join(names)))
    return analysis_of(user, access.own_analysis(user, analysis_id))


@router.post("/{uuid:analysis_id}/readings", auth=auth.REVIEW, response={201: AnalysisOut}, url_name="readings")
def write_reading(request: HttpRequest, analysis_id: uuid.UUID, written: Written) -> Status[dict[str, Any]]:
    """Write down how one reads the picture. It stands beside the model's answer, and is never changed."""
    user = current_user(request)
    analysis = access.readable_analysis(user, analysis_id)
    if analysis.state != Analysis.State.DONE:
        raise not_yet()
    review_id = once.made_by(idempotency.form_id(request, written.kind, written.comment), analysis.pk)
    services.review(
        actor=user, analysis=analysis, class_short=written.kind, comment=written.comment, review_id=review_id
    )
    return Status(201, analysis_of(user, access.readable_analysis(user, analysis_id)))


@router.put("/{uuid:analysis_id}/sharing", auth=auth.EDIT, response=AnalysisOut, url_name="sharing")
def share_analysis(request: HttpRequest, analysis_id: uuid.UUID, change: Sharing) -> dict[str, Any]:
    """Let reviewers read one's own analysis, or keep it to oneself again."""
    user = current_user(request)
    analysis = access.own_analysis(user, analysis_id)
    set_sharing(
        change.shared,
        share=lambda: services.share_analyses(actor=user, ids=[analysis.pk]),
        unshare=lambda: services.unshare_analyses(actor=user, ids=[analysis.pk]),
    )
    return analysis_of(user, access.own_analysis(user, analysis_id))


@router.delete("/{uuid:analysis_id}", auth=auth.EDIT, response={204: None})
def delete_analysis(request: HttpRequest, analysis_id: uuid.UUID, for_good: bool = False) -> Status[None]:
    """Put one's own analysis in the trash; with `for_good`, and from there alone, delete it and its picture."""
    user = current_user(request)
    analysis = access.own_analysis(user, analysis_id)
    return put_away(
        analysis,
        for_good=for_good,
        trash=lambda: services.trash_analysis(actor=user, analysis=analysis),
        delete=lambda: services.delete_analysis(actor=user, analysis=analysis),
    )


@router.post("/{uuid:analysis_id}/restore", auth=auth.EDIT, response=AnalysisOut, url_name="restore")
def restore_analysis(request: HttpRequest, analysis_id: uuid.UUID) -> dict[str, Any]:
    """Take one's own analysis out of the trash."""
    user = current_user(request)
    services.restore_analysis(actor=user, analysis=access.own_analysis(user, analysis_id))
    return analysis_of(user, access.own_analysis(user, analysis_id))
