"""Why a picture is not one heartbeat, in words: what was found instead, and what its sender can do.

The codes are those of :class:`inference_server.classification.NotABeat`. Answers without one, of older servers and of
older models, and codes that are not known here yet, get the sentence that all of them got before there were codes.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from webportal.analyses.reasons import Explanation


def explain(reason: str, beats: int | None = None) -> Explanation:
    """What was found instead of one heartbeat, and what to send.

    Args:
        reason: the code, empty where there is none.
        beats: how many were counted, where there are several.
    """
    if reason == "SEVERAL_BEATS":
        return Explanation(
            _strip(beats), _("Crop it to one heartbeat, about half a second, with the tall R wave in the middle.")
        )
    return _known().get(
        reason,
        Explanation(
            _("The picture differs from every ECG beat that the model has learned."),
            _("Send a picture of a single beat: a dark line on light paper, without axes or labels."),
        ),
    )


def in_short(reason: str, beats: int | None = None) -> str:
    """The same in two or three words, for lists; empty where nothing more is known."""
    if reason == "SEVERAL_BEATS":
        if not beats:
            return _("strip of several heartbeats")
        return ngettext("strip of %(beats)d heartbeat", "strip of %(beats)d heartbeats", beats) % {"beats": beats}
    return {
        "BLANK": _("empty picture"),
        "NO_LINE": _("no line found"),
        "SEVERAL_LINES": _("several lines"),
        "SPECTROGRAM": _("spectrogram"),
        "PHOTOGRAPH": _("photograph"),
        "NOT_A_TRACE": _("drawing or writing"),
        "UNFAMILIAR": _("unlike every learned beat"),
    }.get(reason, "")


def _strip(beats: int | None) -> str:
    if not beats:
        return _("The picture shows a strip with several heartbeats.")
    return ngettext(
        "The picture shows a strip: %(beats)d heartbeat was counted.",
        "The picture shows a strip: %(beats)d heartbeats were counted.",
        beats,
    ) % {"beats": beats}


def _known() -> dict[str, Explanation]:
    return {
        "BLANK": Explanation(
            _("Nothing is drawn in the picture."),
            _("Check that it’s the right file and that its line is dark enough to be seen, and send it once more."),
        ),
        "NO_LINE": Explanation(
            _("Something is drawn in the picture, but no line that goes on from left to right."),
            _("Crop it so that the whole line of one heartbeat is in it and little else."),
        ),
        "SEVERAL_LINES": Explanation(
            _("There are several lines in the picture, as on a page or a strip with several leads."),
            _("Crop it to one heartbeat of one lead."),
        ),
        "SPECTROGRAM": Explanation(
            _("The picture is a spectrogram: it shows how strong each frequency is, not the line of an ECG."),
            _("Save one heartbeat of the ECG itself, the voltage over time, as a picture and send that."),
        ),
        "PHOTOGRAPH": Explanation(
            _("The picture is light and shade all over, as a photograph is; there is no line on even paper."),
            _("To photograph an ECG, hold the camera straight above it, in even light, and let the paper fill it."),
        ),
        "NOT_A_TRACE": Explanation(
            _("What is drawn turns back or branches, as drawings, icons and writing do; the line of an ECG doesn’t."),
            _("Send a picture that shows the line of one heartbeat and little else."),
        ),
        "UNFAMILIAR": Explanation(
            _("What is drawn is unlike every ECG beat that the model has learned."),
            _("Send one whole heartbeat, upright, about half a second of it, and nothing but its line."),
        ),
    }
