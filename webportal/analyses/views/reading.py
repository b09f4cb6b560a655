"""The reading mode: one picture after the other, with keys; the model's answer is hidden until then, if wished."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from webportal.accounts.current import current_user
from webportal.accounts.models import User
from webportal.analyses import access, answers, once, services
from webportal.analyses.forms import ReviewForm
from webportal.analyses.history import queries, reading
from webportal.analyses.models import Analysis, ReadingRound, Review
from webportal.analyses.views import searching


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind that a picture can be read as."""

    short: str
    name: str
    key: str
    """The key that chooses it; empty where the digits are used up."""


@login_required
@require_POST
@never_cache
def begin(request: HttpRequest) -> HttpResponse:
    """Begin to read what a search finds, or what others share, where one left off."""
    user = current_user(request)
    is_queue = "queue" in request.POST
    search = searching.search(request, searching.carried(request))
    if is_queue:
        waiting = queries.not_yet_read_by(user, access.shared_analyses(user))
        ids = reading.list_of(waiting, queries.QUEUE_ORDER)
    else:
        ids = reading.list_of(search.found, search.order)
    if not ids:
        messages.warning(request, _("There is nothing with an answer to read."))
        return redirect("analyses:review-queue" if is_queue else reverse("analyses:history"))
    try:
        begun = services.begin_round(
            reader=user,
            round_id=once.id_in(request),
            ids=ids,
            looking="" if is_queue else search.text,
            is_queue=is_queue,
            is_blind="blind" in request.POST or (is_queue and settings.REVIEWERS_READ_BLIND),
        )
    except PermissionDenied as error:
        raise Http404 from error
    return redirect(begun.address_of(reading.first_unread(user, ids)))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def read(request: HttpRequest, round_id: uuid.UUID, number: int) -> HttpResponse:
    """One picture of a round; what is sent is one's reading of it, and leads to the next."""
    user = current_user(request)
    round_ = access.own_round(user, round_id)
    if not 1 <= number <= len(round_.analyses):
        raise Http404
    if request.method != "POST":
        return _shown(request, round_, number)
    analysis = _analysis(user, round_, number)
    if analysis is None:
        return _shown(request, round_, number)
    form = ReviewForm(analysis, request.POST)
    if form.is_valid():
        review_id = once.made_by(once.id_in(request), analysis.pk)
        try:
            services.review(
                actor=user, analysis=analysis, blind=round_.is_blind, review_id=review_id, **form.cleaned_data
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _go(request, round_, number + 1)
    return _shown(request, round_, number, form=form)


@login_required
@require_POST
@never_cache
def undo(request: HttpRequest, round_id: uuid.UUID) -> HttpResponse:
    """Take back what one has written last in a round, and show that picture again."""
    user = current_user(request)
    round_ = access.own_round(user, round_id)
    last = reading.written_in(round_).first()
    if last is None:
        messages.warning(request, _("There is nothing to take back."))
        return _go(request, round_, 1)
    services.withdraw_review(actor=user, review=last)
    return _go(request, round_, round_.number_of(last.analysis_id) or 1)


@login_required
@require_safe
@never_cache
def end(request: HttpRequest, round_id: uuid.UUID) -> HttpResponse:
    """What came of a round."""
    return _end(request, access.own_round(current_user(request), round_id))


def _go(request: HttpRequest, round_: ReadingRound, number: int) -> HttpResponse:
    """To another picture; for the script that swaps pictures, the picture itself."""
    if "HX-Request" not in request.headers:
        return redirect(round_.address_of(number))
    return _shown(request, round_, number) if number <= len(round_.analyses) else _end(request, round_)


def _analysis(user: User, round_: ReadingRound, number: int) -> Analysis | None:
    """The analysis with that number; ``None`` when it is gone, or not shared any more."""
    analysis_id = round_.at(number)
    try:
        return access.readable_analysis(user, analysis_id) if analysis_id else None
    except Http404:
        return None


def _shown(request: HttpRequest, round_: ReadingRound, number: int, *, form: ReviewForm | None = None) -> HttpResponse:
    analysis = _analysis(current_user(request), round_, number)
    written = list(reading.written_in(round_))
    context = _frame(round_, written) | {
        "number": number,
        "previous": round_.address_of(number - 1) if number > 1 else "",
        "following": round_.address_of(number + 1),
        "analysis": analysis,
        "next_picture": _next_picture(current_user(request), round_, number),
    }
    if analysis is not None:
        context |= _item(current_user(request), round_, analysis, written, form)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form is not None else HTTPStatus.OK
    template = "analyses/reading_item.html" if "HX-Request" in request.headers else "analyses/reading.html"
    return render(request, template, context, status=status)


def _frame(round_: ReadingRound, written: list[Review]) -> dict[str, object]:
    last = written[0] if written else None
    history = searching.with_search(reverse("analyses:history"), round_.looking)
    return {
        "round": round_,
        "total": len(round_.analyses),
        "tally": reading.tally(written),
        "last": last,
        "last_number": round_.number_of(last.analysis_id) if last else None,
        "back": reverse("analyses:review-queue") if round_.is_queue else history,
    }


def _item(
    user: User, round_: ReadingRound, analysis: Analysis, written: list[Review], form: ReviewForm | None
) -> dict[str, object]:
    """The picture with that number: what it can be read as, and as much of the rest as may be seen before."""
    mine = next((review for review in written if review.analysis_id == analysis.pk), None)
    if mine is None and not round_.is_blind:
        mine = analysis.review_by(user.pk)
    hidden = round_.is_blind and mine is None
    answer = answers.Answer(is_hidden=True) if hidden else answers.shown_to(user, analysis)
    choices = [
        Choice(short, name, str(place) if place <= 9 else "")
        for place, (short, name) in enumerate(analysis.readings, start=1)
    ]
    return {
        "answer": answer,
        "agreed": "" if answer.is_hidden else analysis.answered_reading,
        "mine": mine,
        "choices": choices,
        "form": form or ReviewForm(analysis),
    }


def _next_picture(user: User, round_: ReadingRound, number: int) -> str:
    """Address of the picture that comes next, to be fetched before it is asked for."""
    analysis_id = round_.at(number + 1)
    if analysis_id is None:
        return ""
    following = Analysis.objects.filter(pk=analysis_id).select_related("upload").first()
    if following is None or not access.may_review(user, following) or not following.upload.is_viewable:
        return ""
    return reverse("analyses:picture", args=[following.upload_id])


def _end(request: HttpRequest, round_: ReadingRound) -> HttpResponse:
    context = _frame(round_, list(reading.written_in(round_))) | {"at_end": True}
    template = "analyses/reading_end_part.html" if "HX-Request" in request.headers else "analyses/reading_end.html"
    return render(request, template, context)
