"""The page's scale: what the grid, the print and the pulses say of it, and what is left to assume."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from ecg.pictures.pages.corrections import NOTHING, Corrections
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
#: Likeness of a number and of a unit beside it from which on they are read as such, of each and of both together.
_GUESSED: Final = 0.53
_BOTH: Final = 1.18
#: A number is about as high as the unit beside it above its foot; where less was seen, it may be another one.
_WHOLE: Final = 0.84
#: What is stated contradicts what is found where they differ by more.
_STATED: Final = 0.05
#: A pulse's width says how long a second is where it differs by more from what its height says.
_ASKEW: Final = 0.02
#: What rows of a page show where nothing says how much it is, seconds.
_SECONDS: Final = 10.0
#: How long rows are then, mm: twice as fast, paper holds half of the time.
_PAPER: Final = _SECONDS * USUAL_SPEED
#: Of a page with so many rows, which a pulse says to be of about this length, they are: a pulse is a fiftieth as long.
#: No machine divides rows of about this length, but another one, among leads. Strips are of any length: they are if the
#: pulse can't tell the difference.
_PAGE_ROWS: Final = 3
_DIVIDED: Final = 0.08
_USUAL: Final = 0.035
_NO_OTHER: Final = 0.008


class Scale(NamedTuple):
    """What is reckoned with."""

    calibration: Calibration
    pixels_per_second: float
    pixels_per_mv: float
    warnings: tuple[Warned, ...]


class _Known(NamedTuple):
    """A speed or a gain, and what it rests on."""

    value: float
    basis: Basis


def scale_of(
    pitch: Pitch | None,
    pulses: Sequence[Pulse],
    words: Sequence[Word],
    across: float,
    stated: Corrections = NOTHING,
    *,
    rows: int = 1,
    columns: int = 1,
) -> Scale:
    """The scale of a straightened page.

    Args:
        pitch: Of its grid; None where there is none.
        pulses: Of its rows.
        words: What was read on it.
        across: How long its rows are, pixels.
        stated: What is stated of it, in pixels of the straightened page.
        rows: How many there are.
        columns: Among how many leads a row is divided.
    """
    printed_speed, printed_gain = printed(words)
    speed, speed_off = _known(stated.mm_per_second, printed_speed)
    gain, gain_off = _known(stated.mm_per_mv, printed_gain)
    pulse = _pulse(pulses)
    if stated.pixels_per_second is not None and stated.pixels_per_mv is not None:
        found = _in_pixels(stated.pixels_per_second, stated.pixels_per_mv, pulse)
    elif stated.pixels_per_mm is not None:
        off = pitch is not None and not _alike(stated.pixels_per_mm, pitch.millimetre, _STATED)
        sure = Pitch(stated.pixels_per_mm, bold=True, five=True)
        found = _by_grid(sure, Basis.STATED, speed, gain, pulse)
        found = _with(found, Warned.STATED_SCALE) if off else found
    elif pitch is not None:
        found = _by_grid(pitch, Basis.GRID, speed, gain, pulse)
    else:
        found = _without_grid(speed, gain, pulse, across, _usual(rows, columns))
    return _with(found, Warned.STATED_SCALE) if speed_off or gain_off else found


def printed(words: Sequence[Word]) -> tuple[float | None, float | None]:
    """Speed, mm a second, and gain, mm a millivolt, as a page's words say them; None where these don't."""
    return _printed(words, ("mm/s", "mm/sec"), SPEEDS), _printed(words, ("mm/mV",), GAINS)


def _known(stated: float | None, printed: float | None) -> tuple[_Known | None, bool]:
    """What is stated, else what is printed, and whether these differ."""
    if stated is not None:
        return _Known(stated, Basis.STATED), printed is not None and not _alike(stated, printed, _STATED)
    return None if printed is None else _Known(printed, Basis.PRINT), False


def _pulse(pulses: Sequence[Pulse]) -> tuple[float, float] | None:
    """Width and height of the pulses, pixels."""
    if not pulses:
        return None
    return float(np.median([pulse.width for pulse in pulses])), float(np.median([pulse.height for pulse in pulses]))


def _by_grid(
    pitch: Pitch, basis: Basis, speed: _Known | None, gain: _Known | None, pulse: tuple[float, float] | None
) -> Scale:
    millimetre = pitch.millimetre
    warnings = [] if pitch.bold else [Warned.PITCH_UNSURE]
    by_pulse = None if pulse is None else (pulse[0] / millimetre / PULSE_SECONDS, pulse[1] / millimetre)
    pulse_speed = None if by_pulse is None else _nearest(by_pulse[0], SPEEDS, _WIDTH_ALIKE)
    pulse_gain = None if by_pulse is None else _nearest(by_pulse[1], GAINS, _ALIKE)
    warnings += _contradictions(speed, pulse_speed) + _contradictions(gain, pulse_gain)
    if gain and gain.value == pulse_gain and Warned.PITCH_UNSURE in warnings:
        warnings.remove(Warned.PITCH_UNSURE)
    speed = speed or (_Known(pulse_speed, Basis.PULSE) if pulse_speed else _Known(USUAL_SPEED, Basis.ASSUMED))
    gain = gain or (_Known(pulse_gain, Basis.PULSE) if pulse_gain else _Known(USUAL_GAIN, Basis.ASSUMED))
    calibration = Calibration(millimetre, speed.value, gain.value, basis, speed.basis, gain.basis)
    return _scale(calibration, tuple(dict.fromkeys(warnings)))


def _contradictions(known: _Known | None, by_pulse: float | None) -> list[Warned]:
    if known is None or by_pulse is None or _alike(known.value, by_pulse, _STATED):
        return []
    return [Warned.STATED_SCALE if known.basis is Basis.STATED else Warned.SCALE_CONTRADICTORY]


def _without_grid(
    speed: _Known | None, gain: _Known | None, pulse: tuple[float, float] | None, across: float, near: float
) -> Scale:
    """The scale by a pulse, and by rows that are ``near`` the usual length, a share."""
    if pulse is None:
        speed, gain = speed or _Known(USUAL_SPEED, Basis.ASSUMED), gain or _Known(USUAL_GAIN, Basis.ASSUMED)
        millimetre = across / _PAPER
        calibration = Calibration(millimetre, speed.value, gain.value, Basis.ASSUMED, speed.basis, gain.basis)
        return _scale(calibration, (Warned.SCALE_UNKNOWN,))
    # The pulse says both what a millivolt and what a second is; millimetres only give it a name.
    width, height = pulse
    gain = gain or _Known(USUAL_GAIN, Basis.PULSE)
    millimetre = height / gain.value
    by_pulse = _nearest(width / PULSE_SECONDS / millimetre, SPEEDS, _WIDTH_ALIKE)
    if speed is None and by_pulse is not None:
        speed = _Known(by_pulse, Basis.PULSE)
    contradictory = speed is not None and by_pulse != speed.value
    speed = speed or _Known(USUAL_SPEED, Basis.ASSUMED)
    calibration = Calibration(millimetre, speed.value, gain.value, Basis.PULSE, speed.basis, gain.basis)
    found = _scale(calibration, (Warned.SCALE_CONTRADICTORY,) if contradictory else ())
    per_second = width / PULSE_SECONDS
    if not contradictory and not _alike(per_second, found.pixels_per_second, _ASKEW):
        # Photographed askew: a millimetre across isn't one down.
        found = found._replace(pixels_per_second=per_second)
    if not contradictory and _alike(across / found.pixels_per_second, _SECONDS, near):
        found = found._replace(pixels_per_second=across / _SECONDS)
    return found._replace(pixels_per_mv=height)


def _usual(rows: int, columns: int) -> float:
    if columns > 1:
        return _DIVIDED
    return _USUAL if rows >= _PAGE_ROWS else _NO_OTHER


def _in_pixels(per_second: float, per_mv: float, pulse: tuple[float, float] | None) -> Scale:
    """A second and a millivolt as they are stated; millimetres only give them a name."""
    millimetre = per_mv / USUAL_GAIN
    calibration = Calibration(millimetre, per_second / millimetre, USUAL_GAIN, Basis.STATED, Basis.STATED, Basis.STATED)
    off = pulse is not None and not (
        _alike(pulse[0] / PULSE_SECONDS, per_second, _WIDTH_ALIKE) and _alike(pulse[1], per_mv, _ALIKE)
    )
    return _scale(calibration, (Warned.STATED_SCALE,) if off else ())


def _scale(calibration: Calibration, warnings: tuple[Warned, ...]) -> Scale:
    millimetre = calibration.pixels_per_mm
    return Scale(
        calibration,
        calibration.mm_per_second * millimetre,
        calibration.mm_per_mv * millimetre,
        (*warnings, *_assumed(calibration)),
    )


def _with(scale: Scale, warned: Warned) -> Scale:
    return scale._replace(warnings=tuple(dict.fromkeys((*scale.warnings, warned))))


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
    texts = {str(int(value) if value.is_integer() else value): value for value in values}
    for unit in words:
        if unit.guess not in units:
            continue
        left, top, _, bottom = unit.box
        high = bottom - top
        for number in words:
            beside = -0.3 * high <= left - number.box[2] <= 1.6 * high
            level = min(bottom, number.box[3]) - max(top, number.box[1]) > 0.4 * (number.box[3] - number.box[1])
            whole = number.box[3] - number.box[1] >= round(_WHOLE * (unit.foot - top))
            if beside and level and whole and number.guess in texts and _are_read(number, unit):
                values_read.add(texts[number.guess])
    return values_read.pop() if len(values_read) == 1 else None


def _are_read(number: Word, unit: Word) -> bool:
    """Whether a number and a unit are surely these: two words that make sense together may be less like themselves."""
    if number.text and unit.text:
        return True
    likeness = (number.likeness, unit.likeness)
    return min(likeness) >= _GUESSED and sum(likeness) >= _BOTH


def _nearest(value: float, values: tuple[float, ...], alike: float) -> float | None:
    nearest = min(values, key=lambda other: abs(np.log(value / other)))
    return nearest if _alike(value, nearest, alike) else None


def _alike(one: float, other: float, share: float) -> bool:
    return bool(abs(np.log(one / other)) <= share)
