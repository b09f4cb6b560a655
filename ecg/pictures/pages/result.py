"""What is read of a picture: what kind it is, its scale, and its leads in millivolts and seconds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.leads import STANDARD

RATE: Final = 500.0
"""Samples a second of every lead that is read."""
PLACES: Final = 2
"""Of so many samples, one has its place in the picture."""
LEAST_SECONDS: Final = 1.4
"""Less is one beat, and no strip."""
BRIDGED: Final = 0.06
"""An interruption of a line that is no longer is drawn over, seconds: a crossing letter, a faint spot."""

#: Two readings have the same millimetre if it differs by no more than this share.
_SAME_MILLIMETRE: Final = 0.02


class Kind(StrEnum):
    """What a picture shows."""

    BEAT = "beat"
    """One beat, which is classified as it is and not digitised."""
    STRIP = "strip"
    """One row."""
    PAGE = "page"
    """Several rows."""
    NONE = "none"
    """No electrocardiogram that can be read; the reason says why."""


class Reason(StrEnum):
    """Stable codes: why nothing is read of a picture."""

    BLANK = "PAGE_BLANK"
    """Nothing is drawn."""
    NO_TRACE = "PAGE_NO_TRACE"
    """Something is drawn, but no line that goes on from left to right."""
    NO_ECG = "PAGE_NO_ECG"
    """There are lines, but neither they nor the words and the paper around them are an ECG's: a chart, a drawing."""
    TOO_SMALL = "PAGE_TOO_SMALL"
    """The picture has too few pixels for a strip."""


class Warned(StrEnum):
    """Stable codes: what a reader should know before believing what is measured."""

    SPEED_ASSUMED = "PAGE_SPEED_ASSUMED"
    GAIN_ASSUMED = "PAGE_GAIN_ASSUMED"
    SCALE_UNKNOWN = "PAGE_SCALE_UNKNOWN"
    PITCH_UNSURE = "PAGE_PITCH_UNSURE"
    SCALE_CONTRADICTORY = "PAGE_SCALE_CONTRADICTORY"
    NAMES_ASSUMED = "PAGE_NAMES_ASSUMED"
    NAME_UNKNOWN = "PAGE_NAME_UNKNOWN"
    TRACES_TOUCH = "PAGE_TRACES_TOUCH"
    STATED_SCALE = "PAGE_STATED_SCALE"
    STATED_LAYOUT = "PAGE_STATED_LAYOUT"
    STATED_NAMES = "PAGE_STATED_NAMES"
    STATED_TURN = "PAGE_STATED_TURN"


MESSAGES: Final = {
    Warned.SPEED_ASSUMED: "The paper speed is neither printed nor shown by a pulse; 25 mm/s was assumed.",
    Warned.GAIN_ASSUMED: "The gain is neither printed nor shown by a pulse; 10 mm/mV was assumed.",
    Warned.SCALE_UNKNOWN: "There is no grid and no pulse: times and voltages are a guess by the picture's size.",
    Warned.PITCH_UNSURE: "The grid has lines of one kind only; how far apart they are on paper was assumed.",
    Warned.SCALE_CONTRADICTORY: "Grid, pulse and print contradict each other; what is printed was taken.",
    Warned.NAMES_ASSUMED: "No names of leads were read; those of the layout's usual order were assumed.",
    Warned.NAME_UNKNOWN: "The names of some leads could not be read.",
    Warned.TRACES_TOUCH: "Traces touch or cross; where they do, one may have been taken for the other.",
    Warned.STATED_SCALE: "The stated scale contradicts the grid, the pulse or the print; what was stated was taken.",
    Warned.STATED_LAYOUT: "The stated layout contradicts the rows or names that were found; what was stated was taken.",
    Warned.STATED_NAMES: "Stated names of leads contradict those that were read, or stand where there is no lead.",
    Warned.STATED_TURN: "The words on the page say that it is turned otherwise than stated; what was stated was taken.",
}
"""A sentence for each."""


REFUSALS: Final = {
    Reason.BLANK: "Nothing is drawn in the picture.",
    Reason.NO_TRACE: "The picture shows no line that goes on from left to right.",
    Reason.NO_ECG: "The picture has lines, but they are not those of an ECG that can be read.",
    Reason.TOO_SMALL: "The picture has too few pixels for a strip.",
}
"""A sentence for each reason."""


