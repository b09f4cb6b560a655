"""Whether traces are those of a heart, by what stands around them and by their shape, and whether they break off
between leads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.signal import find_peaks
from scipy.stats import kurtosis

from ecg.pictures.ink.reading import ReadBeat
from ecg.pictures.ink.strokes import Line
from ecg.pictures.pages.following import letters_of
from ecg.pictures.pages.ink import Ink
from ecg.pictures.pages.millimetre import Pitch
from ecg.pictures.pages.traces import Trace

Floats = NDArray[np.float64]

#: A wave stands out by this share of a trace's height, and is narrower than this share of the time between waves.
_STANDS_OUT: Final = 0.5
_NARROW: Final = 0.3
_LEAST_WAVES: Final = 3
#: Of waves as tall, those no wider than so many times the narrow ones are looked at by themselves, too.
_AS_NARROW: Final = 2.0
#: A baseline drifts slowly: it is what lies in the middle of such a share of a row.
_DRIFTS: Final = 12
#: So many waves on one that does are beats: curves of other things have a few.
_LEAST_ON_DRIFT: Final = 6
#: Waves are at least so high, as a share of all that the trace rises: ticks of an axis are lower.
_HIGH: Final = 0.15
#: So far to both sides of a wave its shape is looked at, as a share of the time between waves; this share of the waves
#: correlates as much with the usual one.
_AROUND: Final = 0.3
_MOST: Final = 0.6
_ALIKE: Final = 0.8
#: A trace moves by so many pens' width.
_ALIVE: Final = 3.0
#: Ink so near to a row's level, mm, is beside its trace; less where rows are closer together, as a share of their
#: distance.
_BESIDE: Final = 12.0
_BETWEEN: Final = 0.45
#: A trace runs alone in this share of its columns: where it beats on bold lines, where so many of the rows beat on any
#: lines and are sharper, where it beats beside a name or other rows that do, on bold lines or where they beat sharply
#: on any lines, on any lines, and without any, or with waves that aren't sharp, where so many of the rows beat. Ink no
#: farther apart than this, mm, is its own, as of one that trembles.
_LEAST_ALONE: Final = 0.4
_ALONE_BEATING: Final = 0.65
_ALONE_NAMED: Final = 0.85
_ALONE_ON_BOLD: Final = 0.87
_ALONE_ON_LINES: Final = 0.93
_ALONE_ON_NOTHING: Final = 0.97
_BEATING: Final = 0.75
_OWN: Final = 0.6
#: Kurtosis of the slopes (3: as by chance): a sine has 1.5 and on paper some more, fibrillation some 2.5 to 5, beats
#: more. Edges of boxes and bars have more than any trace, and more than any that doesn't beat.
_ROUND: Final = 2.1
_SHARP: Final = 6.0
_ANGULAR: Final = 150.0
_ANGULAR_ELSEWHERE: Final = 75.0
#: Beats have kurtosis from here on mostly; charts that rise and fall evenly have less.
_SHARPER: Final = 15.0
#: Of more rows than this, on paper without bold lines, this share beats: lines of writing on squares don't.
_FEW_ROWS: Final = 3
_LEAST_BEATING: Final = 0.5
#: So many lines, each of which covers this share of the height of so many rows, are those of a table.
_RULES: Final = 4
_THROUGH: Final = 0.97
_RULED_ROWS: Final = 5
#: What goes straight up or down for so many millimetres, at such a slope or more, and leaves a line by no more than
#: this, mm, is a polygon's side: of a trace it is no more than this share, on bold lines, or beating beside words, or
#: sharply on any lines, and elsewhere.
_SIDE: Final = 4.0
_SLOPE: Final = 0.15
_OFF: Final = 0.08
_MOST_SIDES: Final = 0.35
_MOST_SIDES_ELSEWHERE: Final = 0.12
#: So many words that only ECGs bear make sure of one by themselves: numbers may be read as names now and then.
_ENOUGH_WORDS: Final = 4
#: A trace leaps where a lead ends and the next begins: mm within two columns, in so many rows at once.
_LEAP: Final = 0.6
#: An edge of the paper goes on beyond its rows' ends by so many millimetres.
_BEYOND: Final = 3.0
#: What doesn't beat and is shorter than this share of rows that do is none.
_SHORT: Final = 0.6
#: Beside so many rows that beat, what doesn't and neither begins nor ends with them, mm, is none.
_LEAST_WITH: Final = 3
_WITH: Final = 2.0

#: One beat has next to nothing beside its line (a share of all ink), and as little of it is level elsewhere than at its
#: level: of 360 drawn and photographed beats 1 in 100 has more than 0.01, and none more terraces than 0.09; 1 in 50 has
#: more waves.
_MOST_BEATS: Final = 2
_MOST_BESIDE: Final = 0.06
_MOST_TERRACES: Final = 0.12
#: A line is level where it rises by less in a column, pixels; levels are told apart in so many steps of its height.
_LEVEL: Final = 0.02
_LEVELS: Final = 20


class Signs(NamedTuple):
    """What speaks for an ECG, and against it. Of several rows, the middle one says it."""

    words: int
    """Names of leads where layouts have them, and printed speed and gain, each of which is a number and a unit."""
    lines: bool
    """Whether there is a grid."""
    bold: bool
    """Whether every fifth of its lines is bolder."""
    beating: float
    """Share of the rows with narrow waves of one shape that come again and again."""
    alone: float
    """Share of the columns in which a trace has no other ink beside it but letters."""
    sharpness: float
    """Kurtosis of a trace's slopes."""
    sides: float
    """Share of a trace that goes straight up or down for long."""
    flat: bool = False
    """Whether there are several rows of which most hardly move: rules of a table or a form."""
    ruled: bool = False
    """Whether lines go straight down through all of several rows: those of a table or a puzzle."""
    rows: int = 1

    @property
    def is_ecg(self) -> bool:
        """Whether they speak for an ECG."""
        if self.words >= _ENOUGH_WORDS:
            return True
        if self.ruled or (self.rows > _FEW_ROWS and not self.bold and self.beating < _LEAST_BEATING):
            return False
        beats = self.beating >= _BEATING
        steep = (self.bold and self.sharpness >= _SHARP) or (self.words > 1 and self.beating > 0)
        steep |= (self.lines or self.words > 0) and beats and self.sharpness >= _SHARPER
        sides = self.sides <= (_MOST_SIDES if steep else _MOST_SIDES_ELSEWHERE)
        sharp = _ROUND <= self.sharpness <= (_ANGULAR if beats else _ANGULAR_ELSEWHERE)
        traced = sharp and sides and not self.flat
        if self.words:
            clear = self.alone >= _ALONE_NAMED
            clear |= self.sharpness >= _SHARPER and self.sides <= _MOST_SIDES_ELSEWHERE
            return sides and not self.flat and (self.lines or (self.beating > 0 and clear))
        if self.bold:
            beating = self.beating > 0 and self.alone >= _LEAST_ALONE
            return sides and (beating or (traced and self.alone >= _ALONE_ON_BOLD))
        if self.lines:
            alone = _ALONE_ON_LINES
            if beats:
                alone = _ALONE_ON_NOTHING if self.sharpness < _SHARP else _ALONE_ON_BOLD
                alone = _ALONE_BEATING if self.sharpness >= _SHARPER else alone
            return traced and self.alone >= alone
        alone = _ALONE_ON_NOTHING
        if self.rows > 1 and self.sharpness >= _SHARPER:
            alone = _ALONE_NAMED
        return traced and beats and self.alone >= alone and self.sharpness >= _SHARP


