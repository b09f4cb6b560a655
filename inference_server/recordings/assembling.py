"""What the segments of a recording say together: families, episodes, measures."""

from __future__ import annotations

from collections.abc import Iterable

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
from inference_server.recordings.digest import Digest, joined


def rhythm_of(
    digests: Iterable[Digest],
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
    said, gathering = joined(digests)
    seconds = seconds_of(samples, rate)
    stretches = ventricular_fibrillation(said["odds"][:seconds])
    timeline = Timeline(
        said["samples"],
        kinds_of(classes).astype("S1")[said["classes"]],
        said["readable"][:seconds],
        stretches,
        said["odd"],
        said["atrial"],
    )
    measured, fibrillating = measures(timeline, settings), _places_inside(timeline.samples, stretches)
    del said, timeline  # before families, which take as much
    return RecordingRhythm(
        families=gathering.finish().families,
        fibrillating=fibrillating,
        episodes=episodes_of(measured),
        measures=measured,
    )


def _places_inside(samples: NDArray[np.integer], stretches: Stretches) -> NDArray[np.int64]:
    """``[m, 2]``: which beats, from and to before, lie in each of ``stretches``, whole seconds."""
    places: NDArray[np.int64] = np.searchsorted(samples, (stretches * SAMPLING_RATE).astype(samples.dtype))
    return places[places[:, 1] > places[:, 0]]
