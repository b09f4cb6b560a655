"""The measures of a recording whose beats were given other classes: everything else stays as it was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.faults import UNREADABLE
from ecg.rhythm.measures import measures
from ecg.rhythm.timeline import BeatKind, Timeline
from inference_server.classification import BeatClass
from inference_server.classification.recordings import RecordingAnalysis, episodes_of

_KINDS: Final = {
    "NORMAL": BeatKind.NORMAL,
    "LBBB": BeatKind.NORMAL,
    "RBBB": BeatKind.NORMAL,
    "PAC": BeatKind.SUPRAVENTRICULAR,
    "PVC": BeatKind.VENTRICULAR,
    "PACED": BeatKind.PACED,
}
"""What measures call each class; others are unknown to them."""


def kinds_of(classes: Sequence[BeatClass]) -> NDArray[np.str_]:
    """What measures call the classes of a model: :class:`ecg.rhythm.timeline.BeatKind` of each, ``[C]``."""
    return np.array([_KINDS.get(kind.short, BeatKind.UNKNOWN).value for kind in classes])


def measured(analysis: RecordingAnalysis) -> RecordingAnalysis:
    """The same analysis with the measures and episodes of its beats as they are classified in it.

    Of an analysis that nobody changed they are what the server said, to the last bit, where it said all that is needed
    (:attr:`RecordingAnalysis.atrial`, :attr:`RecordingBeats.peaks`). Where ventricles flutter or fibrillate hangs on
    no class, and stays.
    """
    beats, said = analysis.beats, analysis.measures
    fibrillation = [(int(episode.begin), int(episode.end)) for episode in said.ventricular_fibrillation]
    timeline = Timeline(
        samples=beats.peaks,
        kinds=kinds_of(analysis.model.classes)[beats.classes],
        readable=((analysis.faults & int(UNREADABLE)) == 0).any(axis=0),
        ventricular_fibrillation=np.array(fibrillation, np.int64).reshape(-1, 2),
        odd=beats.odd,
        atrial=analysis.atrial,
    )
    again = measures(timeline, said.settings)
    return replace(analysis, measures=again, episodes=episodes_of(again))