def is_beat(beat: ReadBeat) -> bool:
    """Whether what reads single beats found the line of one, and not that of a chart or of a texture."""
    if beat.reason is not None or beat.line is None:
        return False
    if beat.evidence is None:
        return True
    return (
        beat.beats <= _MOST_BEATS
        and beat.evidence.other_ink <= _MOST_BESIDE
        and _terraces(beat.line) <= _MOST_TERRACES
        and _sharpness(beat.line) >= _ROUND
    )


def signs_of(ink: Ink, traces: Sequence[Trace], millimetre: float, pitch: Pitch | None, words: int) -> Signs:
    """What speaks for an ECG.

    Args:
        ink: Of the page.
        traces: Of its rows; at least one.
        millimetre: Pixels.
        pitch: Of its grid; None where there is none.
        words: How many were read that only ECGs bear.
    """
    return Signs(
        words=words,
        lines=pitch is not None,
        bold=pitch is not None and pitch.bold,
        beating=float(np.mean([_between(trace.line) is not None for trace in traces])),
        alone=float(np.median(_alone(ink, traces, millimetre))),
        sharpness=float(np.median([_sharpness(trace.line) for trace in traces])),
        sides=float(np.median([_sides(trace, millimetre) for trace in traces])),
        ruled=_is_ruled(ink, traces),
        flat=len(traces) > 1 and float(np.mean([_moves(trace.line) for trace in traces])) < 0.5,
        rows=len(traces),
    )


