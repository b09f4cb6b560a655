"""What the viewer's script says, in the reader's language; the page hands it over."""

from __future__ import annotations

from django.utils.translation import gettext as _


def words() -> dict[str, str]:
    """The viewer's words; those in braces are filled in there."""
    return {
        "day": _("day {number}"),
        "loading": _("loading …"),
        "failed": _("can’t be loaded; trying again"),
        "gone": _("The recording can’t be loaded any more. Reload the page; you may have to log in again."),
        "not_recorded": _("not recorded"),
        "before": _("before the recording"),
        "after": _("after the recording"),
        "beyond": _("{lead} is out of sight"),
        "beat": _("{time}: {name}, {certainty}"),
        "certain": _("certain, {percent} %"),
        "uncertain": _("uncertain, {percent} %"),
        "edited": _("by a person; the model said {own}"),
        "confirmed": _("confirmed by a person"),
        "fibrillates": _("in ventricular flutter or fibrillation: a wave, no beat"),
        "interval": _("RR {ms} ms ({rate}/min)"),
        "family": _("family {number}"),
        "view": _("{begin} to {end}; {speed} mm/s, {gain} mm/mV"),
        "calipers": _("{ms} ms, {rate}/min; {lead}: {mv} mV"),
        "no_more": _("There is no other one that way."),
        "none": _("There is none in this recording."),
        "searching": _("Looking for it …"),
        "not_a_time": _("That is no time of this recording. Write it as 14:05:30."),
        "whole": _("all"),
        "speed": _("{speed} mm/s"),
        "gain": _("{gain} mm/mV"),
        "rate_axis": _("beats/min"),
        "ectopic_axis": _("ectopic"),
        "quality_axis": _("readable"),
        "overview_here": _(
            "{time}: {rate} beats/min; {beats} beats, {ventricular} ventricular, {supraventricular} supraventricular;"
            " readable: {readable} %"
        ),
        "rate_unknown": _("unknown"),
    }