class Basis(StrEnum):
    """What a part of the scale rests on."""

    GRID = "grid"
    PRINT = "print"
    PULSE = "pulse"
    ASSUMED = "assumed"
    STATED = "stated"
    """What a person said."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The page's scale and what it rests on."""

    pixels_per_mm: float
    """In the middle of the picture."""
    mm_per_second: float
    mm_per_mv: float
    millimetre: Basis
    """What the millimetre rests on: the grid, a pulse, what was stated, or nothing."""
    speed: Basis
    gain: Basis

    @property
    def assumed(self) -> bool:
        """Whether any of it is assumed."""
        return Basis.ASSUMED in (self.millimetre, self.speed, self.gain)

    @property
    def printed(self) -> int:
        """How many of speed and gain are printed."""
        return (self.speed, self.gain).count(Basis.PRINT)


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead, or a stretch of one, where it stands on the page. A lead that stands there twice has two."""

    name: str
    """``II``; empty where it could not be read."""
    name_read: bool
    """Whether the name was read there or stated, not concluded from the layout."""
    row: int
    column: int
    begin: float
    """Seconds from the page's first moment."""
    rate: float
    """Samples a second."""
    millivolts: NDArray[np.float32]
    """``[n]``; ``nan`` where nothing could be read."""
    trace: NDArray[np.float64]
    """``[m, 2]``: where every :data:`PLACES`-th sample from the first on lies in the picture, pixels from its left and
    top edge; ``nan`` where nothing could be read."""
    box: tuple[float, float, float, float]
    """Left, top, right and lower edge of the trace in the picture, pixels."""
    confidence: float
    """How much of it was read how surely, 0 to 1."""


@dataclass(frozen=True, slots=True)
class PageReading:
    """What was read of a picture."""

    kind: Kind
    size: tuple[int, int]
    """Width and height of the picture, pixels."""
    reason: Reason | None = None
    """Why nothing was read; None where something was, and for one beat."""
    layout: str = ""
    """Rows × columns + rhythm strips, ``3x4+1``; empty where nothing was read."""
    cabrera: bool = False
    """Whether limb leads stand in the order of Cabrera."""
    degrees: float = 0.0
    """By how much the page is turned counter-clockwise, quarter turns included."""
    corners: NDArray[np.float64] | None = None
    """``[4, 2]``: the corners of what was read as the page: upper left, upper right, lower right, lower left."""
    calibration: Calibration | None = None
    leads: tuple[Lead, ...] = ()
    """In reading order."""
    warnings: tuple[Warned, ...] = ()

    def shows_more(self, part: PageReading) -> bool:
        """Whether this, of the whole picture, shows a grid for sure, and twelve leads on it, or more words to the same
        rows, than what was read of a ``part`` of it.
        """
        own, other = self.calibration, part.calibration
        if own is None or own.millimetre is not Basis.GRID:
            return False
        to_scale = other is not None and other.millimetre is not Basis.ASSUMED
        if Warned.PITCH_UNSURE not in self.warnings and (not to_scale or len(self.leads) >= len(STANDARD)):
            return True
        return to_scale and _alike(self, part) and self.words > part.words

    @property
    def is_doubtful(self) -> bool:
        """Whether no ECG was seen, or several leads of which some have no name: rows may be none, or names hidden."""
        return self.reason in (Reason.NO_ECG, Reason.NO_TRACE) or (len(self.leads) > 1 and self._nameless > 0)

    def says_more(self, other: PageReading) -> bool:
        """Whether fewer leads lack names than in another reading of the picture, and no words are lost."""
        fewer = not other.leads or self._nameless < other._nameless
        return bool(self.leads) and fewer and self.words >= other.words

    @property
    def rows(self) -> int:
        """Rows of leads."""
        return len({lead.row for lead in self.leads})

    @property
    def _nameless(self) -> int:
        return sum(not lead.name for lead in self.leads)

    @property
    def words(self) -> int:
        """How many names, and of speed and gain, were read. An edge may look like an ``I``, which says nothing."""
        names = sum(lead.name_read and lead.name != "I" for lead in self.leads)
        return names + (self.calibration.printed if self.calibration else 0)


def _alike(one: PageReading, other: PageReading) -> bool:
    """Whether two readings of a picture have the same millimetre and leads, but for names that one of them lacks."""
    if one.calibration is None or other.calibration is None or len(one.leads) != len(other.leads):
        return False
    off = abs(one.calibration.pixels_per_mm / other.calibration.pixels_per_mm - 1)
    both = zip(one.leads, other.leads, strict=True)
    return off <= _SAME_MILLIMETRE and all(
        mine.name == theirs.name for mine, theirs in both if mine.name_read and theirs.name_read
    )


def enlarged(reading: PageReading, size: tuple[int, int]) -> PageReading:
    """What was read of a smaller copy, with places in the picture of ``size`` (width, height) itself."""
    if size == reading.size:
        return reading
    across, down = size[0] / reading.size[0], size[1] / reading.size[1]
    factors = np.array([across, down])
    calibration = reading.calibration
    if calibration is not None:
        calibration = replace(calibration, pixels_per_mm=calibration.pixels_per_mm * float(factors.mean()))
    leads = [
        replace(
            lead,
            trace=lead.trace * factors,
            box=(lead.box[0] * across, lead.box[1] * down, lead.box[2] * across, lead.box[3] * down),
        )
        for lead in reading.leads
    ]
    corners = None if reading.corners is None else reading.corners * factors
    return replace(reading, size=size, corners=corners, calibration=calibration, leads=tuple(leads))
