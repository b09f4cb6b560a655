"""What a person says of a page, where that is known better than it can be read."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

Point = tuple[float, float]

#: No place, and no number of pixels, is farther from 0: pictures have at most so many pixels on a side.
_FARTHEST: Final = 1e5
#: Speeds, mm a second, gains, mm a millivolt, and pixels of a millimetre, a second or a millivolt lie between these.
_SPEEDS: Final = (1.0, 500.0)
_GAINS: Final = (0.5, 200.0)
_PIXELS: Final = (0.5, 20000.0)
#: A page is at least so large, pixels of the picture.
_LEAST_SIDE: Final = 16.0
_LAYOUT: Final = re.compile(r"(3x4(\+[1-3])?|6x2(\+1)?|12x1|([1-9]|1[0-6])x1)")
_MOST_ROWS: Final = 16
_MOST_COLUMNS: Final = 4
_MOST_NAMES: Final = 64
_LONGEST_NAME: Final = 16


class CorrectionsError(ValueError):
    """Something that is stated can't be so; ``str(error)`` is a sentence for people."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        """Which field of :class:`Corrections`."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """What is stated; whatever is absent is found. Places are pixels of the upright picture from its left and top."""

    corners: tuple[Point, Point, Point, Point] | None = None
    """Of the paper: upper left, upper right, lower right, lower left as it is read: they say how it is turned, too."""
    degrees: float | None = None
    """By how much the page is turned counter-clockwise, quarter turns included. Not with corners."""
    region: tuple[float, float, float, float] | None = None
    """Left, top, right and lower edge of what is read; the rest is left out."""
    mm_per_second: float | None = None
    mm_per_mv: float | None = None
    pixels_per_mm: float | None = None
    """In the middle of what is read."""
    pixels_per_second: float | None = None
    """Of a picture without millimetres; with ``pixels_per_mv``, and without the three above."""
    pixels_per_mv: float | None = None
    layout: str = ""
    """``3x4``, ``3x4+1`` to ``3x4+3``, ``6x2``, ``6x2+1``, ``12x1`` and ``1x1`` to ``16x1``."""
    cabrera: bool | None = None
    """Whether limb leads stand in the order of Cabrera. Only with a layout of twelve leads."""
    names: tuple[tuple[int, int, str], ...] = ()
    """Rows and columns, from 0, and the leads that stand there."""

    def check(self) -> None:
        """See whether all that is stated can be.

        Raises:
            CorrectionsError: a value can't be, or contradicts another one.
        """
        if self.corners is not None:
            _check_corners(self.corners)
        if self.degrees is not None:
            _between("degrees", self.degrees, (-360.0, 360.0))
            if self.corners is not None:
                raise CorrectionsError("degrees", "Corners say how the page is turned: state the one or the other.")
        if self.region is not None:
            _check_region(self.region)
        self._check_scale()
        if self.layout and not _LAYOUT.fullmatch(self.layout):
            raise CorrectionsError("layout", f"{self.layout[:_LONGEST_NAME]!r} is no layout that is read.")
        if self.cabrera is not None and not self.layout:
            raise CorrectionsError("cabrera", "The order of limb leads is stated together with a layout.")
        _check_names(self.names)

    def _check_scale(self) -> None:
        for field, bounds in (
            ("mm_per_second", _SPEEDS),
            ("mm_per_mv", _GAINS),
            ("pixels_per_mm", _PIXELS),
            ("pixels_per_second", _PIXELS),
            ("pixels_per_mv", _PIXELS),
        ):
            value = getattr(self, field)
            if value is not None:
                _between(field, value, bounds)
        if (self.pixels_per_second is None) != (self.pixels_per_mv is None):
            raise CorrectionsError("pixels_per_mv", "Pixels of a second and of a millivolt are stated together.")
        millimetres = (self.mm_per_second, self.mm_per_mv, self.pixels_per_mm)
        if self.pixels_per_mv is not None and any(value is not None for value in millimetres):
            raise CorrectionsError("pixels_per_mv", "A scale is stated in millimetres or in pixels, not in both.")

    @property
    def rows(self) -> int | None:
        """How many rows the stated layout has."""
        if not self.layout:
            return None
        return int(self.layout.partition("x")[0]) + int(self.layout.partition("+")[2] or 0)

    @property
    def way_up(self) -> bool:
        """Whether it is stated which way up the page is read."""
        return self.corners is not None or self.degrees is not None

    @property
    def trusted(self) -> bool:
        """Whether somebody has seen that there is a page: only then its scale, layout or corners can be stated."""
        scale = (self.mm_per_second, self.mm_per_mv, self.pixels_per_mm, self.pixels_per_mv)
        return bool(self.corners or self.layout or self.names) or any(value is not None for value in scale)

    def scaled(self, across: float, down: float) -> Corrections:
        """The same for a copy of the picture that is so many times as wide and as high."""

        def times(value: float | None, factor: float) -> float | None:
            return None if value is None else value * factor

        corners, region = self.corners, self.region
        if corners is not None:
            upper_left, upper_right, lower_right, lower_left = ((x * across, y * down) for x, y in corners)
            corners = upper_left, upper_right, lower_right, lower_left
        if region is not None:
            region = region[0] * across, region[1] * down, region[2] * across, region[3] * down
        middle = math.sqrt(across * down)
        return replace(
            self,
            corners=corners,
            region=region,
            pixels_per_mm=times(self.pixels_per_mm, middle),
            pixels_per_second=times(self.pixels_per_second, middle),
            pixels_per_mv=times(self.pixels_per_mv, middle),
        )