def _is_ruled(ink: Ink, traces: Sequence[Trace]) -> bool:
    """Whether several lines go straight down through all of several rows, between their ends."""
    if len(traces) < _RULED_ROWS:
        return False
    levels = [trace.level for trace in traces]
    ends = min(trace.begin for trace in traces), max(trace.end for trace in traces)
    part = ink.mask[int(min(levels)) : int(max(levels)), int(ends[0]) : int(ends[1])]
    if not part.size:
        return False
    through = np.r_[False, part.mean(axis=0) >= _THROUGH, False]
    return int(np.count_nonzero(np.diff(through.astype(np.int8)) > 0)) >= _RULES


def _alone(ink: Ink, traces: Sequence[Trace], millimetre: float) -> list[float]:
    """Of each trace, the share of its columns in which nothing larger than letters is beside it."""
    runs = ink.runs
    large = ~letters_of(ink, millimetre)[ink.labels[runs.starts, runs.columns]]
    middles = (runs.starts + runs.ends) / 2
    levels = sorted(trace.level for trace in traces)
    reach = min([_BESIDE * millimetre, *(_BETWEEN * float(gap) for gap in np.diff(levels))])
    shares = []
    for trace in traces:
        # A lone line that doesn't move may be no heart's, but what bars stand on: all that stands there speaks.
        near = large & ((np.abs(middles - trace.level) < reach) | (len(traces) == 1 and not _moves(trace.line)))
        columns, starts, ends = runs.columns[near], runs.starts[near], runs.ends[near]
        order = np.lexsort((starts, columns))
        columns, starts, ends = columns[order], starts[order], ends[order]
        apart = np.ones(len(columns), np.bool_)
        apart[1:] = (np.diff(columns) > 0) | (starts[1:] - ends[:-1] > _OWN * millimetre)
        counts = np.bincount(columns[apart], minlength=ink.mask.shape[1])
        shares.append(float((counts[trace.line.columns] <= 1).mean()))
    return shares


def _sharpness(line: Line) -> float:
    """Kurtosis of a line's slopes; 0 where it has none."""
    slopes = np.diff(line.middle) / np.maximum(1, np.diff(line.columns))
    return float(kurtosis(slopes, fisher=False)) if len(slopes) and float(np.ptp(slopes)) > 0 else 0.0


def _sides(trace: Trace, millimetre: float) -> float:
    """The share of a trace that goes straight up or down as the sides of polygons do."""
    columns = trace.line.columns
    heights = np.interp(np.arange(columns[0], columns[-1] + 1), columns, trace.line.middle)
    window = max(5, round(_SIDE * millimetre))
    if len(heights) < window:
        return 0.0
    # Least squares about the middle of each window, by sums over it.
    places = np.arange(window) - (window - 1) / 2
    mean = ndimage.uniform_filter1d(heights, window)
    slope = ndimage.correlate1d(heights, places / float(places @ places))
    within = ndimage.uniform_filter1d(heights**2, window) - mean**2
    left = np.sqrt(np.maximum(within - slope**2 * float(places @ places) / window, 0.0))
    # How far off it is counts at right angles to the side.
    straight = (left <= _OFF * millimetre * np.hypot(1.0, slope)) & (np.abs(slope) >= _SLOPE)
    return float(straight.mean())


def _moves(line: Line) -> bool:
    return float(np.ptp(line.middle)) >= _ALIVE * line.thickness


def _terraces(line: Line) -> float:
    """The share of a line that is level elsewhere than where it is level most often, as the tops of bars are."""
    heights = line.middle
    rise = float(np.ptp(heights))
    if rise == 0 or len(heights) < _LEAST_WAVES:
        return 0.0
    level = heights[np.abs(np.gradient(heights)) < _LEVEL]
    counts, edges = np.histogram(level, bins=_LEVELS, range=(float(heights.min()), float(heights.max())))
    usual = int(counts.argmax())
    away = np.abs(level - (edges[usual] + edges[usual + 1]) / 2) > _HIGH * rise
    return float(np.count_nonzero(away) / len(heights))


def between_beats(traces: Sequence[Trace]) -> float | None:
    """Pixels from one beat to the next; None where no trace has narrow waves of one shape again and again."""
    found = [between for trace in traces if (between := _between(trace.line)) is not None]
    return float(np.median(found)) if found else None


