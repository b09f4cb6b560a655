"""A sheet of paper, or a screen, told from what it lies on by its colour: its four corners in a photograph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage, spatial

from ecg.pictures.pages.corrections import Point
from ecg.pictures.pages.sides import four_sided

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Pixels of the copy in which sheets are sought, and those over which strokes vanish.
_SIDE: Final = 320
_STROKES: Final = 5
#: Pixels at the picture's edges, which mostly show what a sheet lies on, and how far off their colour may be, grey
#: levels, for them to be of it.
_FRAME: Final = 6
_NEAR: Final = 24.0
#: A sheet differs from what is around it by so many grey levels, and by so many times as much as that varies.
_LEAST_GAP: Final = 28.0
_CLEAR: Final = 2.5
#: Hues are shares of the three colours; so many grey levels is a difference of all of one. Darker pixels have none.
_HUES: Final = 1200.0
_DARKEST: Final = 30.0
#: It takes this share of the picture, its outline is convex, and nearly one of four sides.
_AREA: Final = (0.08, 0.97)
_SOLID: Final = 0.92
_FOUR_SIDED: Final = 1.1
#: What is joined to it by less than about twice so many pixels of the copy is no part of it.
_NECK: Final = 10
#: Paper is so much lighter, or less colourful, than what it lies on, grey levels; a screen is so dark.
_LIGHTER: Final = 20.0
_PALER: Final = 25.0
_SCREEN: Final = 90.0
#: Across each side, the colour leaps by this share of that within so many pixels of the copy; where it is looked at.
_LEAP: Final = 0.5
_STEP: Final = 3.0
_SAMPLES: Final = 21
#: Lines are looked at in a copy of so many pixels, at so many from a side, and along so many at least; what varies over
#: more than this is shade. Lines are at most so far apart. They are the same from this correlation on, if their hue is.
_LINES_SIDE: Final = 1600
_ACROSS: Final = (20.0, 36.0)
_LEAST_LINES: Final = 150
_SLOW: Final = 4.0
_FARTHEST: Final = 24
_SAME: Final = 0.3
_SAME_HUE: Final = 24.0
#: Mean square of a profile with lines, which are a few grey levels deep: what is bare has next to nothing.
_LINED: Final = 0.25
#: Corners are put so far outside: share of the sheet's sides.
_OUTSET: Final = 0.01

#: What is so near to the picture's edge, as a share of its side, ends there.
_AT_EDGE: Final = 0.02
#: A sheet covers this share of what lies between its corners, however roughly they are stated.
_FILLED: Final = 0.8
#: Corners no farther apart than this share of a sheet are the same.
_SAME_CORNERS: Final = 0.01


class Sheet(NamedTuple):
    """A sheet in a photograph."""

    corners: tuple[Point, Point, Point, Point]
    """Upper left, upper right, lower right, lower left, a little outside of it, pixels: bent paper has no straight
    edges."""
    shown: Image.Image
    """``L``, the whole picture in small: 255 where it shows the sheet."""
    around: Image.Image
    """``RGB``, as small: the sheet's colours, and around it those of its nearest places."""

    def ends_at_edge(self, size: tuple[int, int]) -> bool:
        """Whether it ends with a picture of ``size``: then it may be a lit part of what the page lies on."""
        places = np.array(self.corners) / np.array(size)
        return bool((np.minimum(places, 1 - places) <= _AT_EDGE).any())

    def is_same(self, other: Sheet) -> bool:
        """Whether its corners are those of another sheet of the same picture, nearly."""
        own, others = np.array(self.corners), np.array(other.corners)
        return bool(np.abs(own - others).max() <= _SAME_CORNERS * np.ptp(own, axis=0).max())

    def fills(self, corners: Sequence[Point], size: tuple[int, int]) -> bool:
        """Whether corners in a picture of ``size`` that a person states are about those of this sheet."""
        factors = np.array(self.shown.size) / np.array(size)
        inside = _between(np.array(corners) * factors, self.shown.size)
        return bool(inside.any() and (np.asarray(self.shown)[inside] > 127).mean() >= _FILLED)


