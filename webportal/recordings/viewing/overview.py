"""The whole recording at a glance: heart rate, ectopic beats and quality, in at most so many stretches.

Little-endian::

    4 s     "BLO1"
    u32     stretches
    f64     seconds of each
    f32[n]  mean heart rate, beats a minute; not a number where none is known
    f32[n]  least, f32[n] greatest: means of eight intervals, as in the measures
    u16[n]  beats, u16[n] ventricular ones, u16[n] supraventricular ones, as the measures count them
    u8[n]   seconds in which any lead can be read, of 255
    u8[n]   seconds that were recorded, of 255
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

import numpy as np
from ecg.classes import PAC, PVC
from ecg.faults import Fault
from inference_server.classification.recordings import RecordingAnalysis
from inference_server.exports.counting import counted, known_intervals, readable_seconds
from numpy.typing import NDArray

STRETCHES: Final = 1440
"""At most; a minute each in a day."""
_LEAST_SECONDS: Final = 5
_VENTRICULAR, _SUPRAVENTRICULAR = PVC.short, PAC.short

_HEADER: Final = struct.Struct("<4sId")

Numbers = NDArray[np.float64]


def overview(analysis: RecordingAnalysis) -> bytes:
    """The recording at a glance, see above."""
    seconds = analysis.faults.shape[1]
    width = max(_LEAST_SECONDS, -(-seconds // STRETCHES))
    stretches = max(1, -(-seconds // width))
    stretch_of_second = np.arange(seconds) // width
    length = np.maximum(1, np.bincount(stretch_of_second, minlength=stretches))
    recorded = ((analysis.faults & int(Fault.MISSING)) == 0).any(axis=0)
    times = analysis.beats.samples / analysis.rate
    places = np.minimum((times // width).astype(np.int64), stretches - 1)
    kept, shown = counted(analysis), analysis.beats.classes

    def count(chosen: NDArray[np.bool_]) -> bytes:
        return np.minimum(np.bincount(places[chosen], minlength=stretches), 65_535).astype("<u2").tobytes()

    def share(seconds_: NDArray[np.bool_]) -> bytes:
        part = np.bincount(stretch_of_second[seconds_], minlength=stretches) / length
        return np.rint(255 * part).astype(np.uint8).tobytes()

    names = [kind.short for kind in analysis.model.classes]
    ectopic = [
        kept & (shown == (names.index(one) if one in names else -1)) for one in (_VENTRICULAR, _SUPRAVENTRICULAR)
    ]
    return b"".join(
        (
            _HEADER.pack(b"BLO1", stretches, float(width)),
            *(rate.astype("<f4").tobytes() for rate in _rates(analysis, places, stretches)),
            *(count(chosen) for chosen in (kept, *ectopic)),
            share(readable_seconds(analysis)),
            share(recorded),
        )
    )


def _rates(analysis: RecordingAnalysis, places: NDArray[np.int64], stretches: int) -> tuple[Numbers, Numbers, Numbers]:
    """Mean, least and greatest heart rate of each stretch; ``nan`` where none is known."""
    intervals = known_intervals(analysis)
    known = np.isfinite(intervals)
    total = np.bincount(places[known], intervals[known], minlength=stretches)
    number = np.bincount(places[known], minlength=stretches)
    mean = np.full(stretches, np.nan)
    mean[number > 0] = 60 * number[number > 0] / total[number > 0]
    count = analysis.measures.settings.rate_intervals
    if len(intervals) <= count:
        return mean, mean.copy(), mean.copy()
    sums = np.lib.stride_tricks.sliding_window_view(intervals[1:], count).sum(axis=1)
    whole = np.isfinite(sums)
    rates, begins = 60 * count / sums[whole], places[: len(sums)][whole]
    return mean, _extreme(np.fmin.at, rates, begins, stretches), _extreme(np.fmax.at, rates, begins, stretches)


def _extreme(put: Callable[..., None], rates: Numbers, places: NDArray[np.int64], stretches: int) -> Numbers:
    result = np.full(stretches, np.nan)
    put(result, places, rates)
    return result
