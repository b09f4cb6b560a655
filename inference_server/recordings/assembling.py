"""What the segments of a recording say together: families, episodes, measures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.rhythm.measures import measures
from ecg.rhythm.settings import RhythmSettings
from ecg.rhythm.stretches import Stretches
from ecg.rhythm.timeline import Timeline
from ecg.rhythm.ventricular_fibrillation import ventricular_fibrillation
from inference_server.classification import BeatClass
from inference_server.classification.measuring import kinds_of
from inference_server.classification.recordings import RecordingRhythm, episodes_of, seconds_of
from inference_server.recordings.digest import Digest, folded


def rhythm_of(
    digests: list[Digest],
    classes: tuple[BeatClass, ...],
    *,
    rate: float,
    samples: int,
    settings: RhythmSettings | None = None,
) -> RecordingRhythm:
    """What all segments say together.

    Args:
        digests: Of the whole recording, in order of time; at least one.
        classes: Of the model.
        rate: Of the recording.
        samples: Length of the recording.
        settings: Definitions of the measures.
    """
    digest, gathering = folded(digests)
    seconds = seconds_of(samples, rate)
    stretches = ventricular_fibrillation(digest.odds[:seconds])
    working = digest.samples.astype(np.int64)
    timeline = Timeline(
        working, kinds_of(classes)[digest.classes], digest.readable[:seconds], stretches, digest.odd, digest.atrial
    )
    measured = measures(timeline, settings)
    return RecordingRhythm(
        families=gathering.finish().families,
        fibrillating=_places_inside(working, stretches),
        episodes=episodes_of(measured),
        measures=measured,
    )


def _places_inside(samples: NDArray[np.int64], stretches: Stretches) -> NDArray[np.int64]:
    """``[m, 2]``: which beats, from and to before, lie in each of ``stretches``, whole seconds."""
    places: NDArray[np.int64] = np.searchsorted(samples, np.asarray(stretches, np.int64) * SAMPLING_RATE)
    return places[places[:, 1] > places[:, 0]]
