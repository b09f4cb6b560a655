"""From a picture to the leads of the strip or page that it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ecg.leads import STANDARD
from ecg.pictures.ink.opening import WORK_SIDE as BEAT_SIDE
from ecg.pictures.ink.reading import read_beat
from ecg.pictures.pages.corrections import NOTHING, Corrections
from ecg.pictures.pages.emptiness import is_empty
from ecg.pictures.pages.halves import are_alike
from ecg.pictures.pages.layouts import (
    BARS,
    Layout,
    count_of,
    in_place_of,
    layout_of,
    named_beside,
    rows_of_twelve,
    stated_layout,
    with_names,
)
from ecg.pictures.pages.leads import leads_of
from ecg.pictures.pages.lettering import UNITS
from ecg.pictures.pages.likeness import between_beats, breaks_off, is_beat, signs_of, without_edges
from ecg.pictures.pages.millimetre import likelier
from ecg.pictures.pages.paper import Page, page_of
from ecg.pictures.pages.probabilities import Pixels, Probabilities
from ecg.pictures.pages.pulses import guessed_millimetre
from ecg.pictures.pages.rereading import all_words
from ecg.pictures.pages.result import LEAST_SECONDS, Basis, Kind, PageReading, Reason, Warned
from ecg.pictures.pages.rhythm_strips import named_by_likeness
from ecg.pictures.pages.rows import ends_of, rows_of
from ecg.pictures.pages.scale import scale_of
from ecg.pictures.pages.seeking import Row, sought, sought_units
from ecg.pictures.pages.sheet import Sheet, sheet_by_sides, sheet_of
from ecg.pictures.pages.squaring import squared
from ecg.pictures.pages.traces import Trace, among_rows, astray_of, touching, traces_of
from ecg.pictures.pages.views import View, view_of
from ecg.pictures.pages.words import Word, words_of

#: The longer side with which pictures are read, pixels: larger ones are made smaller. A page is 280 mm wide.
WORK_SIDE: Final = 2400
#: Pictures with a shorter side are no strip, pixels.
_LEAST_SIDE: Final = 60
#: Smaller pictures may show one beat, pixels of the longer side.
_SMALL: Final = 700
_LEAST_WIDTH: Final = 150
#: By so many degrees a page is turned that no scanner shows.
_ASKEW: Final = 4.0
#: So many rows are of twelve leads in two columns, or of one lead each: recorders of the limb leads draw those.
_TWO_COLUMNS: Final = 6
#: How often a page without a grid is squared by its rows: the first time they may be far from level.
_SQUARED: Final = 2


def go_on_always() -> None:
    """What is called between steps where nobody wants to end them."""


def read(
    pixels: Pixels,
    probabilities: Probabilities | None = None,
    *,
    corrections: Corrections = NOTHING,
    go_on: Callable[[], None] = go_on_always,
) -> PageReading:
    """What an upright or turned picture shows.

    Args:
        pixels: ``uint8`` ``[rows, columns, 3]``, RGB.
        probabilities: A network's word on each pixel: pages of which words are missing are looked at again by it.
        corrections: What a person states: it is taken as it is, and warnings say what contradicts it.
        go_on: Called between the steps; may end the work by raising.

    Returns:
        Leads in millivolts, and where they stand in the picture; without leads, what kind of picture it is and why
        nothing was read.
    """
    image = Image.fromarray(pixels)
    sheet = sheet_of(image) if corrections.region is None else None
    found = _first(image, sheet, corrections, go_on)
    if found.reading.is_doubtful and corrections.region is None and not corrections.way_up:
        other = sheet_by_sides(image)
        if other is not None and (sheet is None or not other.is_same(sheet)):
            found = found.or_more(_on_sheet(image, other, corrections, go_on))
    if found.reading.is_doubtful and probabilities is not None:
        found = _looked_again(found, probabilities, corrections, go_on)
    return found.reading


def _first(image: Image.Image, sheet: Sheet | None, corrections: Corrections, go_on: Callable[[], None]) -> _Found:
    """What a picture shows on its sheet, where it shows one, or all over."""
    if sheet is not None and not corrections.way_up:
        found = _on_sheet(image, sheet, corrections, go_on)
        if found.reading.leads and (_is_whole(found.reading) or not sheet.ends_at_edge(image.size)):
            return found
        # What seems to be a sheet may be a lit part of a table.
        whole = _read(view_of(image, corrections, WORK_SIDE), image.size, corrections, go_on)
        return whole if not found.reading.leads or whole.reading.shows_more(found.reading) else found
    if sheet is not None and not (corrections.corners and sheet.fills(corrections.corners, image.size)):
        sheet = None
    return _read(view_of(image, corrections, WORK_SIDE, sheet), image.size, corrections, go_on)


def _on_sheet(image: Image.Image, sheet: Sheet, corrections: Corrections, go_on: Callable[[], None]) -> _Found:
    view = view_of(image, replace(corrections, corners=sheet.corners), WORK_SIDE, sheet)
    return _read(view, image.size, corrections, go_on)


def _is_whole(reading: PageReading) -> bool:
    """Whether twelve leads were read, and all that the layout has."""
    return len(reading.leads) >= max(len(STANDARD), count_of(reading.layout))


def _read(view: View, size: tuple[int, int], corrections: Corrections, go_on: Callable[[], None]) -> _Found:
    """What a view of a picture of ``size`` shows."""
    too_small = min(view.image.size) < _LEAST_SIDE or max(view.image.size) < _LEAST_WIDTH
    found = _Found(PageReading(Kind.NONE, size, Reason.TOO_SMALL if too_small else Reason.BLANK))
    if is_empty(np.asarray(view.image)):
        return found
    page = None if too_small else page_of(view, corrections, go_on)
    if page is not None:
        found = _read_page(page, size, corrections, go_on)._replace(page=page)
    reading = found.reading
    unsure = reading.kind is not Kind.PAGE and (not reading.leads or Warned.SCALE_UNKNOWN in reading.warnings)
    unsure |= max(view.image.size) * view.scale < _SMALL
    if unsure and not (found.repeated or corrections.trusted) and _is_one_beat(view.image):
        return _Found(PageReading(Kind.BEAT, size))
    return found


def _looked_again(
    found: _Found, probabilities: Probabilities, corrections: Corrections, go_on: Callable[[], None]
) -> _Found:
    """What is read of a page where a network says that ink may be, if that says more than what was ``found``."""
    if found.page is None or not found.reading.leads:
        return found
    go_on()
    again = found.page.again(found.page.flat, found.page.pitch, probabilities)
    return found if again is None else found.or_more(_read_page(again, found.reading.size, corrections, go_on))


def _is_one_beat(image: Image.Image) -> bool:
    """Whether a picture is read as one beat by what reads those."""
    return is_beat(read_beat(image.reduce(max(1, max(image.size) // BEAT_SIDE))))


class _Found(NamedTuple):
    """What was read of a page."""

    reading: PageReading
    page: Page | None = None
    """On which it was read, as it lay at first."""
    repeated: bool = False
    """Whether beats were seen again and again."""
    astray: int = 0
    """How many rows don't begin and end with the others."""

    def or_more(self, other: _Found) -> _Found:
        """What was read in another way, if that says more, and lacks no rows but such as go astray, or of a reading
        without a word: these may be none.
        """
        few = self.reading.rows - other.reading.rows <= self.astray or self.reading.words == 0 < other.reading.words
        return other if few and other.reading.says_more(self.reading) else self


