"""What is read of pictures in every layout, and of pictures that are no beat: agreement with what was drawn, refusals.

The same beats are drawn in each kind of layout (:mod:`training.pictures.layout_kinds`). What is read of a picture is
held against the samples that were drawn, at the times at which the canvas shows them, and a served model answers for
the canonical pixels and for the redrawn ones. The model may have learned from these people: its figures compare kinds
of pictures, they are no accuracy for new people.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ecg.beats import SAMPLING_RATE, WINDOW_AFTER, WINDOW_BEFORE
from ecg.classes import CLASS_SETS, index_of_symbols
from ecg.pictures.canonical import to_pixels
from ecg.pictures.ink import placing
from ecg.pictures.ink.opening import open_picture
from ecg.pictures.ink.placing import Placed, Scale
from ecg.pictures.ink.reading import ReadBeat, pixels_of, read_beat
from ecg.pictures.ink.redraw import pixels_of_trace
from inference_server.classification import Verdict
from training.databases.marked import MarkedRecording, mitdb
from training.evaluation.metrics import TableRow
from training.evaluation.served_model import Subject
from training.pictures import layout_kinds
from training.pictures.layouts import Drawn, Layout, painted
from training.pictures.nonbeats.groups import FITTING, TESTING

#: Seconds of the lead that are kept on each side of a beat, and most beats of one class of one record.
_REACH: Final = 4 * SAMPLING_RATE
_PER_RECORD: Final = 6
#: Lags at which a trace that was read is held against what was drawn, milliseconds.
_LAGS: Final = np.arange(-60, 61, 2)
#: Samples that must have been drawn and read to compare them.
_LEAST_SAMPLES: Final = 20
#: Two traces agree from this correlation on.
_AGREE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Stretch:
    """A beat with its surroundings."""

    lead: NDArray[np.float32]
    """Millivolts at 360 Hz."""
    r_peak: int
    """Sample of the R peak in ``lead``."""
    intervals: tuple[float, float]
    """RR interval before and after, seconds."""
    label: int
    """Index of its class."""


def stretches_of(folder: Path, class_set: str, count: int, seed: int = 0) -> list[Stretch]:
    """Beats of MIT-BIH in its records' primary leads, of all classes and people alike, in an order by chance.

    Raises:
        RecordsError: ``folder`` can't be read.
    """
    generator = np.random.default_rng(seed)
    index = index_of_symbols(CLASS_SETS[class_set])
    by_class: dict[int, list[Stretch]] = {}
    for name in mitdb.record_names(folder):
        recording = mitdb.read_recording(folder, name)
        for symbol in np.unique(recording.symbols).tolist():
            if symbol in index:
                chosen = _some(recording, symbol, generator)
                by_class.setdefault(index[symbol], []).extend(
                    _stretch(recording, place, index[symbol]) for place in chosen
                )
    per_class = -(-count // len(by_class))
    kept = [
        stretches[place]
        for stretches in by_class.values()
        for place in generator.permutation(len(stretches))[:per_class]
    ]
    return [kept[place] for place in generator.permutation(len(kept))[:count]]


def _some(recording: MarkedRecording, symbol: str, generator: np.random.Generator) -> NDArray[np.int64]:
    """Places of some beats of one kind that have their surroundings within the recording."""
    inside = (recording.samples >= _REACH) & (recording.samples < len(recording.signal) - _REACH)
    inside[[0, -1]] = False
    return generator.permutation(np.flatnonzero(inside & (recording.symbols == symbol)))[:_PER_RECORD]


def _stretch(recording: MarkedRecording, place: int, label: int) -> Stretch:
    before, here, after = recording.samples[place - 1 : place + 2].tolist()
    lead = recording.signal[here - _REACH : here + _REACH, recording.primary]
    return Stretch(lead, _REACH, ((here - before) / SAMPLING_RATE, (after - here) / SAMPLING_RATE), label)


class Agreement(NamedTuple):
    """How what was read compares with what was drawn."""

    correlation: float
    """Of heights at the times at which the canvas shows them."""
    lag_ms: float
    """By how much later what was read correlates best, milliseconds."""
    aligned: float
    """The correlation there."""


def agreement(stretch: Stretch, layout: Layout, drawn: Drawn, read: ReadBeat) -> Agreement | None:
    """Hold the trace that was read against the samples that were drawn; None where they have nothing in common."""
    if read.placed is None:
        return None
    count, before = len(drawn.points), round(layout.before * SAMPLING_RATE)
    first = stretch.r_peak - before
    signal = stretch.lead[np.clip(np.arange(first, first + count), 0, len(stretch.lead) - 1)].astype(np.float64)
    if read.scale is Scale.UNKNOWN:  # the canvas shows the drawing's own window
        times, seconds = np.arange(count) / (count - 1), (count - 1) / SAMPLING_RATE
    else:
        window = WINDOW_BEFORE + WINDOW_AFTER - 1
        times, seconds = (np.arange(count) - before + WINDOW_BEFORE) / window, window / SAMPLING_RATE
    visible = np.isfinite(drawn.points[:, 1])
    correlations = [_correlation(signal[visible], times[visible] + lag / 1000 / seconds, read.placed) for lag in _LAGS]
    best = int(np.argmax(correlations))
    return Agreement(correlations[len(_LAGS) // 2], float(_LAGS[best]), correlations[best])


def _correlation(signal: NDArray[np.float64], times: NDArray[np.float64], placed: Placed) -> float:
    finite = np.isfinite(placed.heights)
    ends = max(placed.times[0], 0.0), min(placed.times[-1], 1.0)
    inside = (times >= ends[0]) & (times <= ends[1])
    if np.count_nonzero(inside) < _LEAST_SAMPLES:
        return 0.0
    heights = np.interp(times[inside], placed.times[finite], placed.heights[finite])
    shown = signal[inside]
    if not heights.std() or not shown.std():
        return 0.0
    return float(np.corrcoef(heights, shown)[0, 1])


def layout_rows(subject: Subject, stretches: Sequence[Stretch], seed: int = 0) -> Iterator[TableRow]:
    """A row for each kind of layout: the same beats, drawn, encoded, read, redrawn and answered for."""
    height, width = subject.model.info.input_height, subject.model.info.input_width
    truth = np.array([stretch.label for stretch in stretches])
    for name, kind in layout_kinds.KINDS.items():
        generator = np.random.default_rng(seed)
        reads: list[ReadBeat] = []
        agreements: list[Agreement | None] = []
        before = []
        for stretch in stretches:
            layout = kind(generator, stretch.intervals)
            drawn = painted(stretch.lead, stretch.r_peak, layout, generator)
            data = encoded(drawn, layout)
            before.append(to_pixels(data, height=height, width=width))
            reads.append(read_beat(open_picture(data)))
            agreements.append(agreement(stretch, layout, drawn, reads[-1]))
        redrawn = np.stack([pixels_of(read, height=height, width=width) for read in reads])[..., None]
        by_extent = np.stack([_by_extent(read, height, width) for read in reads])[..., None]
        refused = np.array([read.reason is not None for read in reads])
        row: TableRow = {"layout": name, "n": len(stretches)}
        row |= _agreement_columns([agreement for agreement in agreements if agreement is not None])
        yield (
            row
            | {
                "scale_known": _share([read.scale is not Scale.UNKNOWN for read in reads]),
                "refused": _share(refused),
                "accuracy_canonical": _share(_top(subject, np.stack(before)) == truth),
                "accuracy_ink": _share((_top(subject, redrawn) == truth) & ~refused),
                "accuracy_ink_by_extent": _share((_top(subject, by_extent) == truth) & ~refused),
            }
        )


def nonbeat_rows(
    subject: Subject, leads: Sequence[NDArray[np.float32]], count: int, seed: int = 0
) -> Iterator[TableRow]:
    """A row for each kind of picture that is no beat: how often it is refused, and with which reason mostly."""
    height, width = subject.model.info.input_height, subject.model.info.input_width
    for group, painters in (("fitting", FITTING), ("testing", TESTING)):
        for name, painter in painters.items():
            generator = np.random.default_rng(seed)
            pictures = [painter(generator, leads[int(generator.integers(len(leads)))]) for _ in range(count)]
            files = [_png(picture) for picture in pictures]
            reads = [read_beat(open_picture(data)) for data in files]
            reasons = Counter(read.reason for read in reads if read.reason is not None)
            before = subject.predict(np.stack([to_pixels(data, height=height, width=width) for data in files]))
            after = subject.predict(
                np.stack([pixels_of(read, height=height, width=width) for read in reads])[..., None]
            )
            refused = np.array([read.reason is not None for read in reads])
            yield {
                "group": group,
                "kind": name,
                "n": count,
                "refused": _share(refused),
                "reason": reasons.most_common(1)[0][0].value if reasons else "",
                "not_a_beat_canonical": _share(before.verdicts == Verdict.NOT_A_BEAT.value),
                "not_a_beat_ink": _share(refused | (after.verdicts == Verdict.NOT_A_BEAT.value)),
            }


def leads_of(folder: Path, records: Sequence[str] = ("100", "119", "208", "213", "231")) -> list[NDArray[np.float32]]:
    """The first leads of some records, for pictures that show recordings.

    Raises:
        RecordsError: one of them can't be read.
    """
    return [mitdb.read_recording(folder, name).signal[:, 0] for name in records]


def encoded(drawn: Drawn, layout: Layout) -> bytes:
    """The file that a user would send: JPEG where the layout's camera says so, else PNG."""
    if layout.camera is None or layout.camera.jpeg is None:
        return _png(drawn.image)
    file = io.BytesIO()
    drawn.image.save(file, "JPEG", quality=95)  # compressed as the layout says already
    return file.getvalue()


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _by_extent(read: ReadBeat, height: int, width: int) -> NDArray[np.uint8]:
    """What was read, redrawn as if nothing were known of its scale."""
    if read.points is None:
        return pixels_of(read, height=height, width=width)
    placed = placing.by_extent(*read.points)
    return pixels_of_trace(placed.times, placed.heights, height=height, width=width)


def _top(subject: Subject, pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    return np.asarray(subject.predict(pixels).probabilities.argmax(axis=1))


def _share(of: NDArray[np.bool_] | list[bool]) -> float:
    return round(float(np.mean(of)), 4)


def _agreement_columns(agreements: list[Agreement]) -> TableRow:
    if not agreements:
        return dict.fromkeys(("correlation", "correlation_aligned", "agreeing", "lag_ms"))
    correlation, lag, aligned = np.array(agreements).T
    return {
        "correlation": round(float(correlation.mean()), 4),
        "correlation_aligned": round(float(aligned.mean()), 4),
        "agreeing": round(float((aligned >= _AGREE).mean()), 4),
        "lag_ms": round(float(np.abs(lag).mean()), 1),
    }
