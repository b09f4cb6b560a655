"""Lines and words of a PDF's page, by PDFium. A stranger's bytes are parsed: call it by :mod:`ecg.pictures.confined`.

pypdfium2 (Apache-2.0 or BSD-3-Clause), which draws the pages of PDFs here anyway, tells of each path its segments, its
pen and where it stands, and of each letter its box: no second parser has to be trusted. pypdf and pikepdf tell
operators, not what they draw.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.decoding import ImageError, ImageReason
from ecg.pictures.documents.drawing import Drawing, Points, Printed, Stroke
from ecg.pictures.documents.opening import POINTS_PER_INCH, only_page, rendering_scale

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

Matrix = NDArray[np.float64]
"""``[3, 3]``: from the coordinates of an object to those around it, for columns ``(x, y, 1)``."""

#: A page of twelve leads has some ten thousand of each; what has more of one is refused.
_MOST_OBJECTS: Final = 200_000
_MOST_POINTS: Final = 600_000
_MOST_LETTERS: Final = 20_000
#: Forms in forms deeper than this are left out.
_DEEPEST: Final = 6
#: Pieces that stand for a curve.
_CURVE_PIECES: Final = 8
#: A filled rectangle that is no thicker is a line, points.
_THICKEST: Final = 1.5

_MM_PER_INCH: Final = 25.4


def drawing_of(data: bytes) -> Drawing:
    """What is drawn on the only page of a PDF.

    Raises:
        ImageError: the PDF is locked, has scripts, several pages, or more on its page than is looked at.
        pypdfium2.PdfiumError: it is damaged.
    """
    page = only_page(data)
    width, height = page.get_size()
    scale = rendering_scale(page)
    size = math.ceil(width * scale), math.ceil(height * scale)
    upright = _to_pixels(page, scale)
    words, quarters = _words(page, upright)
    return Drawing(
        size=size,
        pixels_per_mm=scale * POINTS_PER_INCH / _MM_PER_INCH,
        quarters=quarters,
        strokes=_strokes(page, upright),
        words=words,
    )


def _to_pixels(page: PdfPage, scale: float) -> Matrix:
    """From the page's own coordinates, which may be turned and begin anywhere, to pixels of the drawn page."""
    left, bottom, right, top = page.get_bbox()
    turned = {
        0: [[1, 0, -left], [0, -1, top]],
        90: [[0, 1, -bottom], [1, 0, -left]],
        180: [[-1, 0, right], [0, 1, -bottom]],
        270: [[0, -1, top], [-1, 0, right]],
    }[page.get_rotation() % 360]
    return np.diag([scale, scale, 1.0]) @ np.array([*turned, [0, 0, 1]], np.float64)


class _Gatherer:
    """Gathers the strokes of a page's objects."""

    def __init__(self) -> None:
        self.strokes: list[Stroke] = []
        self._pens: dict[tuple[float, ...], int] = {}
        self._objects = 0
        self._points = 0

    def add(self, objects: Iterator[object], place: Matrix, depth: int) -> None:
        """Those of ``objects``, in the order in which they are drawn."""
        from pypdfium2 import raw

        for item in objects:
            self._objects += 1
            if self._objects > _MOST_OBJECTS:
                raise _too_much("objects", _MOST_OBJECTS)
            kind = raw.FPDFPageObj_GetType(item)
            if kind == raw.FPDF_PAGEOBJ_PATH:
                self._add_path(item, place @ _matrix(item))
            elif kind == raw.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
                count = raw.FPDFFormObj_CountObjects(item)
                within = (raw.FPDFFormObj_GetObject(item, number) for number in range(count))
                self.add(within, place @ _matrix(item), depth + 1)

    def _add_path(self, path: object, place: Matrix) -> None:
        from pypdfium2 import raw

        fill, stroked = ctypes.c_int(), ctypes.c_int()
        count = raw.FPDFPath_CountSegments(path)
        self._points += count
        if self._points > _MOST_POINTS:
            raise _too_much("points", _MOST_POINTS)
        if not raw.FPDFPath_GetDrawMode(path, fill, stroked) or not (stroked.value or fill.value):
            return
        pen = self._pen(path, stroked=bool(stroked.value))
        for points in _lines(path, count):
            if not stroked.value:
                points = _middle_of(points)  # a thin rectangle is the line along its middle
            if len(points) > 1:
                at = np.c_[points, np.ones(len(points))] @ place.T
                self.strokes.append(Stroke(np.ascontiguousarray(at[:, :2]), pen))

    def _pen(self, path: object, *, stroked: bool) -> int:
        from pypdfium2 import raw

        parts = [ctypes.c_uint() for _ in range(4)]
        width = ctypes.c_float()
        colour_of = raw.FPDFPageObj_GetStrokeColor if stroked else raw.FPDFPageObj_GetFillColor
        colour_of(path, *parts)
        raw.FPDFPageObj_GetStrokeWidth(path, width)
        key = (*(part.value for part in parts), round(width.value, 3) if stroked else -1.0)
        return self._pens.setdefault(key, len(self._pens))


