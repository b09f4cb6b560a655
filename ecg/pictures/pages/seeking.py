"""Words sought where they should stand: names of leads, of whose ink a trace may have made its own, and the units of
speed and gain, whose letters are small and run into each other.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import fft, ndimage

from ecg.pictures.ink.strokes import Line
from ecg.pictures.pages.following import letters_of
from ecg.pictures.pages.ink import SHARP, Ink
from ecg.pictures.pages.layouts import BARS, Named, spacing_of
from ecg.pictures.pages.lettering import HEIGHT, NAMES, NUMBERS, UNITS, Floats, templates
from ecg.pictures.pages.words import Word

#: Bars have to be as like as this where another row's name says where they stand, and elsewhere.
_LIKE_BARS: Final = (0.78, 0.9)
#: A name is known by this likeness (correlation), if no other is nearly as like; less is enough where another row's
#: name says where it stands.
_LIKE: Final = 0.7
_LIKE_BESIDE: Final = 0.64
_ALONE: Final = 0.04
#: It stands so far before the row's beginning at most, mm, and behind it, mm and share of the row; so far above its
#: level and below, as a share of what is between rows.
_BEFORE: Final = 4.0
_BEHIND: Final = (8.0, 0.1)
_ABOVE: Final = 0.85
_BELOW: Final = 0.35
#: Where other rows' names stand says it if they stand in this share of the row; later ones are those of other leads.
_FIRST: Final = 0.15
#: And so far from where the others stand, in letters' heights: to each side, and the widest name's width.
_NEAR: Final = 1.0
_WIDEST: Final = 4.0
#: Where the rows' traces are left out, a name is as like as this, where another row's says where it stands and
#: elsewhere, and this share of its letters' ink lies beside them.
_LIKE_IN_PART: Final = (0.7, 0.76)
_IN_SIGHT: Final = 0.55
#: A name that is part of another stands on its line: no farther off it than this share of its width.
_SAME_LINE: Final = 0.2
#: Letters of fewer pixels look like anything.
_LEAST_HIGH: Final = 9
#: A unit stands so far behind its number at most, is as wide as this, and its slash is higher by so much; letters that
#: go on are behind it from and to this: all shares of the number's height. It is as like as this.
_LIKE_UNIT: Final = 0.65
_UNIT_SPACE: Final = 1.2
_TOUCHING: Final = 0.06
_SPACE: Final = 0.25
_WIDEST_UNIT: Final = 7.0
_SLASH: Final = 0.3
_HIGHER: Final = (0.0, 0.08, 0.16, 0.24, 0.32)
#: So many numbers are looked at: a page says two, a texture may look like hundreds.
_MOST: Final = 16
#: Letters are as high as those that were read, or differ by a share of it. So many pixels of their height are compared.
_OFF: Final = (-0.08, 0.0, 0.08)
_COMPARED: Final = 18
#: A word that is so many times as wide as a name in it is another one.
_LONGER: Final = 1.15
#: Where nothing says where it stands, so much of its ink is of pieces that are no trace's, or is beside the traces:
#: narrow waves look like a V and a 1.
_WRITTEN: Final = 0.3
_BESIDE_TRACES: Final = 0.6
#: Variance of what is as good as empty.
_FLAT: Final = 1e-3


class Row(NamedTuple):
    """Where a row's trace lies, pixels."""

    level: float
    begin: float
    end: float
    line: Line | None = None
    """Its stroke, where it is known."""


class _Place(NamedTuple):
    """Where a word should stand, pixels."""

    left: int
    top: int
    right: int
    bottom: int


class _Found(NamedTuple):
    """A name where it stands, pixels."""

    likeness: float
    name: str
    left: float
    middle: float
    """Its row."""
    wide: float