def _read_page(page: Page, size: tuple[int, int], corrections: Corrections, go_on: Callable[[], None]) -> _Found:
    scale_to_picture = page.scale
    stated = corrections.scaled(1 / scale_to_picture, 1 / scale_to_picture)
    page, traces = _squared(*_better_known(page, _traces(page, stated, go_on), stated, go_on), stated, go_on)
    if not traces:
        return _Found(PageReading(Kind.NONE, size, Reason.NO_TRACE))
    ink, all_read = all_words(page.ink, page.words, [trace.level for trace in traces], page.millimetre, go_on)
    page = page._replace(ink=ink, words=all_read)
    traces = _of_twelve(page, traces, stated)
    begin, end = _ends(traces, page)
    pulses = [trace.pulse for trace in traces if trace.pulse is not None]
    words = [*page.words, *sought_units(page.ink, page.words)]
    layout, contradicted = _layout(page, traces, (begin, end), stated)
    columns = max((cell.columns for cell in layout.cells), default=1)
    scale = scale_of(page.pitch, pulses, words, end - begin, stated, rows=len(traces), columns=columns)
    seconds = (end - begin) / scale.pixels_per_second
    known = scale.calibration.millimetre is not Basis.ASSUMED
    if known and seconds < LEAST_SECONDS:
        one = stated.trusted or _is_one_beat(page.view.image)
        return _Found(PageReading(Kind.BEAT, size) if one else PageReading(Kind.NONE, size, Reason.NO_ECG))
    # Noise has many names by chance, but not where a layout has them; bars are names anywhere.
    telling = len({cell.name for cell in layout.cells if cell.read} - {*BARS})
    # Of speed and gain, number and unit; else a unit by itself.
    telling += 2 * scale.calibration.printed or any(word.text in UNITS for word in page.words)
    signs = signs_of(page.ink, traces, page.millimetre, page.pitch, telling)
    if not (stated.trusted or signs.is_ecg):
        return _Found(PageReading(Kind.NONE, size, Reason.NO_ECG), repeated=signs.beating > 0)
    per_mm = scale.calibration.pixels_per_mm * scale_to_picture
    leads = named_by_likeness(leads_of(traces, layout, scale, page.to_picture, begin, end))
    touch = (Warned.TRACES_TOUCH,) if touching(traces) else ()
    unnamed = (Warned.NAME_UNKNOWN,) if any(not lead.name for lead in leads) else ()
    reading = PageReading(
        kind=Kind.STRIP if len(traces) == 1 else Kind.PAGE,
        size=size,
        layout=layout.text,
        cabrera=layout.cabrera,
        degrees=_degrees(page),
        corners=_corners(page),
        calibration=replace(scale.calibration, pixels_per_mm=per_mm),
        leads=leads,
        warnings=(*scale.warnings, *layout.warnings, *unnamed, *touch, *contradicted, *page.warnings),
    )
    return _Found(reading, repeated=signs.beating > 0, astray=astray_of(traces))


