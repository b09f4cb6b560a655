"""The page that tells an administrator how the installation is doing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from webportal.analyses.models import Analysis
from webportal.inference import client, described
from webportal.operations import figures

#: The periods that one may look at.
PERIODS = {
    "day": (_("24 hours"), timedelta(days=1)),
    "week": (_("7 days"), timedelta(days=7)),
    "month": (_("30 days"), timedelta(days=30)),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line of the table of outcomes."""

    name: str
    number: int
    share: float
    """Of everything that was asked."""


def _outcomes(volume: figures.Volume) -> list[Outcome]:
    """States, the verdicts of what is done, and the reasons of what was refused."""
    names = {member.value: member.label for kind in (Analysis.State, Analysis.Verdict) for member in kind}
    return [
        Outcome(str(names.get(key, key)), number, number / volume.asked)
        for counts in (volume.states, volume.verdicts, volume.reasons)
        for key, number in counts.items()
    ]


@require_safe
@never_cache
def dashboard(request: HttpRequest) -> HttpResponse:
    """Volume, queue, errors, verdicts, drift and the server's health, over a day, a week or a month."""
    if not request.user.has_perm("analyses.view_analysis"):
        raise PermissionDenied
    chosen = request.GET.get("period", "week")
    if chosen not in PERIODS:
        chosen = "week"
    period = PERIODS[chosen][1]
    model, volume = described(), figures.volume(period)
    context = {
        **admin.site.each_context(request),
        "title": _("How it is doing"),
        "periods": [(key, name) for key, (name, _period) in PERIODS.items()],
        "chosen": chosen,
        "queue": figures.queue(),
        "volume": volume,
        "outcomes": _outcomes(volume),
        "failures": figures.newest_failures(),
        "serving": client().is_serving(timeout=1.0),
        "model": model,
        "drift": figures.drift(model, period) if model else None,
        "enough": figures.ENOUGH_ANSWERS,
    }
    return render(request, "admin/operations.html", context)
