"""Which lead stands where: layouts of pages, and which of them the names that were read speak for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from ecg.leads import STANDARD
from ecg.pictures.pages.corrections import Corrections
from ecg.pictures.pages.lettering import NAMES
from ecg.pictures.pages.result import Warned
from ecg.pictures.pages.words import Word

CABRERA: Final = ("aVL", "I", "-aVR", "II", "aVF", "III")
"""Limb leads in the order of their angles, aVR turned round (Cabrera)."""

BARS: Final = ("I", "II", "III")
"""Names that figures, lines of a grid and bars of a chart look like, too."""

#: Rows and columns of pages with twelve leads, and how many rhythm strips may stand below.
_TWELVE: Final = ((3, 4, (0, 1, 2, 3)), (6, 2, (0, 1)), (12, 1, (0,)))
#: What so many rows are whose traces break off between leads.
_BROKEN: Final = {3: "3x4", 4: "3x4+1", 6: "6x2"}
_RHYTHM: Final = ("II", "V1", "V5")
#: A layout of twelve leads is sure with so many of its names where they stand; those in the middle of a row, where
#: other layouts have none, count more.
_ENOUGH: Final = 4
_LATER: Final = 1.0
#: So many names where rows begin, and none behind, are those of rows of one lead each.
_FIRST_ALONE: Final = 3
#: How far before its column a name may begin and how far behind, as a share of the column.
_BEFORE: Final = 0.2
_BEHIND: Final = 0.45
#: Before the first one there is the margin, where names may stand, too.
_MARGIN: Final = 0.6
#: The last figure of a name stands so near behind its letters at most, as a share of its height.
_LAST_FIGURE: Final = 1.6
#: The row of a strip is taken to be so high, mm: it has no others to measure it by.
_ROW: Final = 26.0
#: A name stands so far above its row at most, as a share of what is between rows, and above that of a strip.
_ABOVE: Final = 0.85
_ABOVE_ALONE: Final = 1.3
#: Words of a line stand no farther apart than so many times their height.
_LINE: Final = 6.0
#: Bars are names from so many pixels on.
_LEAST_BAR: Final = 7
#: A letter is as wide as this share of its height, from and to.
_LETTER: Final = (0.55, 1.3)


#: Left, top, right, lower edge, pixels.
_Box = tuple[int, int, int, int]


class Named(NamedTuple):
    """A name where it was read."""

    name: str
    row: int
    x: float
    """Its left edge, pixels."""
    likeness: float = 1.0
    """Of its letters to the name."""


class Cell(NamedTuple):
    """A lead's stretch of a row."""

    row: int
    column: int
    columns: int
    """How many the row has."""
    name: str
    """Empty where it isn't known."""
    read: bool
    """Whether the name was read there."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a page is divided."""

    text: str
    """Rows × columns + rhythm strips: ``3x4+1``."""
    cells: tuple[Cell, ...]
    cabrera: bool = False
    names_assumed: bool = False
    """Whether no names were read, and those of the layout's usual order are given."""

    @property
    def warnings(self) -> tuple[Warned, ...]:
        """What to know before believing the names."""
        return (Warned.NAMES_ASSUMED,) if self.names_assumed else ()