def sheet_of(image: Image.Image) -> Sheet | None:
    """The one sheet that a photograph shows; None where there is none, or where nothing but it is shown."""
    return _sheet_of(image, _found)


def sheet_by_sides(image: Image.Image) -> Sheet | None:
    """The sheet of a photograph by four sides of which parts are seen: what it lies on may have its colour in places.

    What it says is less sure than :func:`sheet_of`: a shadow may have straight edges, and bent paper has none.
    """
    return _sheet_of(image, _by_sides)


def _sheet_of(image: Image.Image, find: Callable[[Floats], list[tuple[Mask, Floats]]]) -> Sheet | None:
    factor = max(image.size) / _SIDE
    size = (round(image.width / factor), round(image.height / factor))
    if factor < 1 or min(size) <= 2 * _FRAME:
        return None
    small = image.convert("RGB").resize(size, Image.Resampling.BOX)
    colours = ndimage.median_filter(np.asarray(small), (_STROKES, _STROKES, 1)).astype(np.float64)
    found = find(colours)
    if not found:
        return None
    # The lit part of a sheet may have four sides, too.
    mask, corners = max(found, key=lambda sheet: int(sheet[0].sum()))
    if _goes_on(image, corners * (np.array(image.size) / np.array(size))):
        return None
    if np.median(colours[mask], axis=0).max() <= _SCREEN:
        # Bright words near its edge look as little like a screen as what is around it; and screens aren't bent.
        mask = _between(_to_edges(corners, size), size)
    corners = (corners + _OUTSET * 2 * (corners - corners.mean(axis=0))) * (np.array(image.size) / np.array(size))
    first, second, third, fourth = ((float(x), float(y)) for x, y in corners)
    inner = ndimage.binary_erosion(mask, border_value=1)
    nearest = ndimage.distance_transform_edt(
        ~ndimage.binary_erosion(inner, iterations=2, border_value=1), return_distances=False, return_indices=True
    )
    around = colours[tuple(nearest)].astype(np.uint8)
    shown = Image.fromarray(inner.view(np.uint8) * np.uint8(255))
    return Sheet((first, second, third, fourth), shown, Image.fromarray(around))


def _to_edges(corners: Floats, size: tuple[int, int]) -> Floats:
    """Corners, ``[4, 2]``, in a picture of ``size``: sides that nearly lie on its edges, and along them, do."""
    moved = corners.copy()
    for side, (axis, edge) in enumerate(((1, 0), (0, size[0]), (1, size[1]), (0, 0))):
        ends = [side, (side + 1) % 4]
        off = np.abs(corners[ends, axis] - edge)
        if off.max() <= _AT_EDGE * size[axis] + 1 and np.ptp(off) <= 1:
            moved[ends, axis] = edge
    return moved


def _between(corners: Floats, size: tuple[int, int]) -> Mask:
    """What lies between corners, ``[4, 2]``, in a picture of ``size``."""
    between = Image.new("1", size)
    ImageDraw.Draw(between).polygon([(x, y) for x, y in corners.tolist()], fill=1)
    return np.array(between)


