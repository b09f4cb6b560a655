"""Pages to try Beatlens with."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, cast

from allauth.core import ratelimit
from allauth.decorators import rate_limit
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe

from webportal import errors
from webportal.accounts.models import User
from webportal.analyses import access, aloud, answers, once, reasons
from webportal.analyses.intake.uploads import create_upload, digest_of, latest_of_same_file
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis
from webportal.disk import DiskFull
from webportal.errors import at_most_one_picture
from webportal.inference import described
from webportal.observability import metrics
from webportal.pages import catalogue
from webportal.recordings import reasons as recording_reasons
from webportal.recordings import samples as recording_samples
from webportal.recordings import services
from webportal.recordings.intake.receiving import NotTaken
from webportal.recordings.samples import SampleRecording
from webportal.refusal import Refused
from webportal.trial import reading, samples
from webportal.trial.forms import TrialForm

#: When those who found no room may try again, seconds.
RETRY_AFTER = 5


@at_most_one_picture
@csp_update({"img-src": ["data:"]})
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def try_it(request: HttpRequest) -> HttpResponse:
    """One picture without an account: the answer is this page, and nothing is stored."""
    if not settings.TRIAL_ENABLED:
        raise Http404
    if request.user.is_authenticated:
        return redirect("analyses:predict")
    if request.method != "POST":
        return _trial_page(request, TrialForm())
    if problem := _limited(request):
        metrics.trial_ended("limited")
        return _trial_page(request, TrialForm(), status=HTTPStatus.TOO_MANY_REQUESTS, problem=problem)
    form = TrialForm(request.POST, request.FILES)
    if not form.is_valid():
        return _trial_page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        tried = _tried(form)
    except reading.NoRoom:
        problem = _("Others are trying it just now. Send it again in a moment.")
    except reading.NoAnswer as absence:
        problem = _("The analysis service is unavailable right now. Try again in a minute.")
        if absence.error_id:
            problem = _("The picture can’t be analysed. An administrator can look up this id: %(id)s") % {
                "id": absence.error_id
            }
    else:
        status = HTTPStatus.OK if tried.analysis else HTTPStatus.UNPROCESSABLE_ENTITY
        sample, another = form.cleaned_data["sample"], TrialForm(initial={"lead": form.cleaned_data["lead"]})
        return _trial_page(request, another, status=status, tried=tried, sample=sample, **_shown(tried.analysis))
    response = _trial_page(request, TrialForm(), status=HTTPStatus.SERVICE_UNAVAILABLE, problem=problem)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _shown(analysis: Analysis | None) -> dict[str, Any]:
    """What the page of a result shows of one that is stored nowhere."""
    if analysis is None:
        return {"analysis": None, "answer": None}
    answer = answers.shown(analysis)
    said = aloud.sentences(described(analysis.model_version), answer)
    return {"analysis": analysis, "answer": answer, "aloud": said}


def _limited(request: HttpRequest) -> str:
    """Why this visitor has to wait; empty when they needn't."""
    if not ratelimit.consume(request, action="try"):
        return _("You have tried many pictures in a short time. Wait a few minutes, or sign up: it costs nothing.")
    if not ratelimit.consume(request, action="try_together", key="everybody"):
        return _("Many people are trying it just now. Wait a few minutes, or sign up: it costs nothing.")
    return ""


def _tried(form: TrialForm) -> reading.Tried:
    sample, candidate, lead = (form.cleaned_data[name] for name in ("sample", "picture", "lead"))
    if sample is not None:
        return reading.read(sample.data(), lead=lead)
    if candidate.is_archive:
        one_at_a_time = _("Without an account one picture at a time is read, and no zip file.")
        return reading.refused(reasons.Explanation(one_at_a_time, _("Send the picture itself, or sign up.")))
    if candidate.reason:
        return reading.refused(reasons.explain(candidate.reason))
    return reading.read(candidate.file.read(), lead=lead)


def _trial_page(
    request: HttpRequest, form: TrialForm, status: HTTPStatus = HTTPStatus.OK, **context: Any
) -> HttpResponse:
    context |= {"form": form, "samples": _titled(samples.one_of_each()), "max_mib": settings.PICTURE_MAX_BYTES // 2**20}
    context |= {"recordings": recording_samples.recordings(), "pictures": recording_samples.pictures()}
    if context.get("sample"):
        context["sample_kind"] = _kinds().get(context["sample"].short, context["sample"].short)
    return render(request, "trial/try.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit(action="upload")  # type: ignore[untyped-decorator]
@never_cache
def samples_page(request: HttpRequest) -> HttpResponse:
    """The samples; one that is chosen goes into one's own history like any other picture."""
    if request.method != "POST":
        context = {"samples": _titled(samples.every()), "form_id": once.new_id()}
        context |= {"recordings": recording_samples.recordings(), "pictures": recording_samples.pictures()}
        return render(request, "trial/samples.html", context)
    key = request.POST.get("sample", "")
    if (recording := recording_samples.find(key)) is not None:
        return _recording_sent(request, recording)
    sample = samples.find(key)
    if sample is None:
        raise Http404
    user, data = cast(User, request.user), sample.data()
    sha256 = digest_of(data)
    analysis = latest_of_same_file(access.own_analyses(user), sha256)
    if analysis is not None:
        messages.info(request, _("You sent this very picture before. Here is what came of it."))
        return redirect(analysis)
    label = _("Sample: %(kind)s, record %(record)s") % {
        "kind": _kinds().get(sample.short, sample.short),
        "record": sample.record,
    }
    try:
        analysis = create_upload(owner=user, data=data, sha256=sha256, label=label[:100])
    except DiskFull as full:
        return errors.storage_full(request, full)
    except Refused as refusal:
        messages.warning(request, str(reasons.explain(refusal.reason)))
        return redirect("trial:samples")
    running.try_at_once(analysis_id=analysis.pk, deadline=settings.INFERENCE_FAST_TIMEOUT)
    return redirect(analysis)


def _recording_sent(request: HttpRequest, sample: SampleRecording) -> HttpResponse:
    """A sample that is a recording, or a picture of one, sent like one's own."""
    made = once.made_by(once.id_in(request), sample.key)
    try:
        recording = services.send_sample(owner=cast(User, request.user), sample=sample, recording_id=made)
    except DiskFull as full:
        return errors.storage_full(request, full)
    except (NotTaken, Refused) as refusal:
        messages.warning(request, str(recording_reasons.explain(refusal.reason)))
        return redirect("trial:samples")
    return redirect(recording)


@require_safe
@cache_control(public=True, max_age=86_400)
def sample_picture(request: HttpRequest, short: str, name: str) -> HttpResponse:
    """A sample itself. It is public, as the recordings are that it is from."""
    sample = samples.find(f"{short}/{name}")
    if sample is None:
        raise Http404
    return HttpResponse(sample.data(), content_type=samples.MEDIA_TYPE)


def _titled(chosen: Iterable[samples.Sample]) -> list[tuple[samples.Sample, str]]:
    """Samples with the names of their kinds in the reader's language."""
    kinds = _kinds()
    return [(sample, kinds.get(sample.short, sample.short)) for sample in chosen]


def _kinds() -> dict[str, str]:
    return {entry.short: entry.title for entry in catalogue.entries()}
