"""Calibration pulses: a millivolt for a fifth of a second, as a box before or behind a trace."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ecg.pictures.pages.ink import Ink

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PULSE_SECONDS: Final = 0.2
"""How long a pulse lasts (IEC 60601-2-25: 1 mV ± 5 %, here with the 200 ms of carts)."""
FOOT: Final = 1.2
"""How much of a row beside a pulse is its foot, no trace yet, mm."""

#: How far from the row's end a pulse may lie, mm.
_NEAR_END: Final = 17.0
#: Its top is level within so many millimetres; its width and height lie between these, mm.
_LEVEL: Final = 0.3
_WIDTHS: Final = (2.0, 12.5)
_HEIGHTS: Final = (3.0, 23.0)
#: Its sides are no wider than this, mm.
_SIDE: Final = 0.8
#: Of a pulse that stands by itself, feet are no longer, mm; ink fills this share of the height at its sides, and of its
#: lid.
_STUB: Final = 1.5
#: A millimetre that is guessed may be so many times as long. The usual speed, mm a second.
_FACTORS: Final = (1.0, 1.6, 0.6)
_SPEED: Final = 25.0
#: Where nothing says how a page lies, it may lean so much, pixels a row; ink fills no more of a pulse's box than this,
#: and so many pieces are put upright: of writing there may be thousands.
_HOLLOW: Final = 0.35
_MOST_LEANING: Final = 40
_SLOPES: Final = tuple(float(slope) for slope in np.linspace(-0.06, 0.06, 13))
#: So many pixels around it may be paler ink of its edges.
_PALER: Final = 2
_UPRIGHT: Final = 0.75
_LID: Final = 0.9


class Pulse(NamedTuple):
    """A calibration pulse, pixels."""

    left: float
    """Middle of its rising side."""
    right: float
    """Middle of its falling side."""
    top: float
    foot: float

    @property
    def width(self) -> float:
        """Of its top, pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels."""
        return self.foot - self.top


def boxes_of(ink: Ink, millimetre: float) -> dict[int, Pulse]:
    """Pulses that stand by themselves, by their piece of ink: two upright sides, a lid between, nothing below."""
    found = {}
    leaning = 0
    widths, heights = ink.widths() / millimetre, ink.heights() / millimetre
    fits = (widths >= _WIDTHS[0]) & (widths <= _WIDTHS[1] + 2 * _STUB) & (heights >= _HEIGHTS[0])
    for piece in np.flatnonzero(fits & (heights <= _HEIGHTS[1])):
        left, top, right, bottom = (int(edge) for edge in ink.boxes[piece])
        inside = slice(max(0, top - _PALER), bottom + _PALER), slice(max(0, left - _PALER), right + _PALER)
        labels = ink.labels[inside]
        depth = np.where((labels == piece) | (labels == 0), np.maximum(ink.depth[inside] - ink.grid, 0.0), 0.0)
        edges = [
            (max(0, _PALER - near), max(0, far + _PALER - length))
            for near, far, length in ((top, bottom, ink.labels.shape[0]), (left, right, ink.labels.shape[1]))
        ]
        mask, depth = np.pad(labels == piece, edges), np.pad(depth, edges)
        if not len(_sides(mask)) and mask.mean() <= _HOLLOW and leaning < _MOST_LEANING:
            leaning += 1
            mask, depth = _upright(mask, depth)
        # The page's pen may be that of a trace that trembles.
        pen = min(ink.thickness, float(mask.sum()) / (right - left + 2 * (bottom - top)))
        box = _box(mask, depth, max(1.0, pen))
        if box is not None:
            x, y = left - _PALER, top - _PALER
            found[int(piece)] = Pulse(x + box.left, x + box.right, y + box.top, y + box.foot)
    return found


def guessed_millimetre(ink: Ink, guess: float) -> float | None:
    """A millimetre of a page without a grid, pixels, by pulses that stand by themselves; None where none does.

    They are taken to be as wide as at 25 mm/s: nothing says how wide the page is.
    """
    for factor in _FACTORS:
        widths = [pulse.width for pulse in boxes_of(ink, factor * guess).values()]
        if widths:
            return float(np.median(widths)) / (PULSE_SECONDS * _SPEED)
    return None


def _box(mask: NDArray[np.bool_], depth: Floats, pen: float) -> Pulse | None:
    """The pulse that a piece of ink is, to parts of a pixel by how deep the ink is; None where it is none.

    Args:
        mask: ``[rows, columns]``, the piece and :data:`_PALER` pixels around it.
        depth: ``[rows, columns]``, of the ink, with the paler pixels at its edges.
        pen: Its width, pixels.
    """
    sides = _sides(mask)
    if not len(sides):
        return None
    breaks = np.flatnonzero(np.diff(sides) > 1)
    if len(breaks) != 1:
        return None
    left, right = sides[: breaks[0] + 1], sides[breaks[0] + 1 :]
    inner = mask[:, left[-1] + 1 : right[0]]
    edge = round(pen)
    inner = inner[:, edge : inner.shape[1] - edge]
    if inner.shape[1] < max(2.0, pen):
        return None
    thick = _PALER + max(1, round(2.5 * pen))
    if inner[:thick].any(axis=0).mean() < _LID or inner[thick:].any():
        return None
    lid = _middle(depth[:thick, left[-1] + 1 + edge : right[0] - edge].sum(axis=1))
    beside = np.r_[0 : max(0, left[0] - edge), min(mask.shape[1], right[-1] + 1 + edge) : mask.shape[1]]
    feet = depth[-thick:, beside].sum(axis=1)
    foot = len(mask) - thick + _middle(feet) if feet.any() else len(mask) - lid
    walls = depth[thick : len(mask) - thick].sum(axis=0)
    half = (left[-1] + right[0]) // 2
    return Pulse(_middle(walls[:half]), half + _middle(walls[half:]), lid, foot)


def _sides(mask: NDArray[np.bool_]) -> Integers:
    """Columns in which a piece of ink goes from top to foot."""
    return np.flatnonzero(mask.sum(axis=0) >= _UPRIGHT * (len(mask) - 2 * _PALER))


def _upright(mask: NDArray[np.bool_], depth: Floats) -> tuple[NDArray[np.bool_], Floats]:
    """A piece of ink that leans a little, and its depth, put upright: its columns are as full as they can be."""
    images = [Image.fromarray(part.astype(np.float32)) for part in (mask, depth)]

    def leaning(image: Image.Image, slope: float) -> NDArray[np.float32]:
        factors = (1.0, slope, -slope * image.height / 2, 0.0, 1.0, 0.0)
        return np.asarray(image.transform(image.size, Image.Transform.AFFINE, factors, Image.Resampling.BILINEAR))

    full = [float((leaning(images[0], slope).sum(axis=0) ** 2).sum()) for slope in _SLOPES]
    best = _SLOPES[int(np.argmax(full))]
    return leaning(images[0], best) >= 0.5, leaning(images[1], best).astype(np.float64)


def _middle(weights: Floats) -> float:
    """The mean place of what is weighed, from the edge of the first."""
    return float((weights * (np.arange(len(weights)) + 0.5)).sum() / max(1.0, float(weights.sum())))


def pulse_of(columns: Integers, middle: Floats, millimetre: float) -> tuple[Pulse, bool] | None:
    """The pulse at one of a row's ends, and whether it is the left one; None where there is none.

    Args:
        columns: ``[N]``, ascending.
        middle: ``[N]``, where the stroke's middle lies in each.
        millimetre: Pixels.
    """
    if len(columns) < 5 * millimetre:
        return None
    for at_left in (True, False):
        reach = _NEAR_END * millimetre
        near = columns < columns[0] + reach if at_left else columns > columns[-1] - reach
        pulse = _in(columns[near], middle[near], millimetre)
        if pulse is not None:
            return pulse, at_left
    return None


def _in(columns: Integers, middle: Floats, millimetre: float) -> Pulse | None:
    first = 0
    best: Pulse | None = None
    while first < len(columns):
        last = first
        low = high = middle[first]
        while last + 1 < len(columns) and columns[last + 1] - columns[last] <= 2:
            low, high = min(low, middle[last + 1]), max(high, middle[last + 1])
            if high - low > _LEVEL * millimetre:
                break
            last += 1
        width = columns[last] - columns[first] + 1
        if _WIDTHS[0] * millimetre <= width <= _WIDTHS[1] * millimetre:
            pulse = _pulse(columns, middle, first, last, millimetre)
            if pulse is not None and (best is None or pulse.height > best.height):
                best = pulse
        first = last + 1
    return best


def _pulse(columns: Integers, middle: Floats, first: int, last: int, millimetre: float) -> Pulse | None:
    """The pulse whose top is ``first`` to ``last``; None where its sides or feet are none."""
    side = _SIDE * millimetre
    top = float(np.median(middle[first : last + 1]))
    before = (columns < columns[first] - side / 2) & (columns >= columns[first] - side - 0.8 * millimetre)
    after = (columns > columns[last] + side / 2) & (columns <= columns[last] + side + 0.8 * millimetre)
    if not before.any() or not after.any():
        return None
    feet = float(np.median(middle[before])), float(np.median(middle[after]))
    if abs(feet[0] - feet[1]) > _LEVEL * millimetre:
        return None
    foot = (feet[0] + feet[1]) / 2
    height = foot - top
    if not _HEIGHTS[0] * millimetre <= height <= _HEIGHTS[1] * millimetre:
        return None
    low = np.flatnonzero(middle > (top + foot) / 2)
    left, right = low[low < first], low[low > last]
    if not len(left) or not len(right):
        return None
    rise = (columns[left[-1]] + columns[left[-1] + 1] + 1) / 2
    fall = (columns[right[0]] + columns[right[0] - 1] + 1) / 2
    if columns[first] - columns[left[-1]] > side or columns[right[0]] - columns[last] > side:
        return None
    return Pulse(float(rise), float(fall), top, foot)