def _differences(colours: Floats) -> Iterator[Floats]:
    """How much each pixel differs from what a sheet lies on, ``[rows, columns]``, in ways of which one may tell it."""
    yield np.sqrt(((colours - _surroundings(colours)) ** 2).sum(axis=2))
    # A shadow leaves the hue as it is.
    hues = colours / np.maximum(colours.sum(axis=2, keepdims=True), _DARKEST)
    rows, columns = hues.shape[:2]
    inner = hues[rows // 4 : -(rows // 4), columns // 4 : -(columns // 4)]
    off = np.sqrt(((hues - np.median(inner, axis=(0, 1))) ** 2).sum(axis=2))
    yield np.maximum(255.0 - _HUES * off, 0.0)
    yield colours.max(axis=2)


def _found(colours: Floats) -> list[tuple[Mask, Floats]]:
    """Sheets that differ from what is around them, and their corners, ``[4, 2]``."""
    masks = _masks(colours)
    found = [sheet for far, mask in masks if (sheet := _with_corners(colours, far, mask)) is not None]
    if found:
        return found
    alone = ((far, _without_outgrowths(mask)) for far, mask in masks)
    return [sheet for far, mask in alone if (sheet := _with_corners(colours, far, mask)) is not None]


def _by_sides(colours: Floats) -> list[tuple[Mask, Floats]]:
    """A sheet whose sides are seen in parts, in one way or another, and its corners, ``[4, 2]``; or nothing."""
    masks = _masks(colours)
    edges = np.zeros(colours.shape[:2], np.bool_)
    for _, mask in masks:
        edges |= mask & ~ndimage.binary_erosion(mask, border_value=1)
    corners = four_sided(edges)
    if corners is None:
        return []
    between = _between(corners, (colours.shape[1], colours.shape[0]))
    if not _AREA[0] <= between.mean() <= _AREA[1] or not _stands_out(colours, between):
        return []
    return [(between, corners)] if any(_sharp(colours, far, between, corners) for far, _ in masks) else []


def _masks(colours: Floats) -> list[tuple[Floats, Mask]]:
    """How much each pixel differs from what a sheet lies on, in several ways, and what may be the sheet by that."""
    masks = [(far, mask) for far in _differences(colours) if (mask := _apart(far)) is not None]
    return [(far, mask) for far, mask in masks if _stands_out(colours, mask)]


def _with_corners(colours: Floats, far: Floats, mask: Mask) -> tuple[Mask, Floats] | None:
    """A piece and its corners, if it has four sides at which the colour leaps."""
    corners = _corners(mask)
    return (mask, corners) if corners is not None and _sharp(colours, far, mask, corners) else None


def _without_outgrowths(mask: Mask) -> Mask:
    """A piece without what is joined to it by little: patches of what it lies on that have its colour."""
    alone = _largest(ndimage.binary_opening(mask, iterations=_NECK))
    return mask if alone is None else alone


def _largest(mask: Mask) -> Mask | None:
    """The largest of a mask's pieces; None where it has none."""
    labels, number = ndimage.label(mask)
    if not number:
        return None
    largest: Mask = labels == 1 + int(np.argmax(ndimage.sum_labels(mask, labels, np.arange(1, number + 1))))
    return largest


def _surroundings(colours: Floats) -> Floats:
    """What the picture would show without the sheet: colours that vary evenly, by those at its edges."""
    rows, columns = colours.shape[:2]
    y, x = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * y], axis=2).reshape(-1, 4)
    frame = np.ones((rows, columns), np.bool_)
    frame[_FRAME:-_FRAME, _FRAME:-_FRAME] = False
    edge = np.flatnonzero(frame.ravel())
    values = colours.reshape(-1, 3)
    # Begin with the colour that most of the edge has.
    chosen = edge[np.abs(values[edge] - np.median(values[edge], axis=0)).max(axis=1) < 2 * _NEAR]
    for _ in range(3):
        if len(chosen) < len(edge) // 4:
            chosen = edge
        factors = np.linalg.lstsq(terms[chosen], values[chosen], rcond=None)[0]
        off = np.abs(values[edge] - terms[edge] @ factors).max(axis=1)
        chosen = edge[off < _NEAR]
    return (terms @ factors).reshape(colours.shape)


