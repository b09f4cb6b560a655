"""The few numbers that stand beside each other: what the model said, and what it is with corrections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from webportal.recordings.models import RecordingAnalysis


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure."""

    name: str
    said: str
    """By the model."""
    now: str
    """With corrections."""

    @property
    def is_other(self) -> bool:
        """Whether corrections changed it."""
        return self.said != self.now


def comparison(analysis: RecordingAnalysis) -> list[Compared]:
    """The measures that corrections change most, of a finished analysis."""
    said, now = analysis.summary or {}, analysis.current_summary or {}
    return [
        Compared(name, before, after) for (name, before), (_name, after) in zip(_rows(said), _rows(now), strict=True)
    ]


def _rows(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    measures = summary["measures"]
    rate, ventricular = measures["heart_rate"], measures["ventricular"]
    supraventricular, fibrillation = measures["supraventricular"], measures["atrial_fibrillation"]
    return [
        (_("Beats"), _number(measures["beats"])),
        (_("Mean heart rate"), _number(rate["mean"], 0, "/min")),
        (_("Ventricular beats"), _burden(ventricular)),
        (_("Couplets of ventricular beats"), _number(ventricular["couplets"])),
        (_("Runs of ventricular beats"), _number(ventricular["short_runs"] + ventricular["long_runs"])),
        (_("Supraventricular beats"), _burden(supraventricular)),
        (_("Atrial fibrillation, share of the time"), _number(fibrillation["burden"], 1, " %")),
        (_("Paced beats"), _number(measures["paced_share"], 1, " %")),
    ]


def _burden(ectopy: Mapping[str, Any]) -> str:
    return f"{_number(ectopy['beats'])} ({_number(ectopy['burden'], 2, ' %')})"


def _number(value: float | None, digits: int = 0, unit: str = "") -> str:
    """In the reader's language; a dash for what isn't known."""
    return "–" if value is None else f"{number_format(round(value, digits), digits, use_l10n=True)}{unit}"