def without_edges(traces: list[Trace], millimetre: float) -> list[Trace]:
    """Traces without what is above and below rows that beat, doesn't, and goes on beyond both of their ends, is much
    shorter, or begins and ends elsewhere: an edge of the paper, what it lies on, or a line of its grid.
    """
    beats = [_between(trace.line) is not None for trace in traces] if len(traces) > 1 else []
    if not any(beats):
        return traces
    beating = [trace for trace, beat in zip(traces, beats, strict=True) if beat]
    begin = min(trace.begin for trace in beating) - _BEYOND * millimetre
    end = max(trace.end for trace in beating) + _BEYOND * millimetre
    shortest = _SHORT * float(np.median([trace.end - trace.begin for trace in beating]))
    common = float(np.median([trace.begin for trace in beating])), float(np.median([trace.end for trace in beating]))

    def may_be_row(trace: Trace) -> bool:
        off = min(abs(trace.begin - common[0]), abs(trace.end - common[1]))
        with_others = len(beating) < _LEAST_WITH or off <= _WITH * millimetre
        long = trace.end - trace.begin >= shortest
        return with_others and long and (trace.begin > begin or trace.end < end)

    inside = [beat or may_be_row(trace) for trace, beat in zip(traces, beats, strict=True)]
    first, last = inside.index(True), len(traces) - inside[::-1].index(True)
    return traces[first:last]


def _between(line: Line) -> float | None:
    """Pixels from one narrow wave to the next of the same shape; None where there are none."""
    if not _moves(line):
        return None
    between = _in_waves(line.columns, line.middle, (-line.upper, line.lower), _LEAST_WAVES)
    if between is not None:
        return between
    # A baseline that drifts by more than the beats are high.
    drift = ndimage.median_filter(line.middle, max(3, len(line.columns) // _DRIFTS), mode="nearest")
    sides = drift - line.upper, line.lower - drift
    return _in_waves(line.columns, line.middle - drift, sides, _LEAST_ON_DRIFT)


def _in_waves(columns: NDArray[np.int64], middle: Floats, sides: Sequence[Floats], fewest: int) -> float | None:
    """Pixels from one narrow wave to the next of at least so many, by a line's middle and its edges, each upwards."""
    rise = float(np.ptp(middle))
    for values in sides:
        height = float(values.max() - np.median(values))
        if height < _HIGH * rise:
            continue
        # What dips between waves of the other direction doesn't leave the level.
        least = float(np.median(values)) + _STANDS_OUT * height
        peaks, properties = find_peaks(values, height=least, prominence=_STANDS_OUT * height, width=0, rel_height=0.5)
        if len(peaks) < fewest:
            continue
        widths = properties["widths"]
        # T waves may be as tall as what comes before them.
        for chosen in (np.ones(len(peaks), np.bool_), widths <= _AS_NARROW * np.quantile(widths, 0.25)):
            between = _evenly(middle, columns, peaks[chosen], widths[chosen], fewest)
            if between is not None:
                return between
    return None


def _evenly(
    heights: Floats, columns: NDArray[np.int64], peaks: NDArray[np.int64], widths: Floats, fewest: int
) -> float | None:
    """Pixels from one to the next of ``peaks``; None where they are too few, wide or of different shapes."""
    if len(peaks) < fewest:
        return None
    between = float(np.median(np.diff(columns[peaks])))
    narrow = float(np.median(widths)) < _NARROW * between
    return between if narrow and _are_alike(heights, peaks, between) else None


def _are_alike(heights: NDArray[np.float64], peaks: NDArray[np.int64], between: float) -> bool:
    """Whether most waves have the same shape: those of charts and drawings differ."""
    reach = max(2, round(_AROUND * between))
    whole = [peak for peak in peaks.tolist() if reach <= peak < len(heights) - reach]
    if len(whole) < _LEAST_WAVES - 1:
        return False
    waves = np.array([heights[peak - reach : peak + reach + 1] for peak in whole])
    waves = waves - waves.mean(axis=1, keepdims=True)
    usual = np.median(waves, axis=0)
    lengths = np.linalg.norm(waves, axis=1) * np.linalg.norm(usual)
    likeness = waves @ usual / np.maximum(lengths, 1e-9)
    return bool((likeness >= _ALIKE).mean() >= _MOST)


def breaks_off(traces: Sequence[Trace], begin: float, end: float, millimetre: float) -> bool:
    """Whether several rows leap at each quarter, or at the middle, of their length."""
    if len(traces) < 3:
        return False
    parts = 2 if len(traces) == 6 else 4
    leaps = [
        sum(_leaps(trace, begin + number * (end - begin) / parts, millimetre) for trace in traces)
        for number in range(1, parts)
    ]
    return all(leap >= 2 for leap in leaps)


def _leaps(trace: Trace, x: float, millimetre: float) -> bool:
    line = trace.line
    near = np.abs(line.columns - x) <= 1.0 * millimetre
    columns, middle = line.columns[near], line.middle[near]
    if len(columns) < 4:
        return True
    steps = np.abs(np.diff(middle))
    return bool(np.diff(columns).max() > 2 or steps.max() > _LEAP * millimetre)
