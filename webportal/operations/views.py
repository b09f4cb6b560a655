"""The page that tells an administrator how the installation is doing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from webportal.analyses import reasons
from webportal.analyses.models import Analysis
from webportal.inference import client, described
from webportal.operations import figures, recording_figures
from webportal.operations.recording_figures import RecordingVolume
from webportal.recordings import reasons as recording_reasons
from webportal.recordings.models import Recording, RecordingAnalysis

#: The periods that one may look at.
PERIODS = {
    "day": (gettext_lazy("24 hours"), timedelta(days=1)),
    "week": (gettext_lazy("7 days"), timedelta(days=7)),
    "month": (gettext_lazy("30 days"), timedelta(days=30)),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table of outcomes."""

    name: str
    code: str
    """What the log calls it, where that is another word."""
    number: int
    percent: float
    """Of the table's total; all rows of a table together are 100.0."""


@dataclass(frozen=True, slots=True)
class Table:
    """What became of everything of one kind."""

    title: str
    head: str
    rows: list[Row]

    @property
    def total(self) -> int:
        """All of it."""
        return sum(row.number for row in self.rows)


def percentages(numbers: Sequence[int]) -> list[float]:
    """Each number's share in per cent, to one decimal, so that they add up to 100.0 (largest remainders)."""
    total = sum(numbers)
    if not total:
        return [0.0 for _number in numbers]
    tenths = [number * 1000 // total for number in numbers]
    by_remainder = sorted(range(len(numbers)), key=lambda place: numbers[place] * 1000 % total, reverse=True)
    for place in by_remainder[: 1000 - sum(tenths)]:
        tenths[place] += 1
    return [share / 10 for share in tenths]


def _table(title: str, head: str, counts: Mapping[str, int], name: Callable[[str], tuple[str, str]]) -> Table:
    shares = percentages(list(counts.values()))
    rows = [Row(*name(key), number, share) for (key, number), share in zip(counts.items(), shares, strict=True)]
    return Table(title, head, rows)


def _tables(volume: figures.Volume) -> Iterator[Table]:
    """Everything by state, what is done by verdict and by version, what was refused by reason; none that is empty."""
    labels = {member.value: str(member.label) for kind in (Analysis.State, Analysis.Verdict) for member in kind}

    def label(key: str) -> tuple[str, str]:
        return labels.get(key, key), ""

    def reason(key: str) -> tuple[str, str]:
        return reasons.explain(key).problem, key

    for table in (
        _table(_("States"), _("State"), volume.states, label),
        _table(_("Verdicts of what is done"), _("Verdict"), volume.verdicts, label),
        _table(_("Model versions of what is done"), _("Model version"), volume.versions, label),
        _table(_("Reasons of what was refused"), _("Reason"), volume.reasons, reason),
    ):
        if table.rows:
            yield table


def _recording_tables(volume: RecordingVolume) -> Iterator[Table]:
    """Recordings by state and by reason, and what was asked about them by state; none that is empty."""
    read = {member.value: str(member.label) for member in Recording.State}
    asked = {member.value: str(member.label) for member in RecordingAnalysis.State}
    for table in (
        _table(_("Recordings"), _("State"), volume.recordings, lambda key: (read.get(key, key), "")),
        _table(
            _("Reasons of recordings that were refused"),
            _("Reason"),
            volume.reasons,
            lambda key: (recording_reasons.explain(key).problem, key),
        ),
        _table(_("Analyses of recordings"), _("State"), volume.analyses, lambda key: (asked.get(key, key), "")),
    ):
        if table.rows:
            yield table


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
        "recordings": {queue.work: queue for queue in recording_figures.queues()},
        "volume": volume,
        "tables": [*_tables(volume), *_recording_tables(recording_figures.volume(period))],
        "failures": figures.newest_failures(),
        "serving": client().is_serving(timeout=1.0),
        "model": model,
        "drift": figures.drift(model, period) if model else None,
        "enough": figures.ENOUGH_ANSWERS,
        "largest_mix": figures.LARGEST_MIX_DISTANCE,
        "largest_confidence": figures.LARGEST_CONFIDENCE_DIFFERENCE,
    }
    return render(request, "admin/operations.html", context)
