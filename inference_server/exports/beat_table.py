"""Every beat as a line of CSV."""

from __future__ import annotations

import csv
import io
from typing import Final

import numpy as np

from inference_server.classification import Verdict
from inference_server.classification.recordings import RecordingAnalysis
from inference_server.exports.corrections import Corrections
from inference_server.exports.counting import known_intervals

COLUMNS: Final = ("sample", "time_s", "class", "probability", "verdict", "plausible", "family", "interval_s", "wave")
"""``sample`` and ``time_s`` of the R peak from the recording's start; the most probable ``class`` and its
``probability``; ``CONFIDENT`` or ``UNCERTAIN``; the ``plausible`` classes, the most probable first, with spaces between
them; the number of the ``family``, 1 being the largest; ``interval_s`` since the beat before, empty where that isn't
known (first beat, gaps, unreadable seconds); ``wave`` is 1 in ventricular fibrillation, where it counts as no beat.
"""

CORRECTED_COLUMNS: Final = ("model_class", "model_probability", "judged")
"""Beside corrections: the class and probability that the model gave, and 1 where a person gave the beat its class; its
``verdict`` is ``JUDGED`` then.
"""

JUDGED: Final = "JUDGED"


def beat_table(analysis: RecordingAnalysis, corrections: Corrections | None = None) -> bytes:
    """A line of :data:`COLUMNS` for each beat, in UTF-8; beside corrections with :data:`CORRECTED_COLUMNS`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS if corrections is None else COLUMNS + CORRECTED_COLUMNS)
    names = [kind.short for kind in analysis.model.classes]
    beats = analysis.beats
    intervals = known_intervals(analysis)
    for place, sample in enumerate(beats.samples.tolist()):
        probabilities = beats.probabilities[place]
        order = [index for index in np.argsort(-probabilities, kind="stable") if beats.plausible[place, index]]
        kind = int(beats.classes[place])
        verdict = (Verdict.CONFIDENT if beats.confident[place] else Verdict.UNCERTAIN).value
        more = () if corrections is None else _of_the_model(corrections, place)
        writer.writerow(
            (
                sample,
                f"{sample / analysis.rate:.4f}",
                names[kind],
                f"{probabilities[kind]:.4f}",
                JUDGED if corrections is not None and corrections.judged[place] else verdict,
                " ".join(names[index] for index in order),
                int(beats.families[place]) + 1 or "",
                "" if np.isnan(intervals[place]) else f"{intervals[place]:.4f}",
                int(beats.fibrillates[place]),
                *more,
            )
        )
    return text.getvalue().encode()


def _of_the_model(corrections: Corrections, place: int) -> tuple[object, ...]:
    """:data:`CORRECTED_COLUMNS` of a beat."""
    said, at = corrections.said, corrections.places[place]
    kind = int(said.beats.classes[at])
    probability = f"{said.beats.probabilities[at, kind]:.4f}"
    return said.model.classes[kind].short, probability, int(corrections.judged[place])
