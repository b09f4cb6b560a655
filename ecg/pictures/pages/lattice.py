"""The paper's grid as a lattice of two waves: where in the picture it runs which way, and how the paper lies by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, optimize

Floats = NDArray[np.float64]

#: Side of the tiles in which the grid's waves are sought, pixels, and the step between them.
TILE: Final = 256
_STEP: Final = 160
#: Waves that are sought, periods in a tile: lines 2.2 to 43 pixels apart.
_LEAST_WAVES: Final = 6.0
_MOST_WAVES: Final = 116.0
_RADII: Final = np.arange(_LEAST_WAVES, _MOST_WAVES, 0.5)
#: Angles at which they are sought, and among which the tiles with a grid are told from those without.
_FINE: Final = np.radians(np.arange(-45, 45, 0.5))
_COARSE: Final = np.radians(np.arange(-45, 45, 2.0))
#: Of so many tiles, the clearest quarter is looked at by itself, too.
_SEVERAL: Final = 24
#: How far those of the first tile may differ from those of the whole spectrum.
_FIRST: Final = 0.15
#: Waves of both directions are as long as each other: if not, they must stand out by so much more, in natural
#: logarithms of power, for each natural logarithm of their lengths' ratio. Else the seventh wave of one goes with the
#: eighth of the other. So many of each are compared, which are so many cells apart, and stand out about as
#: much as the clearest: by so much less at most. Only where they stand out as far as this are they all a grid's.
_UNLIKE: Final = 30.0
_MOST_PEAKS: Final = 6
_APART: Final = 3
_ABOUT: Final = 1.0
_SURE: Final = 6.0
#: How far the waves of neighbouring tiles may differ, as a share of their length.
_NEAR: Final = 0.07
#: Of a tile, what is farther from its edges than this share is where its grid was seen.
_INNER: Final = 0.18
#: A wave stands out of the spectrum around it by this factor, in natural logarithms of power.
_CLEAR: Final = 3.2
#: So many tiles with waves make a grid; the share of the picture's tiles.
_LEAST_SHARE: Final = 0.2
#: Its lines across are no farther apart than so many times those along, or the other way round.
_OBLONG: Final = 2.5
#: And cross at this sine of an angle at least.
_CROSSING: Final = 0.4
#: A row or column is the paper's if its grid was seen in this share of those of the fullest one.
_FULL: Final = 0.3


_Peak = tuple[complex, float]
"""A wave, periods in a tile, and by how much it stands out."""


class Waves(NamedTuple):
    """The grid's two waves at a place of the picture."""

    x: float
    y: float
    across: tuple[float, float]
    """Periods a pixel, along x and y, of the lines that stand upright."""
    down: tuple[float, float]
    """The same of the lines that lie."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """How the paper lies: periods of the grid's strongest wave as a projective function of places in the picture."""

    matrix: Floats
    """``[3, 3]``: homogeneous pixels to homogeneous periods."""
    pitch: float
    """Pixels of a period in the middle of the grid."""
    places: tuple[tuple[float, float], ...]
    """Middles of the tiles in which the grid was seen, x and y, pixels."""
    faint: tuple[tuple[float, float], ...] = ()
    """Of those in which it was only seen where the others say that its lines run."""

    def periods(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Places in the picture as periods across and down."""
        return projected(self.matrix, x, y)

    def shown(self, shape: tuple[int, int], *, clearly: bool = False) -> NDArray[np.uint8]:
        """Where the grid was seen, or seen ``clearly``, ``[rows, columns]``: 255 in the inner parts of those tiles, 0
        elsewhere.
        """
        rows, columns = shape
        shown = np.zeros(shape, np.uint8)
        for x, y in self.places if clearly else (*self.places, *self.faint):
            left, right, top, bottom = (
                _inner(middle, length, far=far) for middle, length in ((x, columns), (y, rows)) for far in (False, True)
            )
            shown[top:bottom, left:right] = 255
        return shown


def _are_square(waves: list[Waves]) -> bool:
    """Whether lines that stand are about as far apart as those that lie, and cross them, however askew a page is."""
    across, down = (
        np.median(sides, axis=0) for sides in zip(*((wave.across, wave.down) for wave in waves), strict=True)
    )
    longer, shorter = sorted((float(np.hypot(*across)), float(np.hypot(*down))), reverse=True)
    crossing = abs(float(across[0] * down[1] - across[1] * down[0]))
    return 0 < longer <= _OBLONG * shorter and crossing >= _CROSSING * longer * shorter


def _inner(middle: float, length: int, *, far: bool) -> int:
    """Where the inner part of a tile begins or ends: at the picture's edge where the tile does."""
    edge = middle + (TILE / 2 if far else -TILE / 2)
    if edge <= 0 or edge >= length:
        return length if far else 0
    return round(edge - _INNER * TILE if far else edge + _INNER * TILE)


def within_grid(seen: NDArray[np.bool_], grid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is seen of the paper: the rectangle of its grid, as straight paper is one."""
    for axis in (0, 1):
        counts = np.count_nonzero(grid, axis=1 - axis)
        among = np.flatnonzero(counts >= _FULL * counts.max(initial=1))
        outside = np.ones(len(counts), np.bool_)
        outside[among.min(initial=len(counts)) : among.max(initial=-1) + 1] = False
        seen = seen & ~(outside[:, None] if axis == 0 else outside[None, :])
    return seen


def projected(matrix: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Places after a projective map."""
    below = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2]
    return (
        (matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]) / below,
        (matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]) / below,
    )


