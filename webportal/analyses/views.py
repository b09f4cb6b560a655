"""Pages about one's own pictures: send, read the result, find it again, delete it."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, TypeVar, cast

from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from ecg.pictures.kinds import BEGINNING_BYTES

from webportal import errors
from webportal.accounts.models import User
from webportal.analyses import (
    access,
    archives,
    charts,
    evidence,
    exports,
    pictures,
    queries,
    reasons,
    references,
    reports,
    services,
    statistics,
    tagging,
)
from webportal.analyses.forms import AnnotationForm, BulkTagForm, Candidate, HistoryForm, ReviewForm, UploadForm
from webportal.analyses.models import Analysis
from webportal.audit import services as audit
from webportal.disk import DiskFull
from webportal.inference import described
from webportal.pages import catalogue
from webportal.refusal import Refused

#: Answers about one picture that its result page lists.
ANSWERS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one sent file."""

    name: str
    analysis: Analysis | None
    explanation: reasons.Explanation | None
    is_repeated: bool = False
    """Whether the very same file was sent before; ``analysis`` is then the earlier one."""
    refusal: Refused | None = None
    """Set when nothing was wrong with the file, but it could not be taken now."""


def _user(request: HttpRequest) -> User:
    """The logged-in user; every view here requires one."""
    return cast(User, request.user)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit(action="upload")  # type: ignore[untyped-decorator]
@never_cache
def predict(request: HttpRequest) -> HttpResponse:
    """Send pictures. One leads to its result page, several to a list of what became of each."""
    if request.method != "POST":
        return _upload_page(request, UploadForm())
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _upload_page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    candidates: list[Candidate] = form.cleaned_data["picture"]
    in_parts = "part" in request.POST  # by script, file by file: the answer is a part of the list of outcomes
    words = {name: form.cleaned_data[name] for name in ("label", "keep_original")}
    outcomes = [each for candidate in candidates for each in _outcomes_of(_user(request), candidate, words)]
    if len(outcomes) == 1 and outcomes[0].explanation and not in_parts:
        return _not_taken(request, form, outcomes[0].explanation, outcomes[0].refusal)
    _analyse_at_once([each.analysis for each in outcomes if each.analysis and not each.is_repeated])
    if len(outcomes) == 1 and outcomes[0].analysis and not in_parts:
        if outcomes[0].is_repeated:
            messages.info(request, _("You sent this very picture before. Here is what came of it."))
        return redirect(outcomes[0].analysis)
    template = "analyses/outcome_list.html" if in_parts else "analyses/outcomes.html"
    response = render(request, template, {"outcomes": _refreshed(_user(request), outcomes)})
    # The script sends the file again when its time has come; of a zip file a part may have been kept.
    return _with_patience(response, outcomes[0].refusal) if in_parts and len(outcomes) == 1 else response


def _not_taken(
    request: HttpRequest, form: UploadForm, explanation: reasons.Explanation, refusal: Refused | None
) -> HttpResponse:
    """The upload page again, saying why the one picture isn't taken."""
    if isinstance(refusal, DiskFull):
        return errors.storage_full(request, refusal)
    form.add_error("picture", f"{explanation.problem} {explanation.remedy}")
    response = _upload_page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _with_patience(response, refusal)


def _with_patience(response: HttpResponse, refusal: Refused | None) -> HttpResponse:
    """``response``, with the status and the time that a client understands where time alone helps."""
    if refusal is not None and refusal.retry_after is not None:
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        response.headers["Retry-After"] = str(math.ceil(refusal.retry_after))
    return response


def _refreshed(user: User, outcomes: list[Outcome]) -> list[Outcome]:
    """The same outcomes with their analyses as they stand now."""
    ids = [each.analysis.pk for each in outcomes if each.analysis]
    now = access.own_analyses(user).select_related("upload").in_bulk(ids)
    return [replace(each, analysis=now.get(each.analysis.pk)) if each.analysis else each for each in outcomes]


