"""The line that a model read of a picture, drawn over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from inference_server.classification import ModelInfo, Trace

from webportal.analyses.answers import Answer
from webportal.analyses.models import Analysis

#: Reasons why a picture is no heartbeat that say that there is no line to show.
_WITHOUT_LINE: Final = frozenset({"BLANK", "NO_LINE", "SPECTROGRAM", "PHOTOGRAPH"})


@dataclass(frozen=True, slots=True)
class Drawing:
    """What lies over a picture, in its pixels. Numbers are text, with a decimal point in every language."""

    width: int
    height: int
    strokes: tuple[str, ...]
    """Points of each part of the line, as the attribute ``points`` of SVG takes them."""
    frame: tuple[str, str, str, str] | None
    """x, y, width and height of what the model was shown as one beat; ``None`` where it was shown none."""


def may_be_shown(model: ModelInfo | None, analysis: Analysis, answer: Answer) -> bool:
    """Whether there is a line to ask for: the model reads so, and didn't say that there is none."""
    return (
        model is not None
        and model.reads_ink
        and analysis.upload.is_viewable
        and bool(answer.verdict)
        and answer.not_a_beat_reason not in _WITHOUT_LINE
    )


def drawing(trace: Trace, analysis: Analysis, answer: Answer) -> Drawing:
    """The line over the picture of ``analysis``, which has to be viewable."""
    width, height = analysis.upload.width or 0, analysis.upload.height or 0
    strokes = tuple(" ".join(f"{x * width:.2f},{y * height:.2f}" for x, y in stroke) for stroke in trace.strokes)
    left, top, right, bottom = trace.beat
    places = (left * width, top * height, (right - left) * width, (bottom - top) * height)
    x, y, across, down = (f"{place:.2f}" for place in places)
    is_one = answer.is_beat or answer.not_a_beat_reason in ("", "UNFAMILIAR")
    return Drawing(width, height, strokes, (x, y, across, down) if is_one else None)