def sought(
    ink: Ink,
    words: Sequence[Word],
    rows: Sequence[Row],
    wanted: Collection[int],
    names: Sequence[Named],
    millimetre: float,
    *,
    bars: bool,
) -> list[Named]:
    """The names of some rows.

    Args:
        ink: Of the page.
        words: What was read: it says how high letters are.
        rows: From the top.
        wanted: Numbers of those whose names are sought.
        names: What was read of the others' names.
        millimetre: Pixels.
        bars: Whether ``II`` and ``III`` are looked for, too, as rhythm strips have them: narrow waves look like these.
    """
    of_rows = {(name.name, name.x): rows[name.row] for name in names}
    known = {word: row for word in words if (row := of_rows.get((word.text, float(word.box[0])))) is not None}
    heights = sorted({word.box[3] - word.box[1] for word in known or words if word.text and "/" not in word.text})
    high = heights[len(heights) // 2] if heights else 0
    if high < _LEAST_HIGH:
        return []
    letters = letters_of(ink, millimetre)
    spacing = spacing_of([row.level for row in rows], millimetre)
    visible: NDArray[np.bool_] | None = None
    found = []
    for number in sorted(wanted):
        told = _beside(rows[number], known, high)
        place = told or _anywhere(rows[number], spacing, millimetre)
        best = _best(ink, place, high, bars=bars, told=told is not None)
        if best is None or told is None:
            visible = ~_covered(rows, ink.mask.shape) if visible is None else visible
            if best is not None and not _is_written(ink, letters, visible, best, high):
                best = None
            best = best or _best(ink, place, high, bars=False, told=told is not None, visible=visible)
        if best is not None and not any(_holds(word, best) for word in words):
            found.append(Named(best.name, number, best.left, best.likeness))
    return found


def sought_units(ink: Ink, words: Sequence[Word]) -> list[Word]:
    """The units of speed and gain behind numbers that have none among ``words``."""
    units = [word for word in words if word.text in UNITS]
    numbers = [word for word in words if word.text in NUMBERS and word.box[3] - word.box[1] >= _LEAST_HIGH]
    found = []
    for number in [number for number in numbers if not any(_is_unit_of(unit, number) for unit in units)][:_MOST]:
        _, top, right, bottom = number.box
        high = bottom - top
        place = _Place(right, top - round(_SLASH * high), right + round(_WIDEST_UNIT * high), bottom + high // 2)
        # That of speed begins as that of gain does, but nothing follows.
        whole = [unit for unit in _all(ink, place, UNITS, high, _HIGHER) if not _goes_on(ink, unit, number)]
        best = max(whole, default=None)
        if best is not None and best.likeness >= _LIKE_UNIT and best.left - right <= _UNIT_SPACE * high:
            box = round(best.left), top, round(best.left + best.wide), bottom
            found.append(Word(best.name, best.likeness, box, (), best.name, number.foot))
    return found


def _covered(rows: Sequence[Row], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Where the rows' strokes are, and a pixel beside them, ``[rows, columns]``."""
    covered = np.zeros(shape, np.bool_)
    for line in (row.line for row in rows if row.line is not None):
        middle = line.middle
        half_way = (middle[1:] + middle[:-1]) / 2
        before, behind = np.r_[middle[:1], half_way], np.r_[half_way, middle[-1:]]
        edges = np.zeros((shape[0] + 1, shape[1]), np.int32)
        for sign, side in ((1, np.minimum), (-1, np.maximum)):
            ends = side.reduce([line.upper if sign > 0 else line.lower, before, behind])
            rounded = np.floor(ends) if sign > 0 else np.ceil(ends) + 1
            edges[np.clip(rounded, 0, shape[0]).astype(np.int64), line.columns] += sign
        stroke = edges.cumsum(axis=0)[:-1] > 0
        covered |= ndimage.maximum_filter(stroke, 2 * (math.ceil(line.thickness / 2) + 1) + 1)
    return covered


def _is_unit_of(word: Word, number: Word) -> bool:
    level = min(word.box[3], number.box[3]) > max(word.box[1], number.box[1])
    near = 0 <= word.box[0] - number.box[2] <= _UNIT_SPACE * (number.box[3] - number.box[1])
    return level and near


def _is_written(ink: Ink, letters: NDArray[np.bool_], visible: NDArray[np.bool_], name: _Found, high: int) -> bool:
    """Whether enough of a name's ink is letters' by itself, or is ``visible`` beside the traces."""
    top, left = max(0, round(name.middle - high / 2)), round(name.left)
    here = slice(top, top + high), slice(left, left + round(name.wide))
    pieces = ink.labels[here]
    inked = pieces > 0
    if not inked.any():
        return False
    return bool(letters[pieces[inked]].mean() >= _WRITTEN or visible[here][inked].mean() >= _BESIDE_TRACES)


def _holds(word: Word, name: _Found) -> bool:
    """Whether a name is part of a longer word."""
    left, top, right, bottom = word.box
    inside = left <= name.left + name.wide / 2 <= right and top <= name.middle <= bottom
    return inside and right - left > _LONGER * name.wide


def _anywhere(row: Row, spacing: float, millimetre: float) -> _Place:
    return _Place(
        round(row.begin - _BEFORE * millimetre),
        round(row.level - _ABOVE * spacing),
        round(row.begin + _BEHIND[0] * millimetre + _BEHIND[1] * (row.end - row.begin)),
        round(row.level + _BELOW * spacing),
    )


def _beside(row: Row, known: Mapping[Word, Row], high: int) -> _Place | None:
    """Where a row's name should stand by those of the others; None where these don't say it."""
    first = {
        word: other for word, other in known.items() if word.box[0] - other.begin < _FIRST * (other.end - other.begin)
    }
    # A lone bar may be anything, but says something where the page has other names.
    told = {word: other for word, other in first.items() if len(word.text) > 1} or (first if len(known) > 1 else {})
    offs = [(word.box[0] - other.begin, word.box[1] - other.level) for word, other in told.items()]
    if not offs:
        return None
    across, down = (float(np.median(side)) for side in zip(*offs, strict=True))
    left, top = row.begin + across, row.level + down
    near = _NEAR * high
    return _Place(round(left - near), round(top - near), round(left + _WIDEST * high), round(top + high + near))


def _goes_on(ink: Ink, unit: _Found, number: Word) -> bool:
    """Whether more letters follow a unit without a space."""
    _, top, _, bottom = number.box
    end = unit.left + unit.wide
    behind = slice(round(end + _TOUCHING * (bottom - top)), round(end + _SPACE * (bottom - top)) + 1)
    return bool(ink.mask[top:bottom, behind].any())


def _best(
    ink: Ink, place: _Place, high: int, *, bars: bool, told: bool, visible: NDArray[np.bool_] | None = None
) -> _Found | None:
    """The name that stands at a place, which other rows' names have ``told`` or not; None where none, or several,
    might. Only ink that is ``visible`` counts, if that is given.
    """
    names = [name for name in NAMES if name != "I" and (bars or name not in BARS)]
    # Part by part takes three times as long as all at once.
    offs = _OFF if visible is None else (0.0,)
    found = sorted(_all(ink, place, names, high, offs, visible), reverse=True)
    if not found:
        return None
    first = found[0]
    like, like_bars = (_LIKE_BESIDE, _LIKE_BARS[0]) if told else (_LIKE, _LIKE_BARS[1])
    if visible is not None:
        like = _LIKE_IN_PART[0 if told else 1]
    # Letters of a name may be another one, as V1 in aVF, which stands where it does.
    others = [other for other in found[1:] if not _is_part_of(other, first)]
    clear = all(first.likeness - other.likeness >= _ALONE for other in others)
    return first if clear and first.likeness >= (like_bars if first.name in BARS else like) else None


def _is_part_of(name: _Found, longer: _Found) -> bool:
    inside = longer.left - 1 <= name.left and name.left + name.wide <= longer.left + longer.wide + 1
    return len(name.name) < len(longer.name) and inside and abs(name.middle - longer.middle) <= _SAME_LINE * longer.wide


def _all(
    ink: Ink,
    place: _Place,
    texts: Collection[str],
    high: int,
    offs: Sequence[float],
    visible: NDArray[np.bool_] | None = None,
) -> list[_Found]:
    """Where each of some words would stand at a place, its letters being higher than ``high`` by shares of it; by what
    is ``visible``, ``[rows, columns]``, or all.
    """
    top, left = max(0, place.top), max(0, place.left)
    depth = ink.depth[top : max(top, place.bottom), left : max(left, place.right)].astype(np.float32)
    if not depth.size:
        return []
    share = np.clip((depth - ink.grid) / max(1.0, ink.deepest - ink.grid), 0.0, 1.0)
    # Letters of that many pixels are as like, or unlike, as larger ones, and sooner compared.
    finer = max(1.0, high / _COMPARED)
    size = max(1, round(share.shape[1] / finer)), max(1, round(share.shape[0] / finer))
    seen: _Seen | _SeenInPart
    if visible is None:
        seen = _Seen(_smaller(share, size))
    else:
        here = visible[top : top + share.shape[0], left : left + share.shape[1]].astype(np.float32)
        if here.all():
            return []  # nothing else than by all of it
        seen = _SeenInPart(_smaller(share, size), _smaller(here, size) >= _IN_SIGHT)
    likest: dict[str, _Found] = {}
    for height in sorted({round(high / finer * (1 + off)) for off in offs}):
        for text, template in templates(height, SHARP + (ink.blur - SHARP) / finer):
            shape = height, max(2, round(template.shape[1] * height / HEIGHT))
            if text not in texts or shape[0] >= seen.shape[0] or shape[1] >= seen.shape[1]:
                continue
            letters = np.asarray(_sized(template, shape[::-1]), np.float64) / 255
            likeness = seen.likeness(letters, letters.shape[1] * (len(text) - 1) // len(text))
            row, column = divmod(int(likeness.argmax()), likeness.shape[1])
            middle = top + (row + height / 2) * finer
            found = _Found(float(likeness.max()), text, left + column * finer, middle, shape[1] * finer)
            likest[text] = max(likest.get(text, found), found)
    return list(likest.values())


def _smaller(values: Floats, size: tuple[int, int]) -> NDArray[np.float64]:
    """Values at ``size``, width and height, at which they may be already."""
    same = size == values.shape[::-1]
    return values.astype(np.float64) if same else np.asarray(_sized(values, size), np.float64)


def _sized(values: Floats, size: tuple[int, int]) -> Image.Image:
    return Image.fromarray(values).resize(size, Image.Resampling.BOX)


class _Seen:
    """Ink, ``[rows, columns]``, 0 to 1, with which many letters are compared."""

    def __init__(self, share: NDArray[np.float64]) -> None:
        self.shape = share.shape
        self._fast = tuple(fft.next_fast_len(side, real=True) for side in share.shape)
        self._waves = fft.rfft2(share, self._fast)
        self._sums, self._squares = _summed(share), _summed(share**2)

    def likeness(self, letters: NDArray[np.float64], _last: int) -> NDArray[np.float64]:
        """Correlation of letters with each place where they fit, ``[rows, columns]``."""
        bare = letters - letters.mean()
        product = _products(self._waves, bare, self._fast, self.shape)
        sums, squares = (_within(part, letters.shape) for part in (self._sums, self._squares))
        varies = np.maximum(squares - sums**2 / letters.size, _FLAT * letters.size)
        found: NDArray[np.float64] = product / np.sqrt(varies * float((bare**2).sum()))
        return found


class _SeenInPart:
    """Ink of which parts are left out, with which many letters are compared (masked correlation, Padfield 2012)."""

    def __init__(self, share: NDArray[np.float64], visible: NDArray[np.bool_]) -> None:
        self.shape = share.shape
        self._fast = tuple(fft.next_fast_len(side, real=True) for side in share.shape)
        seen = visible.astype(np.float64)
        self._visible, self._waves = (fft.rfft2(part, self._fast) for part in (seen, share * seen))
        self._counts, self._sums, self._squares = (_summed(part) for part in (seen, share * seen, share**2 * seen))

    def likeness(self, letters: NDArray[np.float64], last: int) -> NDArray[np.float64]:
        """Correlation of letters with each place where they fit and enough of them is visible, ``[rows, columns]``.

        Of the last one, from the column ``last`` on, as well: names differ by it.
        """
        end = np.pad(letters[:, last:], ((0, 0), (last, 0)))
        own, own_squares, own_end = (
            _products(self._visible, part, self._fast, self.shape) for part in (letters, letters**2, end)
        )
        counts, sums, squares = (_within(part, letters.shape) for part in (self._counts, self._sums, self._squares))
        counts = np.maximum(counts, 1.0)
        product = _products(self._waves, letters, self._fast, self.shape) - sums * own / counts
        varies = np.maximum(squares - sums**2 / counts, _FLAT * counts)
        varies *= np.maximum(own_squares - own**2 / counts, _FLAT * counts)
        in_sight = (own >= _IN_SIGHT * letters.sum()) & (own_end >= _IN_SIGHT * end.sum())
        found: NDArray[np.float64] = np.where(in_sight, product / np.sqrt(varies), 0.0)
        return found


def _products(
    waves: NDArray[np.complex128], letters: NDArray[np.float64], fast: tuple[int, ...], shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Sums of products of letters with what has these ``waves``, at each place where they fit."""
    rows, columns = letters.shape
    products: NDArray[np.float64] = fft.irfft2(waves * np.conj(fft.rfft2(letters, fast)), fast)
    return products[: shape[0] - rows + 1, : shape[1] - columns + 1]


def _summed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of all that is above and to the left of each place, for :func:`_within`."""
    return np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))


def _within(sums: NDArray[np.float64], size: tuple[int, ...]) -> NDArray[np.float64]:
    """Sums within each window of a ``size``, rows and columns."""
    rows, columns = size
    within: NDArray[np.float64] = (
        sums[rows:, columns:] - sums[:-rows, columns:] - sums[rows:, :-columns] + sums[:-rows, :-columns]
    )
    return within