def _better_known(
    page: Page, traces: list[Trace], stated: Corrections, go_on: Callable[[], None]
) -> tuple[Page, list[Trace]]:
    """A page whose millimetre is what beats, or pulses, say it is, and its traces."""
    pitch, millimetre = page.pitch, None
    if not stated.trusted and pitch is not None:
        pitch = likelier(pitch, between_beats(traces))
        millimetre = pitch.millimetre if pitch is not None else None
    elif not stated.trusted and not any(trace.pulse for trace in traces):
        millimetre = guessed_millimetre(page.ink, page.millimetre)
    if millimetre is None:
        return page, traces
    words = words_of(page.ink, millimetre)
    # What was taken for a pulse may be a letter: nothing can be read by it then.
    if page.pitch is None and _read_of(words) < _read_of(page.words):
        return page, traces
    page = page._replace(pitch=pitch, millimetre=millimetre, words=words)
    return page, _traces(page, stated, go_on)


def _read_of(words: Sequence[Word]) -> int:
    """How many of words were read; bars may be anything."""
    return sum(bool(word.text) and word.text not in BARS for word in words)


def _squared(
    page: Page, traces: list[Trace], stated: Corrections, go_on: Callable[[], None]
) -> tuple[Page, list[Trace]]:
    """A page without a grid as its rows say that it lies, and its traces."""
    for _ in range(_SQUARED if page.pitch is None and not stated.corners else 0):
        askew = abs((_degrees(page) + 45) % 90 - 45) > _ASKEW
        flat = squared(page.flat, traces, page.millimetre, askew=askew)
        again = page.again(flat, None, page.probabilities) if flat is not None else None
        if again is None:
            break
        found = _better_known(again, _traces(again, stated, go_on), stated, go_on)
        if abs(len(found[1]) - len(traces)) > 1:
            break
        page, traces = found
    return page, traces


def _of_twelve(page: Page, traces: list[Trace], stated: Corrections) -> list[Trace]:
    """The traces without lines of writing above and below those of twelve leads."""
    if stated.rows is not None:
        return traces
    across = _ends(traces, page)
    names = named_beside(page.words, [trace.level for trace in traces], page.millimetre, *across)
    among = rows_of_twelve(len(traces), names, *across)
    return traces if among is None else traces[among.start : among.stop]


def _ends(traces: list[Trace], page: Page) -> tuple[float, float]:
    """Where rows begin and end, x in pixels."""
    begins, ends = [trace.begin for trace in traces], [trace.end for trace in traces]
    return ends_of(begins, ends, page.millimetre, sure=page.pitch is not None)


def _traces(page: Page, stated: Corrections, go_on: Callable[[], None]) -> list[Trace]:
    levels = rows_of(page.ink, page.millimetre, stated.rows)
    traces = among_rows(traces_of(page.ink, levels, page.millimetre, go_on), page.millimetre)
    return traces if stated.rows is not None else without_edges(traces, page.millimetre)


def _layout(
    page: Page, traces: list[Trace], across: tuple[float, float], stated: Corrections
) -> tuple[Layout, tuple[Warned, ...]]:
    """The page's layout, and what speaks against what is stated of it."""
    levels = [trace.level for trace in traces]
    names = named_beside(page.words, levels, page.millimetre, *across)
    contradicted = []
    if stated.layout:
        layout, off = stated_layout(stated, len(traces), names, *across)
        contradicted += [Warned.STATED_LAYOUT] if off else []
    else:
        broken = breaks_off(traces, *across, page.millimetre)
        alike = len(traces) == _TWO_COLUMNS and are_alike(traces, *across, page.millimetre)
        layout = layout_of(len(traces), names, *across, broken=broken, alike=alike)
        unread = {cell.row for cell in layout.cells if cell.columns == 1 and not cell.read}
        if unread:
            rows = [Row(trace.level, trace.begin, trace.end, trace.line) for trace in traces]
            bars = any(cell.columns > 1 for cell in layout.cells)
            found = sought(page.ink, page.words, rows, unread, names, page.millimetre, bars=bars)
            names = in_place_of(names, found, across)
            layout = layout_of(len(traces), names, *across, broken=broken, alike=alike) if found else layout
    layout, off = with_names(layout, stated)
    contradicted += [Warned.STATED_NAMES] if off else []
    return layout, tuple(contradicted)


def _corners(page: Page) -> NDArray[np.float64]:
    width, height = page.flat.size
    return page.to_picture(np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64))


def _degrees(page: Page) -> float:
    """By how much the page is turned counter-clockwise in the picture."""
    middle = np.array(page.flat.size, np.float64) / 2
    (x, y), (ahead_x, ahead_y) = page.to_picture(np.stack([middle, middle + np.array([20.0, 0.0])]))
    return float(np.degrees(np.arctan2(y - ahead_y, ahead_x - x)))