def projection(origin: Floats, target: Floats) -> Floats:
    """The projective map, ``[3, 3]``, of four places ``[4, 2]`` to four others (Hartley and Zisserman, 4.1)."""
    rows = []
    for (x, y), (u, v) in zip(origin, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    solved = np.linalg.solve(np.array(rows), target.reshape(-1))
    return np.append(solved, 1.0).reshape(3, 3)


def lattices_of(depth: NDArray[np.uint8]) -> Iterator[Lattice]:
    """What may be the lattice of a grid, the likeliest first; nothing where there is none to be seen.

    Args:
        depth: ``[rows, columns]``, ink of the grid, evenly lit; deeper ink should count no more than the grid's.
    """
    tiles, places = _spectra(depth)
    if not len(tiles):
        return
    waves = _waves(tiles, places, np.mean(tiles, axis=0))
    if waves:
        yield _seen_again(_fitted(waves), tiles, places)
    if len(tiles) >= _SEVERAL:
        # A strip across a large picture has a few tiles only, which drown among all the others.
        clearest = np.argsort([-_harmonics(_at_right_angles(tile, _COARSE)).max() for tile in tiles])[: len(tiles) // 4]
        waves = _waves(tiles, places, np.mean(tiles[clearest], axis=0))
        if waves:
            yield _seen_again(_fitted(waves), tiles, places)


def _seen_again(lattice: Lattice, tiles: Floats, places: list[tuple[int, int]]) -> Lattice:
    """A lattice with those tiles, too, in which its waves stand out where it says that they run: in shade, what is
    followed from tile to tile may get lost.
    """
    x, y = np.array([(left + TILE / 2, top + TILE / 2) for top, left in places]).T
    here, right, below = (np.array(lattice.periods(x + a, y + b)) for a, b in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)))
    waves = TILE * ((right - here) + 1j * (below - here))
    seen = [
        all(_MOST_WAVES > abs(wave) > _LEAST_WAVES and _peak(tile, wave, 0.0)[1] >= _CLEAR for wave in both)
        for tile, both in zip(tiles, waves.T, strict=True)
    ]
    return replace(lattice, faint=tuple(zip(x[seen].tolist(), y[seen].tolist(), strict=True)))


def _waves(tiles: Floats, places: list[tuple[int, int]], power: Floats) -> list[Waves]:
    """The waves of the tiles that belong to the strongest ones of a spectrum; none where too few do."""
    start = _strongest(power)
    waves = [] if start is None else _followed(tiles, places, *start)
    return waves if len(waves) >= max(1, _LEAST_SHARE * len(places)) and _are_square(waves) else []