def named(words: Sequence[Word], levels: Sequence[float], millimetre: float, *, below: bool = False) -> list[Named]:
    """The names of leads among the words, each by the row that it belongs to; all in pixels.

    Args:
        words: What was read.
        levels: Of the rows, from the top.
        millimetre: Pixels.
        below: Whether names stand below their rows.
    """
    spacing = spacing_of(levels, millimetre)
    heights = sorted(word.box[3] - word.box[1] for word in words if word.text in NAMES and len(word.text) > 1)
    usual = heights[len(heights) // 2] if heights else 0
    found = []
    for word in words:
        if word.text not in NAMES or not _may_be_name(word, words, usual):
            continue
        middle = (word.box[1] + word.box[3]) / 2
        off = [(middle - level if below else level - middle, row) for row, level in enumerate(levels)]
        # A strip's row has no others to measure it by: what stands above it names it. Figures of a date look like bars.
        alone = word.text not in BARS or (word.text != "I" and _stands_alone(word, words))
        reach = _ABOVE_ALONE if len(levels) == 1 and alone else _ABOVE
        near = [(abs(far - 0.3 * spacing), row) for far, row in off if -0.35 * spacing <= far <= reach * spacing]
        if near:
            found.append(Named(word.text, min(near)[1], float(word.box[0]), word.likeness))
    # A lone bar where the other rows' names have their second letter is the figure of a name that ran into a trace.
    return [name for name in found if name.name != "I" or not _is_second_letter(name, found, usual)]


def named_beside(
    words: Sequence[Word], levels: Sequence[float], millimetre: float, begin: float, end: float
) -> list[Named]:
    """The names of leads among the words, above their rows or below: as they make a page of twelve leads, or as names
    stand for all rows. Arguments as of :func:`named` and :func:`layout_of`.
    """
    above = named(words, levels, millimetre)
    below = named(words, levels, millimetre, below=True)
    as_above, as_below = (_most(len(levels), names, begin, end) for names in (above, below))
    if max(as_above, as_below) >= _ENOUGH:
        return below if as_below > as_above else above
    return below if _stand_below(above, below, len(levels)) else above


def _stand_below(above: Sequence[Named], below: Sequence[Named], rows: int) -> bool:
    """Whether rows have a name each only if names stand below: else the first has none, and the last name no row."""
    if rows < 2 or not above:
        return False
    last = [name for name in below if name.row == rows - 1 and name.name not in BARS]
    more = {name.row for name in below} > {name.row for name in above}
    return more and bool(last) and not any(name.row == 0 for name in above)


def _may_be_name(word: Word, words: Sequence[Word], usual: float) -> bool:
    """Whether what reads like a name is one, where other names are ``usual`` pixels high, or 0."""
    height = word.box[3] - word.box[1]
    # Parts of small letters look like short bars.
    if word.text in BARS and height < _LEAST_BAR:
        return False
    if word.text != "I":
        return True
    # A lone bar is an I only where it is as high as other names and no line.
    like_others = not usual or 0.75 * usual <= height <= 1.3 * usual
    return like_others and not any(_ends_beside(other.box, word.box) for other in words)


def _is_second_letter(bar: Named, names: Sequence[Named], high: float) -> bool:
    """Whether a bar stands behind where names of other rows begin by a letter of the height ``high``."""
    behind = [(bar.x - name.x) / max(high, 1.0) for name in names if name.row != bar.row]
    return any(_LETTER[0] <= off <= _LETTER[1] for off in behind) and not any(abs(off) < _LETTER[0] for off in behind)


def spacing_of(levels: Sequence[float], millimetre: float) -> float:
    """Between rows, pixels."""
    return float(np.median(np.diff(levels))) if len(levels) > 1 else _ROW * millimetre


def count_of(layout: str) -> int:
    """How many leads a layout as ``3x4+1`` has."""
    twelve, _, strips = layout.partition("+")
    rows, columns = twelve.split("x")
    return int(rows) * int(columns) + int(strips or 0)


def rows_of_twelve(rows: int, names: Sequence[Named], begin: float, end: float) -> range | None:
    """The rows of a page of twelve leads among others that have no names, as lines of writing; None where there is no
    such page, or it is all rows; arguments as of :func:`layout_of`.
    """
    with_names = {name.row for name in names}
    if not with_names or _most(rows, names, begin, end) >= _ENOUGH:
        return None
    found = []
    for first in range(min(with_names) + 1):
        for last in range(max(with_names), rows):
            moved = [name._replace(row=name.row - first) for name in names]
            found.append((_most(last - first + 1, moved, begin, end, alone=False), first - last, first))
    most, fewer, first = max(found)
    return range(first, first - fewer + 1) if most >= _ENOUGH else None


def _most(rows: int, names: Sequence[Named], begin: float, end: float, *, alone: bool = True) -> float:
    """How much names speak for any page of twelve leads; ``alone``: also where they only stand where rows begin."""
    told = [_told(layout, names, begin, end) for layout in _twelve(rows)]
    return max((one.score for one in told if alone or not _is_of_rows(one.layout)), default=0.0)


def _stands_alone(word: Word, words: Sequence[Word]) -> bool:
    """Whether nothing else is written on a word's line, near it."""
    left, top, right, bottom = word.box
    near = _LINE * (bottom - top)
    return not any(
        _on_its_line(other.box, word.box) and left - near < other.box[2] and other.box[0] < right + near
        for other in words
        if other is not word
    )


def _ends_beside(other: _Box, bar: _Box) -> bool:
    """Whether a word ends just before a bar on the same line: that is its last figure then, as in ``ECG1``."""
    return _on_its_line(other, bar) and 0 <= bar[0] - other[2] <= _LAST_FIGURE * (bar[3] - bar[1])


def _on_its_line(other: _Box, box: _Box) -> bool:
    return min(other[3], box[3]) - max(other[1], box[1]) > 0.5 * (box[3] - box[1])


def in_place_of(names: Sequence[Named], found: Sequence[Named], across: tuple[float, float]) -> list[Named]:
    """Names with others that were found where rows, ``across`` from and to, begin: these stand for parts of them."""
    begin, end = across
    behind = begin + _BEHIND * (end - begin) / 4
    rows = {name.row for name in found}
    return [*(name for name in names if name.row not in rows or name.x > behind), *found]


def layout_of(
    rows: int, names: Sequence[Named], begin: float, end: float, *, broken: bool, alike: bool = False
) -> Layout:
    """The layout that the names speak for.

    Args:
        rows: How many rows there are.
        names: What was read.
        begin: Where the rows begin, x in pixels.
        end: Where they end.
        broken: Whether the traces break off where a page of twelve leads changes from one to the next.
        alike: Whether rows show the same beats all along: then names where they begin are those of all of them.
    """
    told = [_told(layout, names, begin, end) for layout in _twelve(rows)]
    best = max((one for one in told if not (alike and _is_of_rows(one.layout))), key=_score, default=None)
    if best is not None and best.score >= _ENOUGH:
        return best.layout
    if broken and not alike and rows in _BROKEN:
        likely = [layout for layout in _twelve(rows) if layout.text == _BROKEN[rows] and not layout.cabrera]
        usual = _told(likely[0], names, begin, end)
        if usual.score >= 0 and not _is_of_rows(usual.layout):
            return Layout(usual.layout.text, usual.layout.cells, names_assumed=usual.score < 2)
    return _single(rows, names, begin, end)


def _is_of_rows(layout: Layout) -> bool:
    """Whether the names of a page of twelve were read where its rows begin, and nowhere else: waves may look as if rows
    broke off.
    """
    columns = [cell.column for cell in layout.cells if cell.read and cell.columns > 1]
    return len(columns) >= _FIRST_ALONE and not any(columns)


def stated_layout(
    stated: Corrections, rows: int, names: Sequence[Named], begin: float, end: float
) -> tuple[Layout, bool]:
    """The layout that is stated, and whether rows or names speak against it; arguments as of :func:`layout_of`."""
    among = [
        layout
        for layout in _twelve(stated.rows or rows)
        if layout.text == stated.layout and stated.cabrera in (None, layout.cabrera)
    ]
    if not among:
        return _single(rows, names, begin, end), stated.rows != rows
    best = max((_told(layout, names, begin, end) for layout in among), key=_score)
    cells = tuple(cell for cell in best.layout.cells if cell.row < rows)
    nothing_read = not any(cell.read for cell in cells)
    layout = Layout(best.layout.text, cells, best.layout.cabrera, names_assumed=nothing_read)
    return layout, stated.rows != rows or best.score < 0


def with_names(layout: Layout, stated: Corrections) -> tuple[Layout, bool]:
    """A layout with the names that are stated, and whether some of them contradict it or have no place in it."""
    names = {(row, column): name for row, column, name in stated.names}
    cells, contradicted = [], False
    for cell in layout.cells:
        name = names.pop((cell.row, cell.column), None)
        contradicted |= name is not None and cell.read and name != cell.name
        cells.append(cell if name is None else cell._replace(name=name, read=True))
    assumed = layout.names_assumed and not stated.names
    return Layout(layout.text, tuple(cells), layout.cabrera, assumed), contradicted or bool(names)


class _Told(NamedTuple):
    """How much names speak for a layout."""

    score: float
    layout: Layout


def _score(told: _Told) -> float:
    return told.score


def _told(layout: Layout, names: Sequence[Named], begin: float, end: float) -> _Told:
    cells, hits, against, later = [], 0, 0, 0
    for cell in layout.cells:
        width = (end - begin) / cell.columns
        here = _at(names, cell.row, begin, width, cell.column)
        hits += cell.name in here
        # A separator may look like an I, which contradicts nothing.
        against += bool(here - {"I"}) and cell.name not in here
        later += cell.name in here and cell.column > 0
        cells.append(cell._replace(read=cell.name in here))
    score = hits - 1.5 * against + _LATER * later
    return _Told(score, Layout(layout.text, _with_strips(cells, names, begin, end), layout.cabrera))


def _at(names: Sequence[Named], row: int, begin: float, width: float, column: int) -> set[str]:
    """The names that were read at a column of a row whose columns are ``width`` wide."""
    left = begin + column * width
    first = begin - _MARGIN * width if column == 0 else left - _BEFORE * width
    return {name.name for name in names if name.row == row and first <= name.x <= left + _BEHIND * width}


def _twelve(rows: int) -> Iterator[Layout]:
    for high, wide, strips in _TWELVE:
        strip_rows = rows - high
        if strip_rows not in strips:
            continue
        for limb, cabrera in ((STANDARD[:6], False), (CABRERA, True)):
            order = (*limb, *STANDARD[6:])
            cells = [
                Cell(row, column, wide, order[column * high + row], read=False)
                for row in range(high)
                for column in range(wide)
            ]
            text = f"{high}x{wide}" + (f"+{strip_rows}" if strip_rows else "")
            yield Layout(
                text, (*cells, *(Cell(high + n, 0, 1, _RHYTHM[n], read=False) for n in range(strip_rows))), cabrera
            )


def _with_strips(cells: list[Cell], names: Sequence[Named], begin: float, end: float) -> tuple[Cell, ...]:
    """The cells with each rhythm strip by the name that was read there, or by none."""
    found = []
    for cell in cells:
        if cell.columns > 1 or sum(other.columns == 1 for other in cells) == len(cells):
            found.append(cell)
            continue
        here = sorted(_at(names, cell.row, begin, (end - begin) / 4, 0), key=NAMES.index)
        found.append(cell._replace(name=here[0] if len(here) == 1 else "", read=len(here) == 1))
    return tuple(found)


def _single(rows: int, names: Sequence[Named], begin: float, end: float) -> Layout:
    """Rows of one lead each."""
    near = [name for name in names if name.x < begin + 0.25 * (end - begin)]
    of_rows: list[Named | None] = []
    for row in range(rows):
        here = sorted((name for name in near if name.row == row), key=lambda name: name.x)
        # Letters of other words may look like an I: a longer name says more. Of several, the likest says it.
        longer = [name for name in here if len(name.name) > 1] or here
        of_rows.append(max(longer, key=lambda name: name.likeness, default=None))
    cells = []
    for row, own in enumerate(of_rows):
        # Of two rows with the same name one was misread: that which is less like it.
        same = [name.likeness for name in of_rows if name is not None and own is not None and name.name == own.name]
        name = own.name if own is not None and own.likeness == max(same) else ""
        cells.append(Cell(row, 0, 1, name, read=bool(name)))
    return Layout(f"{rows}x1", tuple(cells))
