"""Recordings in a few words."""

from __future__ import annotations

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from webportal.recordings.models import RecordingAnalysis

register = template.Library()

_HOUR, _MINUTE = 3600, 60


@register.filter
def long_time(seconds: float) -> str:
    """A length of time in its two largest units: ``23 h 59 min``, ``5 min 2 s``, ``12.5 s``."""
    if seconds < _MINUTE:
        return _("%(seconds)s s") % {"seconds": number_format(round(seconds, 1))}
    whole = round(seconds)
    if whole < _HOUR:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": whole // 60, "seconds": whole % 60}
    minutes = round(seconds / _MINUTE)
    return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}


@register.filter
def summary_line(analysis: RecordingAnalysis) -> list[str]:
    """What a list says of an answer: mean heart rate, ventricular and supraventricular beats, atrial fibrillation."""
    summary = analysis.current_summary
    if summary is None:
        return []
    measures = summary["measures"]
    said = []
    if (mean := measures["heart_rate"]["mean"]) is not None:
        said.append(_("%(rate)s/min on average") % {"rate": number_format(round(mean), use_l10n=True)})
    if count := measures["ventricular"]["beats"]:
        said.append(ngettext("%(count)d ventricular", "%(count)d ventricular", count) % {"count": count})
    if count := measures["supraventricular"]["beats"]:
        said.append(ngettext("%(count)d supraventricular", "%(count)d supraventricular", count) % {"count": count})
    if measures["atrial_fibrillation"]["episodes"]:
        said.append(_("atrial fibrillation"))
    return said
