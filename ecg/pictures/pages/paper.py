"""The paper, or screen, of a picture made flat, and its ink the right way up."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ecg.pictures.pages import ink as inks
from ecg.pictures.pages import straightening
from ecg.pictures.pages.bends import evenly
from ecg.pictures.pages.corrections import Corrections
from ecg.pictures.pages.ink import Ink
from ecg.pictures.pages.lattice import lattices_of, within_grid
from ecg.pictures.pages.millimetre import Pitch
from ecg.pictures.pages.orientation import as_stated, upright
from ecg.pictures.pages.probabilities import Probabilities, may_be_ink
from ecg.pictures.pages.result import Warned
from ecg.pictures.pages.shadows import without_shadows
from ecg.pictures.pages.straightening import Flat
from ecg.pictures.pages.tilt import is_drawn, tilt_of
from ecg.pictures.pages.views import View, usual_scale
from ecg.pictures.pages.words import Word

#: A straightened pixel shows the picture from this share of 255 on.
_SHOWN: Final = 250
#: What lies less askew stays as it is, degrees.
_LEAST_TILT: Final = 0.03
#: A page without a grid is taken to be so wide, mm: only to tell letters from traces.
_USUAL_WIDTH: Final = 265.0


class Page(NamedTuple):
    """A straightened page."""

    ink: Ink
    view: View
    flat: Flat
    pitch: Pitch | None
    words: list[Word]
    millimetre: float
    warnings: tuple[Warned, ...]
    probabilities: Probabilities | None
    """By which ink was looked for."""
    again: Callable[[Flat, Pitch | None, Probabilities | None], Page | None]
    """The page, straightened in another way, or with ink only where a network says that it may be."""

    def to_picture(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places of the straightened page, ``[n, 2]``, as places in the picture."""
        return self.view.to_picture(self.flat.to_picture(points))

    @property
    def scale(self) -> float:
        """Pixels of the picture to one of the straightened page."""
        return usual_scale(self.to_picture, self.flat.size)


def page_of(view: View, stated: Corrections, go_on: Callable[[], None]) -> Page | None:
    """The page straightened and its ink found; None where there is none."""
    image = view.image
    pixels = np.asarray(image)
    dark = inks.is_dark(pixels)
    grid, other = inks.grid_depth(pixels, dark=dark)
    go_on()
    inked = partial(_inked, view, dark, stated, go_on)
    for lattice in lattices_of(grid):
        go_on()
        flat, pitch = evenly(lattice, grid, other, image.size)
        # Tall waves that come evenly may look like a lattice: they are no lines.
        if pitch is not None:
            return inked(Image.fromarray(lattice.shown(grid.shape)), flat, pitch)
    shown = Image.new("L", image.size, 255)
    page = inked(shown, straightening.unchanged(image.size), None)
    if page is None or stated.corners or (dark and is_drawn(pixels)):
        return page
    tilt = tilt_of(page.ink, page.millimetre)
    if abs(tilt) < _LEAST_TILT:
        return page
    return inked(shown, straightening.turned(image.size, tilt), None) or page


def _inked(
    view: View,
    dark: bool,
    stated: Corrections,
    go_on: Callable[[], None],
    shown: Image.Image,
    flat: Flat,
    pitch: Pitch | None,
    probabilities: Probabilities | None = None,
) -> Page | None:
    """The paper made flat and its ink found, where the picture is ``shown`` (255); None where there is none."""
    image = view.image
    straight = np.asarray(flat.straightened(image, (0, 0, 0) if dark else (255, 255, 255)))
    seen = within_grid(
        np.asarray(flat.straightened(view.seen or Image.new("L", image.size, 255), 0)) > _SHOWN,
        np.asarray(flat.straightened(shown, 0)) > _SHOWN,
    )
    seen &= inks.between_bars(straight)
    straight = inks.continued(straight, seen)
    millimetre = _millimetre(view, flat, pitch, stated)
    depth = inks.trace_depth(straight, seen, dark=dark)
    seen = inks.paper_of(depth, seen, has_grid=pitch is not None)
    lit = None if dark else without_shadows(straight, millimetre)
    depth = depth if lit is None else inks.trace_depth(lit, seen, dark=False)
    among = None if probabilities is None else may_be_ink(straight, probabilities, millimetre)
    ink = inks.ink_of(depth, seen=seen, among=among)
    if ink is None:
        return None
    go_on()
    contradicted = False
    if stated.way_up:
        (ink, quarters, words), contradicted = as_stated(ink, millimetre)
    else:
        ink, quarters, words = upright(ink, millimetre)
    warnings = (Warned.STATED_TURN,) if contradicted else ()
    again = partial(_inked, view, dark, stated, go_on, shown)
    return Page(ink, view, flat.turned(quarters), pitch, words, millimetre, warnings, probabilities, again)


def _millimetre(view: View, flat: Flat, pitch: Pitch | None, stated: Corrections) -> float:
    """Of the straightened page, pixels: as it is stated, by its grid, or by how wide pages are."""
    if pitch is not None and stated.pixels_per_mm is None:
        return pitch.millimetre
    if stated.pixels_per_mm is not None:
        return stated.pixels_per_mm / usual_scale(lambda points: view.to_picture(flat.to_picture(points)), flat.size)
    return max(flat.size) / _USUAL_WIDTH