def _strokes(page: PdfPage, upright: Matrix) -> tuple[Stroke, ...]:
    from pypdfium2 import raw

    gatherer = _Gatherer()
    count = raw.FPDFPage_CountObjects(page)
    if count > _MOST_OBJECTS:
        raise _too_much("objects", _MOST_OBJECTS)
    objects = (raw.FPDFPage_GetObject(page, number) for number in range(count))
    gatherer.add(objects, upright, 0)
    return tuple(gatherer.strokes)


def _matrix(item: object) -> Matrix:
    from pypdfium2 import raw

    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(item, matrix)
    return np.array([[matrix.a, matrix.c, matrix.e], [matrix.b, matrix.d, matrix.f], [0, 0, 1]], np.float64)


def _lines(path: object, count: int) -> Iterator[Points]:
    """The lines of a path, ``[n, 2]`` each, in its own coordinates; curves as :data:`_CURVE_PIECES` straight pieces."""
    from pypdfium2 import raw

    x, y = ctypes.c_float(), ctypes.c_float()
    line: list[tuple[float, float]] = []
    control: list[tuple[float, float]] = []
    for number in range(count):
        segment = raw.FPDFPath_GetPathSegment(path, number)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        at = (x.value, y.value)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            if len(line) > 1:
                yield np.array(line)
            line, control = [at], []
        elif kind == raw.FPDF_SEGMENT_LINETO:
            line.append(at)
        else:
            control.append(at)
            if len(control) == 3:
                line += _curve(line[-1] if line else control[0], control)
                control = []
        if raw.FPDFPathSegment_GetClose(segment) and line:
            line.append(line[0])
    if len(line) > 1:
        yield np.array(line)


def _curve(begin: tuple[float, float], control: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Places along a cubic Bézier curve, without its begin."""
    share = np.linspace(0, 1, _CURVE_PIECES + 1)[1:, None]
    first, second, third, last = np.array([begin, *control])
    left = 1 - share
    along = left**3 * first + 3 * left**2 * share * second + 3 * left * share**2 * third + share**3 * last
    return [(float(x), float(y)) for x, y in along]


def _middle_of(outline: Points) -> Points:
    """The line along the middle of a thin upright rectangle; nothing of any other shape."""
    low, high = outline.min(axis=0), outline.max(axis=0)
    on_edges = ((outline == low) | (outline == high)).all()
    if len(outline) not in (4, 5, 6) or not on_edges or (high - low).min() > _THICKEST:
        return np.empty((0, 2))
    middle = (low + high) / 2
    along = int((high - low).argmax())
    ends = np.stack([middle, middle])
    ends[:, along] = low[along], high[along]
    return ends


def _words(page: PdfPage, upright: Matrix) -> tuple[tuple[Printed, ...], int]:
    """The page's words, and by how many quarter turns counter-clockwise most of its letters are turned."""
    from pypdfium2 import raw

    text = page.get_textpage()
    count = raw.FPDFText_CountChars(text)
    if count > _MOST_LETTERS:
        raise _too_much("letters", _MOST_LETTERS)
    turns = np.zeros(4, np.int64)
    words: list[Printed] = []
    letters: list[tuple[str, Points]] = []
    for number in range(count + 1):
        letter = chr(raw.FPDFText_GetUnicode(text, number)) if number < count else " "
        if letter.isspace() or not letter.isprintable():
            if letters:
                words.append(_word(letters, upright))
            letters = []
            continue
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        raw.FPDFText_GetCharBox(text, number, left, right, bottom, top)
        letters.append((letter, np.array([(left.value, bottom.value, 1), (right.value, top.value, 1)])))
        angle = raw.FPDFText_GetCharAngle(text, number)
        # PDFium counts it clockwise, as it does the turns of pages.
        turns[(-round(angle / (math.pi / 2)) - page.get_rotation() // 90) % 4] += 1
    return tuple(words), int(turns.argmax())


def _word(letters: list[tuple[str, Points]], upright: Matrix) -> Printed:
    corners = np.concatenate([box for _, box in letters]) @ upright.T
    (left, top), (right, bottom) = corners[:, :2].min(axis=0), corners[:, :2].max(axis=0)
    return Printed("".join(letter for letter, _ in letters), (float(left), float(top), float(right), float(bottom)))


def _too_much(what: str, most: int) -> ImageError:
    message = f"There are more than {most:,} {what} on the page. Save it again as a picture."
    return ImageError(ImageReason.TOO_COSTLY, message)
