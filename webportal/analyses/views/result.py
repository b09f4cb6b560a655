"""The page of one analysis: what was read, the evidence for it, and what people write beside it."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import cast

from allauth.decorators import rate_limit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from webportal.accounts.current import current_user
from webportal.accounts.models import User
from webportal.analyses import (
    access,
    aloud,
    answers,
    evidence,
    found_line,
    once,
    reasons,
    references,
    services,
    tagging,
    track_record,
)
from webportal.analyses.forms import AgainForm, AnnotationForm, ReviewForm
from webportal.analyses.history import queries, reports
from webportal.analyses.models import Analysis
from webportal.analyses.views import searching
from webportal.analyses.views.responses import attachment, locked_up
from webportal.inference import described

#: Answers about one picture that the page lists.
ANSWERS_SHOWN = 10


@login_required
@require_safe
@never_cache
def result(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """One analysis: the picture and where it stands."""
    return render(request, "analyses/result.html", page_context(request, analysis_id))


@login_required
@require_safe
@never_cache
def result_status(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """The part of the result page that changes, for a page that refreshes itself."""
    return render(request, "analyses/status.html", result_context(request, analysis_id) | {"oob": True})


def result_context(request: HttpRequest, analysis_id: uuid.UUID) -> dict[str, object]:
    """Everything that the page of one analysis shows."""
    user = current_user(request)
    analysis = access.readable_analysis(user, analysis_id)
    answer = answers.shown_to(user, analysis)
    model = described(analysis.model_version) if analysis.model_version else None
    context: dict[str, object] = {
        "analysis": analysis,
        "answer": answer,
        "explanation": reasons.explain(analysis.reason) if analysis.state == Analysis.State.REJECTED else None,
        "review_form": ReviewForm(analysis),
        "track_record": track_record.of_kind(model, answer.class_short) if model and answer.is_beat else None,
        "aloud": aloud.sentences(model, answer),
        "has_found_line": found_line.may_be_shown(model, analysis, answer),
        "comparison": [(kind, references.of_class(kind["short"])) for kind in answer.compared],
    }
    if analysis.owner_id != user.pk:
        return context | _for_reviewer(user, analysis)
    looking = _search(request).text
    return context | _for_owner(user, analysis) | {"looking": looking, "query": searching.with_search("", looking)}


def page_context(request: HttpRequest, analysis_id: uuid.UUID) -> dict[str, object]:
    """:func:`result_context` and the ways from here to others, which keep the search that one came from."""
    context = result_context(request, analysis_id)
    if not context["is_owner"]:
        return context
    analysis, search = cast(Analysis, context["analysis"]), _search(request)
    previous, following = queries.neighbours(search.found, search.order, analysis)
    return context | {
        "is_looking": search.form.is_looking,
        "by_time": search.order.column == "created_at",
        "newest_first": search.order.descending,
        "previous": previous,
        "following": following,
        "back": search.back_to(analysis),
    }


def _search(request: HttpRequest) -> searching.Search:
    """The search that one came from: in the address, or carried along by a form."""
    return searching.search(request, searching.carried(request) if request.method == "POST" else request.GET)


def back_to(request: HttpRequest, analysis: Analysis) -> HttpResponse:
    """To the page of an analysis, with the search that the form carried along."""
    return redirect(searching.with_search(analysis.get_absolute_url(), _search(request).text))


def _for_owner(user: User, analysis: Analysis) -> dict[str, object]:
    return {
        "is_owner": True,
        "reviews": analysis.reviews.all(),
        "annotation_form": AnnotationForm(analysis),
        "again_form": AgainForm(initial={"lead": analysis.lead}),
        "sent_in": access.own_batches(user).filter(files__analysis=analysis).distinct()[:ANSWERS_SHOWN],
        "answers": access.answers_about(user, analysis.upload)[:ANSWERS_SHOWN],
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
    context = page_context(request, analysis_id)
    try:
        _evidence(current_user(request), cast(Analysis, context["analysis"]), short)
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
@never_cache
def found_line_page(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """The result page with the line that the model read over the picture; for htmx the picture alone."""
    context = page_context(request, analysis_id)
    if not context["has_found_line"]:
        raise Http404
    analysis = cast(Analysis, context["analysis"])
    try:
        trace = evidence.trace(analysis)
    except evidence.NoEvidence as problem:
        context["evidence_problem"] = str(problem)
    else:
        context["found_line"] = found_line.drawing(trace, analysis, cast(answers.Answer, context["answer"]))
    template = "analyses/picture.html" if request.headers.get("HX-Request") else "analyses/result.html"
    return render(request, template, context)


@login_required
@require_safe
@rate_limit(action="evidence", limit_get=True)  # type: ignore[untyped-decorator]
def evidence_picture(request: HttpRequest, analysis_id: uuid.UUID, short: str) -> HttpResponse:
    """The overlay itself, for those who may see the picture."""
    try:
        user = current_user(request)
        overlay = _evidence(user, access.readable_analysis(user, analysis_id), short)
    except evidence.NoEvidence as problem:
        return HttpResponse(str(problem), "text/plain; charset=utf-8", HTTPStatus.SERVICE_UNAVAILABLE)
    return locked_up(HttpResponse(overlay, content_type="image/png"))


def _evidence(user: User, analysis: Analysis, short: str) -> bytes:
    """The overlay for a class of the analysis' model; what has no picture, or no answer to show, has no evidence."""
    answer = answers.shown_to(user, analysis)
    if not analysis.upload.is_viewable or short not in {entry["short"] for entry in answer.probabilities}:
        raise Http404
    return evidence.overlay(analysis, short)


@login_required
@require_POST
@never_cache
def review(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """Write down one's own reading beside the model's."""
    context = page_context(request, analysis_id)
    analysis = cast(Analysis, context["analysis"])
    form = ReviewForm(analysis, request.POST)
    if form.is_valid():
        try:
            review_id = once.made_by(once.id_in(request), analysis.pk)
            services.review(actor=current_user(request), analysis=analysis, review_id=review_id, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Your reading has been written down beside the model’s."))
            return back_to(request, analysis)
    return render(
        request, "analyses/result.html", context | {"review_form": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY
    )


@login_required
@require_POST
@never_cache
def annotate(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """Write notes and tags to oneself."""
    analysis = access.own_analysis(current_user(request), analysis_id)
    context = page_context(request, analysis_id)
    form = AnnotationForm(analysis, request.POST)
    if form.is_valid():
        try:
            tagging.annotate(actor=current_user(request), analysis=analysis, **form.cleaned_data)
        except ValidationError as error:
            form.add_error("tags", error.messages)
        else:
            messages.success(request, _("Notes and tags have been stored."))
            return back_to(request, analysis)
    return render(
        request, "analyses/result.html", context | {"annotation_form": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY
    )


@login_required
@require_safe
@rate_limit(action="report", limit_get=True)  # type: ignore[untyped-decorator]
@never_cache
def report(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """One's own analysis on paper."""
    analysis = access.own_analysis(current_user(request), analysis_id)
    pdf = report_of(analysis)
    return attachment(HttpResponse(pdf, content_type="application/pdf"), f"beatlens-{analysis.pk}.pdf")


def report_of(analysis: Analysis) -> bytes:
    """One's own analysis on paper, a PDF."""
    model = described(analysis.model_version) if analysis.model_version else None
    answer = answers.shown(analysis)
    record = track_record.of_kind(model, answer.class_short) if model and answer.is_beat else None
    return reports.analysis_report(analysis, record=record, said=aloud.sentences(model, answer))
