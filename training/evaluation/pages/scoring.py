"""One drawn page and what was read of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.ec57.pairing import NONE, pair
from ecg.leads import STANDARD
from ecg.peaks.stream import all_peaks
from ecg.pictures.pages.recording import recording_of
from ecg.pictures.pages.result import Calibration, Lead, PageReading, Warned
from ecg.pictures.pages.scale import USUAL_GAIN, USUAL_SPEED
from ecg.recording import Recording
from training.evaluation.pages.signals import Aligned, aligned, at_rate, height_ratios
from training.pages.arrangements import CABRERA
from training.pages.folder import on_one_axis
from training.pages.truth import LeadTruth, PageTruth

RATE: Final = 500.0
"""At which leads are compared, samples a second."""

_PEAK: Final = 0.020
"""R peaks belong together within so many seconds."""
_BEAT: Final = 0.150
"""Beats belong together within so many seconds (ANSI/AAMI EC57)."""

#: A scale that is further off is wrong. In a photograph millimetres differ from place to place, and the middle of the
#: page isn't that of the picture, so that there a millimetre's pixels may differ by more. Without a grid, millimetres
#: only give a second and a millivolt a name.
_WRONG: Final = 0.05
_WRONG_MILLIMETRE: Final = 0.15

_PHOTOGRAPHED: Final = ("photograph", "monitor")
_OF_SCALE: Final = frozenset({
    Warned.SPEED_ASSUMED,
    Warned.GAIN_ASSUMED,
    Warned.SCALE_UNKNOWN,
    Warned.PITCH_UNSURE,
    Warned.SCALE_CONTRADICTORY,
})  # fmt: skip

Beats = tuple[NDArray[np.int64], NDArray[np.int64]]
"""R peaks in samples, and the class of each."""
Classify = Callable[[Recording], Beats]


@dataclass(frozen=True, slots=True)
class PageScore:
    """How well a page was read. Nothing is left out: a page that was refused has no signal, no peaks, no names."""

    read: bool
    snr: float
    """Mean over the page's leads, dB."""
    amplitude_error: float
    """How far the median height of beats is from the drawn one, as a share of it; ``nan`` where none was read."""
    layout_right: bool
    names_right: bool
    """Every lead that was drawn stands in its place by its name, and no other; recorders' own names needn't be read."""
    scale_wrong: bool
    """Speed, gain or millimetre is further off than 5 %."""
    warned: bool
    """It is said that the scale may be wrong, or nothing was read."""
    scale_told: bool
    """The picture says what a second and a millivolt are: by a pulse, or by a grid whose scale is printed or usual."""
    peaks_drawn: int = 0
    peaks_read: int = 0
    peaks_right: int = 0
    beats: int = 0
    """Beats of the drawn signal that have a partner in what was read."""
    beats_alike: int = 0
    """Of these, those with the same class."""


def score(truth: PageTruth, reading: PageReading, classify: Classify | None = None) -> PageScore:
    """Compare what was read of a page with what was drawn.

    R peaks of both are found by the same detector in all leads together, and brought to one axis of time by the median
    shift of the page's leads: a picture doesn't say when it begins.

    Args:
        classify: Finds and classifies beats; without, classes aren't compared.
    """
    partners = _partners(truth, reading)
    pairs = [_compared(drawn, lead) for drawn, lead in partners]
    drawn = _drawn_recording(truth)
    peaks = all_peaks(drawn)
    ratios = [_ratios(lead, pair_, peaks / drawn.rate) for (lead, _), pair_ in zip(partners, pairs, strict=True)]
    heights = np.concatenate([np.empty(0), *ratios])
    score = PageScore(
        read=bool(reading.leads),
        snr=float(np.mean([pair_.snr for pair_ in pairs])),
        amplitude_error=float(abs(np.median(heights) - 1)) if len(heights) else float("nan"),
        layout_right=reading.layout == truth.layout,
        names_right=_names(truth.leads) == _names(reading.leads),
        scale_wrong=bool(reading.leads) and _scale_is_wrong(truth, reading.calibration),
        warned=not reading.leads or bool(_OF_SCALE & set(reading.warnings)),
        scale_told=_tells_scale(truth),
        peaks_drawn=len(peaks),
    )
    if not reading.leads:
        return score
    shift = _page_shift(partners, pairs)
    return _with_beats(score, drawn, peaks, recording_of(reading), shift, classify)


