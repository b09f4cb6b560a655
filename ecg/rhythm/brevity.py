"""What a recording is too short to say, by the definitions of the measures."""

from __future__ import annotations

from enum import StrEnum

from ecg.rhythm.settings import RhythmSettings


class Untold(StrEnum):
    """Measures that need some length."""

    HOURLY_RATES = "HOURLY_RATES"
    """Ectopic beats an hour."""
    VARIABILITY = "VARIABILITY"
    """Deviations of NN intervals and of their differences."""
    RATE_EPISODES = "RATE_EPISODES"
    """Tachycardia and bradycardia, which last."""
    SUSTAINED_TACHYCARDIA = "SUSTAINED_TACHYCARDIA"
    """Whether ventricular tachycardia is sustained."""
    ATRIAL_FIBRILLATION = "ATRIAL_FIBRILLATION"
    """Its episodes, and their share of the time."""


def too_short_for(analysable: float, settings: RhythmSettings) -> tuple[Untold, ...]:
    """What ``analysable`` seconds can't say. Of what lasts from beat to beat, they must hold more than it lasts."""
    is_untold = {
        Untold.HOURLY_RATES: analysable < settings.hourly_seconds,
        Untold.VARIABILITY: analysable < settings.variability_seconds,
        Untold.RATE_EPISODES: analysable <= settings.rate_episode_seconds,
        Untold.SUSTAINED_TACHYCARDIA: analysable <= settings.sustained_seconds,
        Untold.ATRIAL_FIBRILLATION: analysable < settings.fibrillation_seconds,
    }
    return tuple(measure for measure, untold in is_untold.items() if untold)
