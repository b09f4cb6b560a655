"""Analyses: send a picture, look for what was sent, fetch one."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from webportal.accounts.current import current_user
from webportal.accounts.models import User
from webportal.analyses import access, once, services
from webportal.analyses.history import queries
from webportal.analyses.intake.candidates import look_at
from webportal.analyses.intake.taking import Taken, Wishes, take
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis
from webportal.api import authentication as auth
from webportal.api import idempotency
from webportal.api.calls import searching
from webportal.api.calls.naming import lead_named, with_lead
from webportal.api.errors import Problem, unusable
from webportal.api.paging import page_of
from webportal.api.schemas.analyses import (
    AnalysisOut,
    AnalysisPage,
    AnotherLead,
    Label,
    Lead,
    Place,
    SentAnalysis,
    Wanted,
    analysis_of,
)
from webportal.audit import services as audit
from webportal.paging import Order

router = Router(tags=["analyses"])

#: What a list of analyses is looked up with: a join may make SQLite sort all of a person's history.
LOOKED_UP = ("upload", "reviews", "tags")


@router.post("", auth=auth.UPLOAD, response={200: SentAnalysis, 201: SentAnalysis}, url_name="analyses")
def send_picture(
    request: HttpRequest,
    response: HttpResponse,
    picture: File[UploadedFile],
    label: Label = "",
    lead: Lead = "",
    keep_original: Form[bool] = False,
    keep_name: Form[bool] = False,
) -> Status[dict[str, Any]]:
    """Send one picture of one heartbeat.

    It is stored, and asked about on the spot while the model's server is quick; otherwise its state is `queued` and it
    is asked about later. 200 instead of 201 where the very same file was sent before, with what came of it then; where
    another `lead` is named than then, it is asked about anew. Zip files go to `/batches`.
    """
    auth.limit(request, "upload")
    user, candidate = current_user(request), look_at(picture)
    if candidate.is_archive and not candidate.reason:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "FILE_IS_ARCHIVE", _("Zip files go to /api/v1/batches."))
    if candidate.reason:
        raise unusable(candidate.reason)
    data = candidate.file.read()
    wishes = Wishes(label=label, lead=lead_named(lead), keep_original=keep_original, keep_names=keep_name)
    said = (label, repr((keep_original, keep_name)), candidate.name, data, *with_lead(wishes.lead or None))
    form_id = idempotency.form_id(request, *said)
    taken = take(owner=user, form_id=form_id, place=0, entry=0, name=candidate.name, data=data, wishes=wishes)
    return sent(user, taken, response)


@router.get("", auth=auth.READ, response=AnalysisPage)
def list_analyses(request: HttpRequest, wanted: Query[Wanted], place: Query[Place]) -> dict[str, Any]:
    """One's own analyses, without the trash, searched and sorted."""
    user, order = current_user(request), queries.ORDERS[wanted.sort]
    rows = order.sorted(searching.found(user, wanted))
    return _page(user, rows, order, place)


@router.get("/trash", auth=auth.READ, response=AnalysisPage, url_name="trash")
def list_trash(request: HttpRequest, place: Query[Place]) -> dict[str, Any]:
    """What one has put in the trash, last first."""
    user, order = current_user(request), queries.TRASH_ORDER
    return _page(user, access.own_trash(user), order, place)


@router.get("/to-review", auth=auth.READ, response=AnalysisPage, url_name="to-review")
def list_to_review(request: HttpRequest, place: Query[Place], everything: bool = False) -> dict[str, Any]:
    """For reviewers: what others share with them and they have not read yet, or `everything`; first shared first."""
    user, order = current_user(request), queries.QUEUE_ORDER
    if not user.is_reviewer:
        raise Http404
    shared = access.shared_analyses(user)
    page = _page(user, shared if everything else queries.not_yet_read_by(user, shared), order, place)
    audit.note_list(actor=user, kind=Analysis, detail="review queue")
    return page


@router.get("/{uuid:analysis_id}", auth=auth.READ, response=AnalysisOut, url_name="analysis")
def get_analysis(request: HttpRequest, analysis_id: uuid.UUID) -> dict[str, Any]:
    """One analysis: one's own, also from the trash, or for a reviewer one that is shared."""
    user = current_user(request)
    return analysis_of(user, access.readable_analysis(user, analysis_id))


@router.post("/{uuid:analysis_id}/again", auth=auth.UPLOAD, response={201: AnalysisOut}, url_name="again")
def ask_again(request: HttpRequest, analysis_id: uuid.UUID, lead: AnotherLead = None) -> Status[dict[str, Any]]:
    """Ask the model in service about the picture once more. The earlier analysis stays; an open one is returned.

    Without a `lead` that of the earlier analysis holds; with an empty one, none does.
    """
    auth.limit(request, "upload")
    user = current_user(request)
    analysis = access.own_analysis(user, analysis_id)
    named = None if lead is None else lead_named(lead)
    another_id = once.made_by(idempotency.form_id(request, *with_lead(named)), analysis.pk)
    another = services.run_again(actor=user, analysis=analysis, lead=named, another_id=another_id)
    running.try_all_at_once([another])
    return Status(201, _own(user, another.pk))


def sent(user: User, taken: Taken, response: HttpResponse) -> Status[dict[str, Any]]:
    """The analysis of a picture that was taken, asked about on the spot where it is new.

    Raises:
        Problem: it can't be used.
    """
    if taken.analysis is None:
        raise unusable(taken.reason)
    if not taken.is_repeated:
        running.try_all_at_once([taken.analysis])
    response.headers["Location"] = reverse("api:analysis", args=[taken.analysis.pk])
    said = {"is_repeated": taken.is_repeated, "analysis": _own(user, taken.analysis.pk)}
    return Status(200 if taken.is_repeated else 201, said)


def _own(user: User, analysis_id: uuid.UUID) -> dict[str, Any]:
    """An analysis of one's own as it stands now."""
    return analysis_of(user, access.own_analysis(user, analysis_id))


def _page(user: User, rows: QuerySet[Analysis], order: Order, place: Place) -> dict[str, Any]:
    looked_up = rows.prefetch_related(*LOOKED_UP)
    page = page_of(looked_up, (order.column, "id"), descending=order.descending, after=place.after, size=place.limit)
    return {"items": [analysis_of(user, analysis) for analysis in page.items], "next": page.next}