def _page_shift(partners: Sequence[tuple[LeadTruth, Lead | None]], pairs: Sequence[Aligned]) -> float:
    """By how many seconds what was read of a page comes too late: a lead that begins later isn't late for that."""
    shifts = [
        read.begin - drawn.begin + pair_.shift / RATE
        for (drawn, read), pair_ in zip(partners, pairs, strict=True)
        if read is not None
    ]
    return float(np.median(shifts)) if shifts else 0.0


def _with_beats(
    score: PageScore,
    drawn: Recording,
    peaks: NDArray[np.int64],
    read: Recording,
    shift: float,
    classify: Classify | None,
) -> PageScore:
    theirs = _moved(all_peaks(read), read.rate, shift, drawn.rate)
    right = pair(peaks, theirs, round(_PEAK * drawn.rate))
    score = replace(score, peaks_read=len(theirs), peaks_right=int((right != NONE).all(axis=1).sum()))
    if classify is None:
        return score
    places, kinds = classify(drawn)
    read_places, read_kinds = classify(read)
    both = pair(places, _moved(read_places, read.rate, shift, drawn.rate), round(_BEAT * drawn.rate))
    both = both[(both != NONE).all(axis=1)]
    alike = int((kinds[both[:, 0]] == read_kinds[both[:, 1]]).sum())
    return replace(score, beats=len(both), beats_alike=alike)


def _moved(places: NDArray[np.int64], rate: float, shift: float, wanted: float) -> NDArray[np.int64]:
    """Samples at ``rate``, ``shift`` seconds too late, as samples at the rate ``wanted``."""
    return np.rint((places / rate - shift) * wanted).astype(np.int64)


def _partners(truth: PageTruth, reading: PageReading) -> list[tuple[LeadTruth, Lead | None]]:
    """Each drawn lead with what was read in its place: by row and column, else by its name."""
    places = {(lead.row, lead.column): lead for lead in reading.leads}
    if reading.layout == truth.layout:
        return [(lead, places.get((lead.row, lead.column))) for lead in truth.leads]
    names = {lead.name: lead for lead in reading.leads}
    return [(lead, names.get(lead.name)) for lead in truth.leads]


def _compared(drawn: LeadTruth, read: Lead | None) -> Aligned:
    wanted = at_rate(drawn.millivolts, drawn.rate, RATE)
    samples = np.empty(0) if read is None else at_rate(read.millivolts, read.rate, RATE)
    return aligned(wanted, samples, RATE)


def _ratios(lead: LeadTruth, compared: Aligned, peaks: NDArray[np.floating]) -> NDArray[np.float64]:
    """Of the beats at ``peaks``, seconds of the page, that stand in this lead."""
    own = np.rint((peaks - lead.begin) * RATE).astype(np.int64)
    return height_ratios(compared, own[(own >= 0) & (own < len(compared.drawn))], RATE)


def _names(leads: tuple[LeadTruth, ...] | tuple[Lead, ...]) -> list[str]:
    """In reading order; empty where it is none of the standard ones, as recorders' own names are."""
    standard = {*STANDARD, *CABRERA}
    return [
        name if name in standard else "" for _, _, name in sorted((lead.row, lead.column, lead.name) for lead in leads)
    ]


def _scale_is_wrong(truth: PageTruth, calibration: Calibration | None) -> bool:
    if calibration is None:
        return True
    known = truth.calibration
    millimetre = calibration.pixels_per_mm / known.pixels_per_mm
    speed, gain = calibration.mm_per_second / known.mm_per_second, calibration.mm_per_mv / known.mm_per_mv
    if truth.medium not in _PHOTOGRAPHED:
        return max(abs(millimetre * speed - 1), abs(millimetre * gain - 1)) > _WRONG
    if known.grid:
        return abs(millimetre - 1) > _WRONG_MILLIMETRE or max(abs(speed - 1), abs(gain - 1)) > _WRONG
    return max(abs(millimetre * speed - 1), abs(millimetre * gain - 1)) > _WRONG_MILLIMETRE


def _tells_scale(truth: PageTruth) -> bool:
    known = truth.calibration
    usual = (known.mm_per_second, known.mm_per_mv) == (USUAL_SPEED, USUAL_GAIN)
    return known.pulse or (known.grid and (known.printed or usual))


def _drawn_recording(truth: PageTruth) -> Recording:
    leads = on_one_axis(truth.leads)
    return Recording.of_array(np.stack(list(leads.values())), leads=tuple(leads), rate=truth.leads[0].rate)