NOTHING: Final = Corrections()
"""Nothing is stated."""


def _between(field: str, value: float, bounds: tuple[float, float]) -> None:
    if not (math.isfinite(value) and bounds[0] <= value <= bounds[1]):
        raise CorrectionsError(field, f"{field} must lie between {bounds[0]:g} and {bounds[1]:g}.")


def _check_corners(corners: Sequence[Point]) -> None:
    if len(corners) != 4 or any(len(corner) != 2 for corner in corners):
        raise CorrectionsError("corners", "Corners are four places.")
    for corner in corners:
        for part in corner:
            _between("corners", part, (-_FARTHEST, _FARTHEST))
    turns = []
    for number in range(4):
        (x0, y0), (x1, y1), (x2, y2) = (corners[(number + step) % 4] for step in range(3))
        if math.hypot(x1 - x0, y1 - y0) < _LEAST_SIDE:
            raise CorrectionsError("corners", f"The page's sides must have {_LEAST_SIDE:g} pixels or more.")
        turns.append((x1 - x0) * (y2 - y1) - (y1 - y0) * (x2 - x1))
    if min(turns) <= 0:
        raise CorrectionsError("corners", "Corners go clockwise around the page, from its upper left one on.")


def _check_region(region: Sequence[float]) -> None:
    if len(region) != 4:
        raise CorrectionsError("region", "A region has four edges.")
    for part in region:
        _between("region", part, (-_FARTHEST, _FARTHEST))
    left, top, right, bottom = region
    if right - left < _LEAST_SIDE or bottom - top < _LEAST_SIDE:
        raise CorrectionsError("region", f"A region must be {_LEAST_SIDE:g} pixels wide and high, or more.")


def _check_names(names: Sequence[tuple[int, int, str]]) -> None:
    if len(names) > _MOST_NAMES:
        raise CorrectionsError("names", f"At most {_MOST_NAMES} names are stated.")
    for row, column, name in names:
        if not (0 <= row < _MOST_ROWS and 0 <= column < _MOST_COLUMNS):
            raise CorrectionsError("names", f"There are at most {_MOST_ROWS} rows and {_MOST_COLUMNS} columns.")
        if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable() or name != name.strip():
            raise CorrectionsError("names", f"Names of leads have 1 to {_LONGEST_NAME} characters that can be printed.")
    if len({(row, column) for row, column, _ in names}) < len(names):
        raise CorrectionsError("names", "One place has one name.")