def _upload_page(request: HttpRequest, form: UploadForm, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    limits = {
        "max_bytes": settings.PICTURE_MAX_BYTES,
        "max_mib": settings.PICTURE_MAX_BYTES // (1024 * 1024),
        "max_megapixels": settings.PICTURE_MAX_PIXELS // 1_000_000,
        "max_pictures": settings.UPLOAD_MAX_PICTURES,
        "max_archive_bytes": settings.ARCHIVE_MAX_BYTES,
        "max_archive_mib": settings.ARCHIVE_MAX_BYTES // (1024 * 1024),
        "max_entries": settings.ARCHIVE_MAX_ENTRIES,
    }
    return render(request, "analyses/predict.html", {"form": form, "limits": limits}, status=status)


def _outcomes_of(user: User, candidate: Candidate, words: dict[str, Any]) -> Iterator[Outcome]:
    """What becomes of one sent file: one outcome for a picture, one for each entry of a zip file."""
    if candidate.reason:
        yield Outcome(candidate.name, None, reasons.explain(candidate.reason))
    elif candidate.is_archive:
        for entry in archives.entries(candidate.file):
            reason = entry.reason or pictures.reason_against(entry.data)
            if reason:
                yield Outcome(entry.name or candidate.name, None, reasons.explain(reason))
            else:
                yield _keep(user, entry.name, entry.data, words)
    else:
        yield _keep(user, candidate.name, candidate.file.read(), words)


def _keep(user: User, name: str, data: bytes, words: dict[str, Any]) -> Outcome:
    earlier = queries.latest_of_same_file(access.own_analyses(user), data)
    if earlier is not None:
        return Outcome(name, earlier, None, is_repeated=True)
    try:
        return Outcome(name, services.create_upload(owner=user, data=data, **words), None)
    except pictures.Unusable as unusable:
        return Outcome(name, None, reasons.explain(unusable.reason))
    except Refused as refusal:
        return Outcome(name, None, reasons.explain(refusal.reason), refusal=refusal)


def _analyse_at_once(analyses: list[Analysis]) -> None:
    """Ask the server for as long as a person likes to wait; what is left then is the worker's."""
    give_up_at = time.monotonic() + settings.INFERENCE_FAST_TIMEOUT
    for analysis in analyses:
        left = give_up_at - time.monotonic()
        if left <= 0:
            break
        services.try_at_once(analysis_id=analysis.pk, deadline=left)


@login_required
@require_safe
@never_cache
def result(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """One analysis: the picture and where it stands."""
    return render(request, "analyses/result.html", _result_context(request, analysis_id))


@login_required
@require_safe
@never_cache
def result_status(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """The part of the result page that changes, for a page that refreshes itself."""
    return render(request, "analyses/status.html", _result_context(request, analysis_id) | {"oob": True})


def _result_context(request: HttpRequest, analysis_id: uuid.UUID) -> dict[str, object]:
    user = _user(request)
    analysis = access.readable_analysis(user, analysis_id)
    model = described(analysis.model_version) if analysis.model_version else None
    context: dict[str, object] = {
        "analysis": analysis,
        "explanation": reasons.explain(analysis.reason) if analysis.state == Analysis.State.REJECTED else None,
        "review_form": ReviewForm(analysis),
        "right_for": {
            "new_patients": model.scores.get("inter-patient/accuracy"),
            "known_patients": model.scores.get("beats-10fold/accuracy"),
        }
        if model
        else {},
        "comparison": [(kind, references.of_class(kind["short"])) for kind in analysis.compared_classes],
    }
    return context | (_for_owner(user, analysis) if analysis.owner_id == user.pk else _for_reviewer(user, analysis))


def _for_owner(user: User, analysis: Analysis) -> dict[str, object]:
    newer, older = queries.neighbours(access.own_analyses(user), analysis)
    return {
        "is_owner": True,
        "reviews": analysis.reviews.all(),
        "annotation_form": AnnotationForm(analysis),
        "answers": access.answers_about(user, analysis.upload)[:ANSWERS_SHOWN],
        "newer": newer,
        "older": older,
    }


def _for_reviewer(user: User, analysis: Analysis) -> dict[str, object]:
    """What others read in the picture is shown once one has written down one's own reading."""
    reviews = analysis.reviews.all()
    has_read = any(review.author_id == user.pk for review in reviews)
    waiting = queries.not_yet_read_by(user, access.shared_analyses(user)).exclude(pk=analysis.pk)
    return {
        "is_owner": False,
        "reviews": reviews if has_read else (),
        "next_to_review": queries.QUEUE_ORDER.sorted(waiting).first(),
    }


@login_required
@require_safe
@rate_limit(action="evidence", limit_get=True)  # type: ignore[untyped-decorator]
@never_cache
def evidence_page(request: HttpRequest, analysis_id: uuid.UUID, short: str) -> HttpResponse:
    """The result page with the evidence for a class laid over the picture; for htmx the picture alone."""
    context = _result_context(request, analysis_id)
    try:
        _evidence(cast(Analysis, context["analysis"]), short)
    except evidence.NoEvidence as problem:
        context["evidence_problem"] = str(problem)
    else:
        context["evidence_for"] = short
        context["on_dark_paper"] = evidence.is_dark_paper(cast(Analysis, context["analysis"]).upload)
    template = "analyses/picture.html" if request.headers.get("HX-Request") else "analyses/result.html"
    return render(request, template, context)


@login_required
@require_safe
@rate_limit(action="evidence", limit_get=True)  # type: ignore[untyped-decorator]
def evidence_picture(request: HttpRequest, analysis_id: uuid.UUID, short: str) -> HttpResponse:
    """The overlay itself, for those who may see the picture."""
    try:
        overlay = _evidence(access.readable_analysis(_user(request), analysis_id), short)
    except evidence.NoEvidence as problem:
        return HttpResponse(str(problem), "text/plain; charset=utf-8", HTTPStatus.SERVICE_UNAVAILABLE)
    return _locked_up(HttpResponse(overlay, content_type="image/png"))


def _evidence(analysis: Analysis, short: str) -> bytes:
    """The overlay for a class of the analysis' model; what has no answer or no picture has no evidence either."""
    if not analysis.upload.is_viewable or short not in {entry["short"] for entry in analysis.probabilities}:
        raise Http404
    return evidence.overlay(analysis, short)


@login_required
@require_POST
@never_cache
def review(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """Write down one's own reading beside the model's."""
    context = _result_context(request, analysis_id)
    analysis = cast(Analysis, context["analysis"])
    form = ReviewForm(analysis, request.POST)
    if form.is_valid():
        try:
            services.review(actor=_user(request), analysis=analysis, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Your reading has been written down beside the model’s."))
            return redirect(analysis)
    return render(
        request, "analyses/result.html", context | {"review_form": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY
    )


@login_required
@require_POST
@never_cache
def annotate(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """Write notes and tags to oneself."""
    analysis = access.own_analysis(_user(request), analysis_id)
    context = _result_context(request, analysis_id)
    form = AnnotationForm(analysis, request.POST)
    if form.is_valid():
        try:
            tagging.annotate(actor=_user(request), analysis=analysis, **form.cleaned_data)
        except ValidationError as error:
            form.add_error("tags", error.messages)
        else:
            messages.success(request, _("Notes and tags have been kept."))
            return redirect(analysis)
    return render(
        request, "analyses/result.html", context | {"annotation_form": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY
    )


@login_required
@require_safe
@never_cache
def history(request: HttpRequest) -> HttpResponse:
    """One's own analyses, searched, filtered and sorted."""
    form = _history_form(request, request.GET)
    found, order = _found(request, form)
    after = order.cursor(request.GET.get("after", ""))
    page = queries.page_of(found, order=order, after=after)
    looking = request.GET.copy()
    looking.pop("after", None)
    context = {
        "page": page,
        "is_first": after is None,
        "form": form,
        "looking": looking.urlencode(),
        "bulk_limit": queries.BULK_LIMIT,
    }
    return render(request, "analyses/history.html", context)


@login_required
@require_safe
@never_cache
def history_csv(request: HttpRequest) -> StreamingHttpResponse:
    """What the history shows for the same search, all of it, as CSV."""
    found, _order = _found(request, _history_form(request, request.GET))
    lines = exports.csv_lines(_rows(request), classes=exports.classes_of(found))
    return _attachment(StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8"), "beatlens-history.csv")


@login_required
@require_safe
@never_cache
def history_json(request: HttpRequest) -> StreamingHttpResponse:
    """The same as JSON, with every probability and every reading."""
    lines = exports.json_lines(_rows(request))
    return _attachment(StreamingHttpResponse(lines, content_type="application/json"), "beatlens-history.json")


@login_required
@require_safe
@rate_limit(action="report", limit_get=True)  # type: ignore[untyped-decorator]
@never_cache
def history_pdf(request: HttpRequest) -> HttpResponse:
    """The first of what the history shows for the same search, as a list on paper."""
    found, order = _found(request, _history_form(request, request.GET))
    rows = list(order.sorted(found).prefetch_related("upload", "reviews")[: reports.MAX_ROWS + 1])
    pdf = reports.history_report(rows[: reports.MAX_ROWS], is_cut=len(rows) > reports.MAX_ROWS)
    return _attachment(HttpResponse(pdf, content_type="application/pdf"), "beatlens-history.pdf")


@login_required
@require_safe
@rate_limit(action="report", limit_get=True)  # type: ignore[untyped-decorator]
@never_cache
def report(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """One's own analysis on paper."""
    analysis = access.own_analysis(_user(request), analysis_id)
    model = described(analysis.model_version) if analysis.model_version else None
    score = model.scores.get("inter-patient/accuracy") if model else None
    pdf = reports.analysis_report(analysis, right_for_new_patients=score)
    return _attachment(HttpResponse(pdf, content_type="application/pdf"), f"beatlens-{analysis.pk}.pdf")


def _rows(request: HttpRequest) -> Iterator[Analysis]:
    """All that the history shows for the same search, a few at a time."""
    found, order = _found(request, _history_form(request, request.GET))
    rows = order.sorted(found).select_related("upload").prefetch_related("reviews", "tags")
    return rows.iterator(chunk_size=500)


@login_required
@require_safe
@never_cache
def summary(request: HttpRequest) -> HttpResponse:
    """One's own analyses in numbers."""
    period = statistics.PERIODS.get(request.GET.get("period", "")) or statistics.PERIODS["year"]
    found = statistics.of(_user(request), period)
    chart = charts.stacked([list(step.counts.values()) for step in found.steps])
    context = {
        "statistics": found,
        "chart": chart,
        "columns": list(zip(found.steps, chart.bars, strict=True)),
        "outcomes": statistics.OUTCOMES,
        "period": period,
        "periods": statistics.PERIODS,
    }
    return render(request, "analyses/statistics.html", context)


def _history_form(request: HttpRequest, wanted: QueryDict) -> HistoryForm:
    classes = [(entry.short, entry.title) for entry in catalogue.entries()]
    return HistoryForm(wanted, classes=classes, tags=access.own_tags(_user(request)))


def _found(request: HttpRequest, form: HistoryForm) -> tuple[QuerySet[Analysis], queries.Order]:
    """What the form asks for. A field that makes no sense is marked on the page and otherwise left out."""
    form.is_valid()
    user = _user(request)
    return queries.matching(user, access.own_analyses(user), form.cleaned_data), form.order


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def delete(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """Put one's own analysis in the trash; from there, delete it for good. Asks first."""
    analysis = access.own_analysis(_user(request), analysis_id)
    if request.method != "POST":
        context = {"analysis": analysis, "days": settings.TRASH_DAYS}
        return render(request, "analyses/confirm_delete.html", context)
    if analysis.trashed_at is None:
        services.trash_analysis(actor=_user(request), analysis=analysis)
        messages.success(request, _("The analysis is in the trash."))
        return redirect("analyses:history")
    services.delete_analysis(actor=_user(request), analysis=analysis)
    messages.success(request, _("The analysis has been deleted for good."))
    return redirect("analyses:trash")


@login_required
@require_POST
@never_cache
def trash_selected(request: HttpRequest) -> HttpResponse:
    """Put what was ticked in the history in the trash, and show the same list again."""
    count = services.trash_analyses(actor=_user(request), ids=_chosen(request))
    said = ngettext("%(count)d analysis is in the trash.", "%(count)d analyses are in the trash.", count)
    return _back_to_history(request, count, said)


@login_required
@require_POST
@never_cache
def tag_selected(request: HttpRequest) -> HttpResponse:
    """Add tags to what was ticked in the history, or take them away."""
    form = BulkTagForm(request.POST)
    if not form.is_valid():
        messages.warning(request, str(form.errors["tags"][0]))
        return _back_to_history(request)
    change = tagging.untag_analyses if "remove" in request.POST else tagging.tag_analyses
    try:
        count = change(actor=_user(request), ids=_chosen(request), names=form.cleaned_data["tags"])
    except ValidationError as error:
        messages.warning(request, error.messages[0])
        return _back_to_history(request)
    said = ngettext("The tags of %(count)d analysis are changed.", "The tags of %(count)d analyses are changed.", count)
    return _back_to_history(request, count, said)


@login_required
@require_POST
@rate_limit(action="upload")  # type: ignore[untyped-decorator]
@never_cache
def run_selected_again(request: HttpRequest) -> HttpResponse:
    """Ask the model in service about what was ticked in the history."""
    try:
        count = services.run_several_again(actor=_user(request), ids=_chosen(request))
    except Refused as refusal:
        messages.warning(request, reasons.explain(refusal.reason).problem)
        return _back_to_history(request)
    said = ngettext(
        "%(count)d picture is analysed again; the earlier result stays.",
        "%(count)d pictures are analysed again; the earlier results stay.",
        count,
    )
    return _back_to_history(request, count, said)


@login_required
@require_POST
@never_cache
def share_selected(request: HttpRequest) -> HttpResponse:
    """Let reviewers read what was ticked in the history."""
    count = services.share_analyses(actor=_user(request), ids=_chosen(request))
    said = ngettext(
        "%(count)d analysis is shared with reviewers.", "%(count)d analyses are shared with reviewers.", count
    )
    return _back_to_history(request, count, said)


@login_required
@require_POST
@never_cache
def share(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """Let reviewers read one's own analysis, or keep it to oneself again."""
    analysis = access.own_analysis(_user(request), analysis_id)
    if "stop" in request.POST:
        services.unshare_analyses(actor=_user(request), ids=[analysis.pk])
        messages.success(request, _("Reviewers can’t read this analysis any more."))
    elif services.share_analyses(actor=_user(request), ids=[analysis.pk]):
        messages.success(request, _("Reviewers can read this analysis now."))
    else:
        messages.warning(request, _("Only an analysis with an answer can be shared."))
    return redirect(analysis)


@login_required
@require_safe
@never_cache
def review_queue(request: HttpRequest) -> HttpResponse:
    """What others share with reviewers: what one has not read yet, or everything."""
    user = _user(request)
    if not user.is_reviewer:
        raise Http404
    shared, order = access.shared_analyses(user), queries.QUEUE_ORDER
    everything = "all" in request.GET
    after = order.cursor(request.GET.get("after", ""))
    page = queries.page_of(shared if everything else queries.not_yet_read_by(user, shared), order=order, after=after)
    audit.note_list(actor=user, kind=Analysis, detail="review queue")
    context = {"page": page, "is_first": after is None, "everything": everything}
    return render(request, "analyses/review_queue.html", context)


def _chosen(request: HttpRequest) -> list[uuid.UUID]:
    """What was ticked, or all that the search finds as far as one action reaches."""
    if "everything" not in request.POST:
        return queries.ids_in(request.POST.getlist("selected"))
    found, order = _found(request, _history_form(request, _looking(request)))
    return list(order.sorted(found).values_list("pk", flat=True)[: queries.BULK_LIMIT])


def _looking(request: HttpRequest) -> QueryDict:
    """What the history that the form was on was searched for."""
    return QueryDict(request.POST.get("looking", ""))


def _back_to_history(request: HttpRequest, count: int | None = None, said: str = "") -> HttpResponse:
    """The same list again, with what was done to ``count`` analyses."""
    if count:
        messages.success(request, said % {"count": count})
    elif count == 0:
        messages.warning(request, _("Tick something first."))
    return redirect(f"{reverse('analyses:history')}?{_looking(request).urlencode()}")


@login_required
@require_safe
@never_cache
def trash(request: HttpRequest) -> HttpResponse:
    """What one has deleted and can still have back."""
    order = queries.TRASH_ORDER
    after = order.cursor(request.GET.get("after", ""))
    page = queries.page_of(access.own_trash(_user(request)), order=order, after=after)
    return render(
        request, "analyses/trash.html", {"page": page, "is_first": after is None, "days": settings.TRASH_DAYS}
    )


@login_required
@require_POST
@rate_limit(action="upload")  # type: ignore[untyped-decorator]
@never_cache
def run_again(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """Ask the model in service about a picture that has its answer already."""
    analysis = access.own_analysis(_user(request), analysis_id)
    try:
        another = services.run_again(actor=_user(request), analysis=analysis)
    except Refused as refusal:
        messages.warning(request, reasons.explain(refusal.reason).problem)
        return redirect(analysis)
    _analyse_at_once([another])
    return redirect(another)


@login_required
@require_POST
@never_cache
def restore(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """Take one's own analysis out of the trash."""
    analysis = access.own_analysis(_user(request), analysis_id)
    services.restore_analysis(actor=_user(request), analysis=analysis)
    messages.success(request, _("The analysis is back in the history."))
    return redirect(analysis)


@login_required
@require_safe
def picture(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponseBase:
    """The picture itself, for those who may see it."""
    upload = access.viewable_upload(_user(request), upload_id)
    return _private_file(upload.picture, upload.media_type)


@login_required
@require_safe
def original(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponseBase:
    """The file as its owner sent it, for them alone, to be saved and not to be shown."""
    upload = access.own_original(_user(request), upload_id)
    media_type = _media_type_of(upload.original)
    response = _private_file(upload.original, media_type)
    return _attachment(response, f"original.{media_type.rpartition('/')[2]}")


@login_required
@require_safe
def thumbnail(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponseBase:
    """Its small rendition for lists."""
    upload = access.viewable_upload(_user(request), upload_id, listed=request.GET.get("listed", ""))
    return _private_file(upload.thumbnail, "image/png")


def _media_type_of(file: FieldFile) -> str:
    """What a file is by its first bytes: an original may be of another kind than the picture that was made of it."""
    try:
        with file.open("rb") as content:
            return pictures.media_type_of(content.read(BEGINNING_BYTES))
    except FileNotFoundError as error:
        raise Http404 from error


def _private_file(file: FieldFile, media_type: str) -> HttpResponseBase:
    """A file that the user may see, sent by the proxy in front where there is one that can."""
    response: HttpResponseBase
    if settings.ACCEL_PREFIX:
        response = HttpResponse(content_type=media_type)
        response.headers["X-Accel-Redirect"] = settings.ACCEL_PREFIX + str(file.name)
    else:
        try:
            response = FileResponse(file.open("rb"), content_type=media_type)
        except FileNotFoundError as error:
            raise Http404 from error
    response.headers["Content-Disposition"] = f'inline; filename="heartbeat.{media_type.removeprefix("image/")}"'
    return _locked_up(response)


_Response = TypeVar("_Response", bound=HttpResponseBase)


def _attachment(response: _Response, name: str) -> _Response:
    """``response`` as a file to be saved."""
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _locked_up(response: _Response) -> _Response:
    """``response`` as a file that is shown and can do nothing else, and that no cache keeps."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # Even if a browser took it for a page, it could do nothing.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
