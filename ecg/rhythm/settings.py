"""What the measures mean, as numbers: every definition that a report prints beside them."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class RhythmSettings:
    """Definitions of all measures. Seconds, beats a minute and shares; :meth:`lines` prints them."""

    rate_intervals: int = 8
    """RR intervals of which a heart rate is the mean (sliding)."""
    tachycardia_rate: float = 100.0
    """Beats a minute above which it is tachycardia."""
    bradycardia_rate: float = 50.0
    """Beats a minute below which it is bradycardia."""
    rate_episode_seconds: float = 30.0
    """How long tachycardia and bradycardia last at least."""
    pauses_seconds: tuple[float, ...] = (2.0, 2.5, 3.0)
    """RR intervals from which on pauses are counted; never across gaps or unreadable seconds."""
    run_beats: int = 3
    """Ectopic beats in a row that are a run; two are a couplet."""
    long_run_beats: int = 6
    """Ectopic beats in a row from which a run is long."""
    ventricular_run_rate: float = 100.0
    """Beats a minute above which a ventricular run is ventricular tachycardia."""
    sustained_seconds: float = 30.0
    """How long ventricular tachycardia lasts to be sustained."""
    alternation_cycles: int = 3
    """Cycles in a row that make bigeminy (normal, ventricular) and trigeminy (two normal, one ventricular)."""
    fibrillation_seconds: float = 30.0
    """How long an episode of atrial fibrillation lasts at least."""
    fibrillation_window_seconds: float = 30.0
    """Windows in which irregularity is looked for."""
    variability_segment_seconds: float = 300.0
    """Segments whose mean intervals SDANN is the deviation of; half of a segment must be NN intervals."""
    variability_step_ms: float = 50.0
    """Difference of successive NN intervals that pNN50 counts, milliseconds."""
    variability_seconds: float = 300.0
    """How much of a recording must be analysable for SDNN, RMSSD and pNN50: a short-term recording of the Task
    Force (1996)."""
    hourly_seconds: float = 900.0
    """How much must be analysable for beats an hour: less would be multiplied by more than four."""

    def lines(self) -> dict[str, object]:
        """Each definition under its name, in order."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


ST_IS_NOT_MEASURED = (
    "ST is not measured: what a recorder's high-pass filter and the position of the electrodes do to it can't be told"
    " from the recording, and both move it by more than what would matter."
)
"""Said on every report."""