def _apart(far: Floats) -> Mask | None:
    """The largest piece that is clearly of another colour than its surroundings; None where there is none."""
    counts, edges = np.histogram(np.minimum(far, 255.0), bins=64, range=(0.0, 255.0))
    middles = (edges[1:] + edges[:-1]) / 2
    below, total = np.cumsum(counts), counts.sum()
    sums = np.cumsum(counts * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = sums / below, (sums[-1] - sums) / (total - below)
        between = np.nan_to_num(below * (total - below) * (high - low) ** 2)
    threshold = edges[1:][int(between.argmax())]
    mask = far > threshold
    if not mask.any() or mask.all():
        return None
    mask = ndimage.binary_fill_holes(ndimage.binary_opening(ndimage.binary_closing(mask, iterations=2), iterations=2))
    largest = _largest(mask)
    if largest is None:
        return None
    inside, outside = far[largest], far[~mask]
    if not len(outside) or not _AREA[0] <= largest.mean() <= _AREA[1]:
        return None
    gap = float(np.median(inside) - np.median(outside))
    spread = float(np.quantile(outside, 0.9) - np.median(outside))
    return largest if gap >= max(_LEAST_GAP, _CLEAR * spread) else None


def _stands_out(colours: Floats, mask: Mask) -> bool:
    """Whether it is paper on a table, or a dark screen, and no part of a page that is printed on."""
    inside, outside = np.median(colours[mask], axis=0), np.median(colours[~mask], axis=0)
    lighter = inside.max() - outside.max()
    paler = np.ptp(outside) - np.ptp(inside)
    return bool(lighter >= _LIGHTER or paler >= _PALER or inside.max() <= _SCREEN)


def _sharp(colours: Floats, far: Floats, mask: Mask, corners: Floats) -> bool:
    """Whether the colour leaps at each side, or how light it is: a shadow's edge is soft."""
    light = colours.max(axis=2)
    along = np.linspace(0.1, 0.9, _SAMPLES)[:, None]
    for begin, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        inward = np.array([-(end - begin)[1], (end - begin)[0]]) / np.hypot(*(end - begin))
        places = begin + along * (end - begin)
        inside, outside = (places + step * inward - 0.5 for step in (_STEP, -_STEP))
        within = ((outside >= 0) & (outside <= np.array(far.shape[::-1]) - 1)).all(axis=1)
        # Beyond some sides there is no more of the picture.
        if within.any() and not any(_leaps(each, mask, inside[within], outside[within]) for each in (far, light)):
            return False
    return True


def _leaps(seen: Floats, mask: Mask, inside: Floats, outside: Floats) -> bool:
    """Whether what is seen differs as much between places next to each other as between the sheet and all else."""
    gap = float(np.median(seen[mask]) - np.median(seen[~mask]))
    one, other = (ndimage.map_coordinates(seen, side.T[::-1], order=1, mode="nearest") for side in (inside, outside))
    return abs(gap) >= _LEAST_GAP and float(np.median(one - other)) * np.sign(gap) >= _LEAP * abs(gap)


def _goes_on(image: Image.Image, corners: Floats) -> bool:
    """Whether lines go on across a side, in the same hue, as those of paper do at the edge of a shadow.

    Args:
        image: The picture.
        corners: ``[4, 2]``, pixels, in turn.
    """
    factor = round(max(1.0, max(image.size) / _LINES_SIDE))
    colours = np.asarray(image.convert("RGB").reduce(factor), np.float64)
    corners = corners / factor
    return any(
        _is_shadow(colours, first, second, corners.mean(axis=0), off)
        for first, second in zip(corners, np.roll(corners, -1, axis=0), strict=True)
        for off in _ACROSS
    )


def _is_shadow(colours: Floats, first: Floats, second: Floats, middle: Floats, off: float) -> bool:
    """Whether the same lines are seen so far inside and outside of a side of what is around a middle, in one hue."""
    along = second - first
    count = int(np.hypot(*along))
    if count < _LEAST_LINES:
        return False
    across = np.array([along[1], -along[0]]) / count
    across *= -np.sign(across @ (middle - first))
    # Corners are round, and what lies beyond the picture shows nothing.
    places = first + np.linspace(0.08, 0.92, round(0.84 * count))[:, None] * along
    inside, outside = places - off * across, places + off * across
    within = [((side >= 1) & (side < np.array(colours.shape[1::-1]) - 2)).all() for side in (inside, outside)]
    if not all(within):
        return False
    seen = [
        np.stack(
            [ndimage.map_coordinates(part, [side[:, 1], side[:, 0]], order=1) for part in np.moveaxis(colours, 2, 0)]
        )
        for side in (inside, outside)
    ]
    typical = [np.median(values, axis=1) for values in seen]
    hues = [values / max(float(values.sum()), _DARKEST) for values in typical]
    if _HUES * float(np.linalg.norm(hues[0] - hues[1])) > _SAME_HUE:
        return False
    return _alike(*(_profile(values.mean(axis=0)) for values in seen)) > _SAME


def _profile(values: Floats) -> Floats:
    """Lines across a way through a picture, ``[n]``: what varies along it, but for what does so slowly."""
    values = values - ndimage.gaussian_filter1d(values, _SLOW)
    profile: Floats = values / np.sqrt(ndimage.gaussian_filter1d(values**2, 2 * _SLOW) + 1.0)
    return profile


def _alike(one: Floats, other: Floats) -> float:
    """The highest correlation of two profiles, moved along each other by what lines are apart; 0 without lines."""
    best = 0.0
    if min(float(one @ one), float(other @ other)) < _LINED * len(one):
        return best
    for lag in range(-_FARTHEST, _FARTHEST + 1):
        first, second = one[max(0, lag) : len(one) + min(0, lag)], other[max(0, -lag) : len(one) + min(0, -lag)]
        norm = np.sqrt((first @ first) * (second @ second))
        best = max(best, float(first @ second / norm) if norm > 0 else 0.0)
    return best


def _corners(mask: Mask) -> Floats | None:
    """The corners of the piece, clockwise from the upper left one, ``[4, 2]``; None where it has not four sides."""
    edge = mask & ~ndimage.binary_erosion(mask)
    rows, columns = np.nonzero(edge)
    points = np.stack([columns + 0.5, rows + 0.5], axis=1)
    if len(points) < 8:
        return None
    hull = spatial.ConvexHull(points)
    if mask.sum() < _SOLID * hull.volume:
        return None
    corners = _four(points[hull.vertices])
    if corners is None or _area(corners) > _FOUR_SIDED * hull.volume:
        return None
    x, y = corners.T
    clockwise = corners if float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) > 0 else corners[::-1]
    return np.roll(clockwise, -int(clockwise.sum(axis=1).argmin()), axis=0)


def _four(polygon: Floats) -> Floats | None:
    """A convex polygon with sides taken away, those that make it grow least, until four are left."""
    while len(polygon) > 4:
        before, after = np.roll(polygon, 1, axis=0), np.roll(polygon, -1, axis=0)
        beyond = np.roll(polygon, -2, axis=0)
        # Where the sides before and behind each side meet: polygon + t (polygon - before) = after + s (after - beyond).
        one, other, gap = polygon - before, after - beyond, after - polygon
        cross = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            ahead = (gap[:, 0] * other[:, 1] - gap[:, 1] * other[:, 0]) / cross
            growth = np.abs(ahead * (one[:, 0] * gap[:, 1] - one[:, 1] * gap[:, 0])) / 2
        growth = np.where(np.isfinite(ahead) & (ahead >= 0), growth, np.inf)
        side = int(growth.argmin())
        if not np.isfinite(growth[side]):
            return None
        polygon = polygon.copy()
        polygon[side] = polygon[side] + ahead[side] * one[side]
        polygon = np.delete(polygon, (side + 1) % len(polygon), axis=0)
    return polygon if len(polygon) == 4 else None


def _area(polygon: Floats) -> float:
    x, y = polygon.T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
