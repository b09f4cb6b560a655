"""The page's scale: what the grid, the print and the pulses say of it, and what is left to assume."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from ecg.pictures.pages.millimetre import Pitch
from ecg.pictures.pages.pulses import PULSE_SECONDS, Pulse
from ecg.pictures.pages.result import Basis, Calibration, Warned
from ecg.pictures.pages.words import Word

SPEEDS: Final = (12.5, 25.0, 50.0, 100.0)
"""Paper speeds of machines, mm a second."""
GAINS: Final = (2.5, 5.0, 10.0, 20.0)
"""Gains of machines, mm a millivolt."""
USUAL_SPEED: Final = 25.0
USUAL_GAIN: Final = 10.0
#: A pulse is that of a gain, or speed, if it differs by no more than this share.
_ALIKE: Final = 0.13
#: A side of a pulse is less sharp than its height: its width differs by more.
_WIDTH_ALIKE: Final = 0.2
#: What rows of a page show where nothing says how much it is, seconds.
_SECONDS: Final = 10.0


class Scale(NamedTuple):
    """What is reckoned with."""

    calibration: Calibration
    pixels_per_second: float
    pixels_per_mv: float
    warnings: tuple[Warned, ...]


def scale_of(pitch: Pitch | None, pulses: Sequence[Pulse], words: Sequence[Word], across: float) -> Scale:
    """The scale of a straightened page.

    Args:
        pitch: Of its grid; None where there is none.
        pulses: Of its rows.
        words: What was read on it.
        across: How long its rows are, pixels.
    """
    speed, gain = _printed(words, ("mm/s", "mm/sec"), SPEEDS), _printed(words, ("mm/mV",), GAINS)
    height = float(np.median([pulse.height for pulse in pulses])) if pulses else None
    width = float(np.median([pulse.width for pulse in pulses])) if pulses else None
    if pitch is None:
        return _without_grid(speed, gain, height, width, across)
    millimetre = pitch.millimetre
    warnings = [] if pitch.bold else [Warned.PITCH_UNSURE]
    pulse_gain = _nearest(height / millimetre, GAINS, _ALIKE) if height is not None else None
    pulse_speed = _nearest(width / millimetre / PULSE_SECONDS, SPEEDS, _WIDTH_ALIKE) if width is not None else None
    gain_basis, speed_basis = Basis.PRINT, Basis.PRINT
    if (gain and pulse_gain and gain != pulse_gain) or (speed and pulse_speed and speed != pulse_speed):
        warnings.append(Warned.SCALE_CONTRADICTORY)
    if gain and gain == pulse_gain and Warned.PITCH_UNSURE in warnings:
        warnings.remove(Warned.PITCH_UNSURE)
    if gain is None:
        gain, gain_basis = (pulse_gain, Basis.PULSE) if pulse_gain else (USUAL_GAIN, Basis.ASSUMED)
    if speed is None:
        speed, speed_basis = (pulse_speed, Basis.PULSE) if pulse_speed else (USUAL_SPEED, Basis.ASSUMED)
    calibration = Calibration(millimetre, speed, gain, Basis.GRID, speed_basis, gain_basis)
    return Scale(calibration, speed * millimetre, gain * millimetre, (*warnings, *_assumed(calibration)))


def _without_grid(
    speed: float | None, gain: float | None, height: float | None, width: float | None, across: float
) -> Scale:
    speed_basis = Basis.PRINT if speed else Basis.ASSUMED
    gain_basis = Basis.PRINT if gain else Basis.ASSUMED
    gain = gain or USUAL_GAIN
    if height is None or width is None:
        speed = speed or USUAL_SPEED
        millimetre = across / (_SECONDS * speed)
        calibration = Calibration(millimetre, speed, gain, Basis.ASSUMED, speed_basis, gain_basis)
        warnings = (Warned.SCALE_UNKNOWN, *_assumed(calibration))
        return Scale(calibration, speed * millimetre, gain * millimetre, warnings)
    # The pulse says both what a millivolt and what a second is; millimetres only give it a name.
    millimetre = height / gain
    by_pulse = _nearest(width / PULSE_SECONDS / millimetre, SPEEDS, _WIDTH_ALIKE)
    if speed is None and by_pulse is not None:
        speed, speed_basis = by_pulse, Basis.PULSE
    contradictory = speed is not None and by_pulse != speed
    speed = speed or USUAL_SPEED
    gain_basis = Basis.PULSE if gain_basis is Basis.ASSUMED else gain_basis
    calibration = Calibration(millimetre, speed, gain, Basis.PULSE, speed_basis, gain_basis)
    warnings = ((Warned.SCALE_CONTRADICTORY,) if contradictory else ()) + _assumed(calibration)
    return Scale(calibration, speed * millimetre, height, warnings)


def _assumed(calibration: Calibration) -> tuple[Warned, ...]:
    warned = []
    if calibration.speed is Basis.ASSUMED:
        warned.append(Warned.SPEED_ASSUMED)
    if calibration.gain is Basis.ASSUMED:
        warned.append(Warned.GAIN_ASSUMED)
    return tuple(warned)


def _printed(words: Sequence[Word], units: tuple[str, ...], values: tuple[float, ...]) -> float | None:
    """The number before a unit; None where there is none, or several that differ."""
    values_read = set()
    for unit in words:
        if unit.text not in units:
            continue
        left, top, _, bottom = unit.box
        high = bottom - top
        for number in words:
            beside = -0.3 * high <= left - number.box[2] <= 1.6 * high
            level = min(bottom, number.box[3]) - max(top, number.box[1]) > 0.4 * (number.box[3] - number.box[1])
            if beside and level and number.text and number.text[0].isdigit() and float(number.text) in values:
                values_read.add(float(number.text))
    return values_read.pop() if len(values_read) == 1 else None


def _nearest(value: float, values: tuple[float, ...], alike: float) -> float | None:
    nearest = min(values, key=lambda other: abs(np.log(value / other)))
    return nearest if abs(np.log(value / nearest)) <= alike else None
