"""Every beat as a line of CSV."""

from __future__ import annotations

import csv
import io
from typing import Final

import numpy as np

from inference_server.classification import Verdict
from inference_server.classification.recordings import RecordingAnalysis
from inference_server.exports.counting import known_intervals

COLUMNS: Final = ("sample", "time_s", "class", "probability", "verdict", "plausible", "family", "interval_s", "wave")
"""``sample`` and ``time_s`` of the R peak from the recording's start; the most probable ``class`` and its
``probability``; ``CONFIDENT`` or ``UNCERTAIN``; the ``plausible`` classes, the most probable first, with spaces between
them; the number of the ``family``, 1 being the largest; ``interval_s`` since the beat before, empty where that isn't
known (first beat, gaps, unreadable seconds); ``wave`` is 1 in ventricular fibrillation, where it counts as no beat.
"""


def beat_table(analysis: RecordingAnalysis) -> bytes:
    """A line of :data:`COLUMNS` for each beat, in UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    names = [kind.short for kind in analysis.model.classes]
    beats = analysis.beats
    intervals = known_intervals(analysis)
    for place, sample in enumerate(beats.samples.tolist()):
        probabilities = beats.probabilities[place]
        order = [index for index in np.argsort(-probabilities, kind="stable") if beats.plausible[place, index]]
        kind = int(beats.classes[place])
        writer.writerow(
            (
                sample,
                f"{sample / analysis.rate:.4f}",
                names[kind],
                f"{probabilities[kind]:.4f}",
                (Verdict.CONFIDENT if beats.confident[place] else Verdict.UNCERTAIN).value,
                " ".join(names[index] for index in order),
                int(beats.families[place]) + 1 or "",
                "" if np.isnan(intervals[place]) else f"{intervals[place]:.4f}",
                int(beats.fibrillates[place]),
            )
        )
    return text.getvalue().encode()
