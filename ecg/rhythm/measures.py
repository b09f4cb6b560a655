"""All measures of a recording, from its beats and their kinds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ecg.rhythm.atrial_fibrillation import AtrialFibrillation, atrial_fibrillation
from ecg.rhythm.brevity import Untold, too_short_for
from ecg.rhythm.ectopy import (
    Alternation,
    Ectopy,
    VentricularTachycardia,
    alternation,
    ectopy,
    ventricular_tachycardia,
)
from ecg.rhythm.heart_rate import Episode, HeartRate, Pauses, heart_rate, pauses
from ecg.rhythm.settings import ST_IS_NOT_MEASURED, RhythmSettings
from ecg.rhythm.timeline import BeatKind, Timeline
from ecg.rhythm.variability import Variability, variability


@dataclass(frozen=True, slots=True)
class Measures:
    """What a report prints."""

    recorded_seconds: float
    """Length of the recording, gaps and unreadable seconds included."""
    analysable_seconds: float
    """Seconds in which any lead can be read, without ventricular fibrillation."""
    beats: int
    """In analysable seconds."""
    unclassified: int
    """Beats of no known kind among them."""
    paced_share: float | None
    """Percent of the classified beats."""
    heart_rate: HeartRate
    pauses: Pauses
    ventricular: Ectopy
    supraventricular: Ectopy
    ventricular_tachycardia: VentricularTachycardia
    bigeminy: Alternation
    trigeminy: Alternation
    atrial_fibrillation: AtrialFibrillation
    ventricular_fibrillation: tuple[Episode, ...]
    variability: Variability
    settings: RhythmSettings
    """The definitions of all this."""
    too_short: tuple[Untold, ...] = ()
    """What the recording is too short to say: such numbers are None, and that nothing was found means nothing."""
    st: str = ST_IS_NOT_MEASURED

    def document(self) -> dict[str, Any]:
        """The same as plain values, for JSON; seconds and beats a minute as they are."""
        return asdict(self)


def measures(timeline: Timeline, settings: RhythmSettings | None = None) -> Measures:
    """Measure a recording."""
    settings = settings or RhythmSettings()
    rhythm = timeline.rhythmic()
    seconds = len(timeline.readable)
    analysable = int(timeline.analysable.sum())
    too_short = too_short_for(analysable, settings)
    fibrillation = atrial_fibrillation(rhythm, timeline.analysable, settings)
    if Untold.ATRIAL_FIBRILLATION in too_short:
        fibrillation = replace(fibrillation, burden=None)
    hours = None if Untold.HOURLY_RATES in too_short else analysable / 3600
    ventricular, supraventricular = (
        ectopy(rhythm, kind, settings, hours) for kind in (BeatKind.VENTRICULAR, BeatKind.SUPRAVENTRICULAR)
    )
    deviations = variability(rhythm, fibrillation.during(seconds), settings)
    if Untold.VARIABILITY in too_short:
        deviations = deviations.counted()
    unknown = int(rhythm.of(BeatKind.UNKNOWN).sum())
    classified = len(rhythm.samples) - unknown
    return Measures(
        recorded_seconds=float(seconds),
        analysable_seconds=float(analysable),
        beats=len(rhythm.samples),
        unclassified=unknown,
        paced_share=100 * int(rhythm.of(BeatKind.PACED).sum()) / classified if classified else None,
        heart_rate=heart_rate(rhythm, settings, seconds),
        pauses=pauses(rhythm, settings),
        ventricular=ventricular,
        supraventricular=supraventricular,
        ventricular_tachycardia=ventricular_tachycardia(ventricular, settings),
        bigeminy=alternation(rhythm, 1, settings),
        trigeminy=alternation(rhythm, 2, settings),
        atrial_fibrillation=fibrillation,
        ventricular_fibrillation=tuple(
            Episode(float(begin), float(end)) for begin, end in np.asarray(timeline.ventricular_fibrillation)
        ),
        variability=deviations,
        settings=settings,
        too_short=too_short,
    )