def _spectra(depth: NDArray[np.uint8]) -> tuple[Floats, list[tuple[int, int]]]:
    """Logarithms of the power of each tile, zero frequency in the middle, and the tiles' corners (row, column)."""
    rows, columns = depth.shape
    window = np.hanning(TILE)[:, None] * np.hanning(TILE)
    tops, lefts = (_begins(length) for length in (rows, columns))
    powers, places = [], []
    for top in tops:
        for left in lefts:
            tile = np.zeros((TILE, TILE), np.float32)
            part = depth[top : top + TILE, left : left + TILE].astype(np.float32)
            tile[: part.shape[0], : part.shape[1]] = part - part.mean()
            power = np.abs(np.fft.fft2(tile * window)) ** 2
            powers.append(np.fft.fftshift(np.log(power + 1.0)))
            places.append((top, left))
    return np.array(powers), places


def _begins(length: int) -> list[int]:
    if length <= TILE:
        return [0]
    number = -(-(length - TILE) // _STEP) + 1
    return [round(place) for place in np.linspace(0, length - TILE, number)]


def _strongest(power: Floats) -> tuple[complex, complex] | None:
    """The two waves at right angles that stand out most, periods in a tile (real: along x); None where none do."""
    both = _at_right_angles(power, _FINE)
    angle = int(_harmonics(both).argmax())
    radius = int(both[angle].argmax())
    if both[angle, radius] < _CLEAR / 2:
        return None
    wave = complex(_RADII[radius] * np.exp(1j * _FINE[angle]))
    return wave, wave * 1j


def _at_right_angles(power: Floats, angles: Floats) -> Floats:
    """By how much the waves of each of the ``angles`` and radii stand out, with those at right angles to them."""
    turned = np.concatenate([angles, angles + np.pi / 2])[:, None]
    x, y = TILE / 2 + _RADII * np.cos(turned), TILE / 2 + _RADII * np.sin(turned)
    polar = ndimage.map_coordinates(power, [y, x], order=1)
    clear = np.maximum(polar - np.median(polar, axis=0), 0)
    both: Floats = np.minimum(clear[: len(angles)], clear[len(angles) :])
    return both


def _harmonics(both: Floats) -> Floats:
    """How much of a grid there is along each angle: all its harmonics lie along its own directions."""
    along: Floats = np.sort(both, axis=1)[:, -6:].sum(axis=1)
    return along


def _followed(tiles: Floats, places: list[tuple[int, int]], across: complex, down: complex) -> list[Waves]:
    """The waves of each tile, from the tile in which they are clearest to its neighbours."""
    seen: dict[tuple[int, int], tuple[complex, complex]] = {}
    index = {place: number for number, place in enumerate(places)}
    tops, lefts = sorted({top for top, _ in places}), sorted({left for _, left in places})
    first = max(places, key=lambda place: _clearness(tiles[index[place]], across, down, _FIRST))
    waiting = [(first, across, down, _FIRST)]
    tried = set()
    while waiting:
        place, near_across, near_down, reach = waiting.pop(0)
        if place in tried:
            continue
        tried.add(place)
        power, both = tiles[index[place]], (near_across, near_down)
        if place == first:
            near = _likest(*(_peaks(power, wave, reach) for wave in both))
        else:
            near = [_peak(power, wave, reach) for wave in both]
        if min(clear for _, clear in near) < _CLEAR:
            continue
        seen[place] = (near[0][0], near[1][0])
        row, column = tops.index(place[0]), lefts.index(place[1])
        for other_row, other_column in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if 0 <= other_row < len(tops) and 0 <= other_column < len(lefts):
                waiting.append(((tops[other_row], lefts[other_column]), near[0][0], near[1][0], _NEAR))
    return [
        Waves(
            left + TILE / 2,
            top + TILE / 2,
            (pair[0].real / TILE, pair[0].imag / TILE),
            (pair[1].real / TILE, pair[1].imag / TILE),
        )
        for (top, left), pair in seen.items()
    ]


def _clearness(power: Floats, across: complex, down: complex, reach: float) -> float:
    return min(_peak(power, wave, reach)[1] for wave in (across, down))


def _likest(across: list[_Peak], down: list[_Peak]) -> list[_Peak]:
    """Of waves of both directions, of which the first stand out most, the two to go by: these, or of those that stand
    out for sure two that are about as long as each other.
    """
    if min(across[0][1], down[0][1]) < _SURE:
        return [across[0], down[0]]

    def likely(one: _Peak, other: _Peak) -> float:
        return one[1] + other[1] - _UNLIKE * abs(float(np.log(max(abs(one[0]), 1.0) / max(abs(other[0]), 1.0))))

    return list(max(product(across, down), key=lambda both: likely(*both)))


def _peaks(power: Floats, near: complex, reach: float) -> list[_Peak]:
    """The highest places of a spectrum near a wave, the highest first, and by how much each stands out."""
    highest = _peak(power, near, reach)
    found = [highest]
    part, top, left = _around(power, near, reach)
    if part.size:
        peaks = np.argwhere(part == ndimage.maximum_filter(part, 2 * _APART + 1))
        for y, x in peaks[np.argsort(-part[tuple(peaks.T)])][:_MOST_PEAKS].tolist():
            found.append(_peak(power, complex(left + x - TILE / 2, top + y - TILE / 2), 0.0))
    return [(wave, clear) for wave, clear in found if clear >= highest[1] - _ABOUT]


def _around(power: Floats, near: complex, reach: float) -> tuple[Floats, int, int]:
    """What of a spectrum is near a wave, and its first row and column."""
    radius = max(2, round(abs(near) * reach))
    row, column = _cell(near)
    top, left = max(1, row - radius), max(1, column - radius)
    return power[top : min(TILE - 1, row + radius + 1), left : min(TILE - 1, column + radius + 1)], top, left


def _peak(power: Floats, near: complex, reach: float) -> _Peak:
    """The highest place of a spectrum near a wave, between its cells, and by how much it stands out."""
    part, top, left = _around(power, near, reach)
    if part.size < 9:
        return near, 0.0
    high = int(part.argmax())
    y, x = top + high // part.shape[1], left + high % part.shape[1]
    row, column = _cell(near)
    around = power[max(0, row - 12) : row + 13, max(0, column - 12) : column + 13]
    place = complex(x + _vertex(power[y, x - 1 : x + 2]) - TILE / 2, y + _vertex(power[y - 1 : y + 2, x]) - TILE / 2)
    return place, float(power[y, x] - np.median(around))


def _cell(wave: complex) -> tuple[int, int]:
    """The row and the column of a spectrum in which a wave lies."""
    return round(TILE / 2 + wave.imag), round(TILE / 2 + wave.real)


def _vertex(three: Floats) -> float:
    bend = three[0] - 2 * three[1] + three[2]
    return float(np.clip(0.5 * (three[0] - three[2]) / bend, -0.5, 0.5)) if bend < 0 else 0.0


def _fitted(waves: list[Waves]) -> Lattice:
    """The projective map whose derivatives are the waves, robustly."""
    x, y = np.array([wave.x for wave in waves]), np.array([wave.y for wave in waves])
    across, down = np.array([wave.across for wave in waves]), np.array([wave.down for wave in waves])
    middle = (float(x.mean()), float(y.mean()))
    reach = max(float(np.abs(x - middle[0]).max()), float(np.abs(y - middle[1]).max()), TILE / 2)
    u, v = (x - middle[0]) / reach, (y - middle[1]) / reach
    start = np.r_[np.median(across, axis=0) * reach, np.median(down, axis=0) * reach, 0.0, 0.0]
    wanted = np.concatenate([across, down], axis=1) * reach
    size = float(np.hypot(*start[:2]))

    def off(values: Floats) -> Floats:
        a, b, c, d, g, h = values
        below = (g * u + h * v + 1) ** 2
        got = np.stack(
            [(a + (a * h - b * g) * v) / below, (b + (b * g - a * h) * u) / below,
             (c + (c * h - d * g) * v) / below, (d + (d * g - c * h) * u) / below], axis=1
        )  # fmt: skip
        return ((got - wanted) / size).ravel()

    if len(waves) >= 8:
        start = optimize.least_squares(off, start, loss="soft_l1", f_scale=0.01).x
    a, b, c, d, g, h = start
    inner = np.array([[a, b, 0], [c, d, 0], [g, h, 1]])
    move = np.array([[1 / reach, 0, -middle[0] / reach], [0, 1 / reach, -middle[1] / reach], [0, 0, 1]])
    pitch = reach / np.sqrt(abs(a * d - b * c))
    return Lattice(inner @ move, float(pitch), tuple(zip(x.tolist(), y.tolist(), strict=True)))
