"""The three tables of an archive: a row for each recording, for each beat, and for each failure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from archive.items import Refusal
from inference_server.classification import Classification, Verdict
from inference_server.classification.recordings import RecordingAnalysis
from inference_server.exports.counting import known_intervals
from inference_server.exports.document import document

NAMES: Final = ("recordings", "beats", "failures")
"""Of the tables, and of their folders."""

BEATS: Final = pa.schema(
    [
        ("file", pa.string()),
        ("sample", pa.int64()),
        ("time_s", pa.float64()),
        ("class", pa.string()),
        ("probability", pa.float32()),
        ("verdict", pa.string()),
        ("plausible", pa.list_(pa.string())),
        ("family", pa.int16()),
        ("interval_s", pa.float64()),
        ("wave", pa.bool_()),
    ]
)
"""The columns of ``NAME.beats.csv`` (:data:`inference_server.exports.beat_table.COLUMNS`), and whose beat it is. Of a
picture of one beat, which has no time, what would say one is null.
"""

FAILURES: Final = pa.schema(
    [("file", pa.string()), ("reason", pa.string()), ("message", pa.string()), ("left_out", pa.bool_())]
)
"""``left_out``: it is no recording and no picture, so that nobody was asked about it."""


class Tables(NamedTuple):
    """Rows of the three tables, in the order of :data:`NAMES`."""

    recordings: pa.Table
    beats: pa.Table
    failures: pa.Table


def recordings_schema(classes: Sequence[str]) -> pa.Schema:
    """The columns of recordings, for models that know ``classes``.

    ``source`` is ``recording``, ``page`` (a picture of a strip or page) or ``beat`` (a picture of one beat); burdens
    are percent of the beats, of fibrillation percent of the time; ``document`` is ``NAME.json`` of ``analyze --out``.
    """
    counts = [(f"beats_{short}", pa.int64()) for short in classes]
    measures = [(name, pa.float64()) for name in _MEASURES]
    return pa.schema(
        [
            ("file", pa.string()),
            ("source", pa.string()),
            ("model", pa.string()),
            ("start", pa.string()),
            ("duration_s", pa.float64()),
            ("rate", pa.float64()),
            ("samples", pa.int64()),
            ("leads", pa.list_(pa.string())),
            ("beats", pa.int64()),
            ("confident", pa.int64()),
            *counts,
            *measures,
            ("pauses", pa.int64()),
            ("warnings", pa.list_(pa.string())),
            ("document", pa.string()),
        ]
    )


#: Columns that are measures, and where in the document they stand.
_MEASURES: Final = {
    "analysable_s": ("analysable_seconds",),
    "heart_rate": ("heart_rate", "mean"),
    "ventricular_burden": ("ventricular", "burden"),
    "supraventricular_burden": ("supraventricular", "burden"),
    "atrial_fibrillation_burden": ("atrial_fibrillation", "burden"),
    "paced_share": ("paced_share",),
    "sdnn": ("variability", "sdnn"),
    "rmssd": ("variability", "rmssd"),
}


def schemas(classes: Sequence[str]) -> tuple[pa.Schema, pa.Schema, pa.Schema]:
    """The columns of the three tables."""
    return recordings_schema(classes), BEATS, FAILURES


def tables(
    classes: Sequence[str], recordings: Iterable[Mapping[str, Any]] = (), failures: Iterable[Mapping[str, Any]] = ()
) -> Tables:
    """Tables of these rows, and without beats."""
    return Tables(
        pa.Table.from_pylist(list(recordings), recordings_schema(classes)),
        BEATS.empty_table(),
        pa.Table.from_pylist(list(failures), FAILURES),
    )


def of_failure(file: str, refusal: Refusal, classes: Sequence[str], *, left_out: bool = False) -> Tables:
    """What is written of something that has no answer."""
    message = refusal.message.encode("utf-8", "backslashreplace").decode()
    row = {"file": file, "reason": refusal.reason, "message": message, "left_out": left_out}
    return tables(classes, failures=[row])


def of_recording(
    file: str, name: str, source: str, analysis: RecordingAnalysis, start: datetime | None, classes: Sequence[str]
) -> Tables:
    """What is written of a recording.

    Args:
        file: What it is called by.
        name: Of its file, without its folder; stands in the document.
        source: ``recording`` or ``page``.
        analysis: All that is said about it.
        start: When it began.
        classes: See :func:`recordings_schema`.
    """
    whole = document(analysis, name, start)
    row = {
        "file": file,
        "source": source,
        "model": f"{analysis.model.name}/{analysis.model.version}",
        **{column: whole[column] for column in ("start", "duration_s", "rate", "samples", "leads", "beats")},
        "confident": whole["confident"],
        **{f"beats_{short}": whole["classes"].get(short, 0) for short in classes},
        **{column: _at(whole["measures"], path) for column, path in _MEASURES.items()},
        "pauses": len(whole["measures"]["pauses"]["episodes"]),
        "warnings": [warning["reason"] for warning in whole["warnings"]],
        "document": json.dumps(whole, ensure_ascii=True, allow_nan=False),
    }
    return tables(classes, [row])._replace(beats=_beats(file, analysis))


def of_beat(file: str, said: Classification, classes: Sequence[str]) -> Tables:
    """What is written of a picture of one beat; of one that shows none, the reason."""
    if said.verdict is Verdict.NOT_A_BEAT:
        reason = said.reason.value if said.reason is not None else Verdict.NOT_A_BEAT.value
        return of_failure(file, Refusal(reason, "The picture doesn't show one beat."), classes)
    row = {
        "file": file,
        "source": "beat",
        "model": f"{said.model_name}/{said.model_version}",
        "leads": [],
        "beats": 1,
        "confident": int(said.verdict is Verdict.CONFIDENT),
        **{f"beats_{short}": int(short == said.beat_class.short) for short in classes},
        "warnings": [],
    }
    beat = {
        "file": file,
        "class": said.beat_class.short,
        "probability": said.probability,
        "verdict": said.verdict.value,
        "plausible": [kind.short for kind in said.prediction_set],
        "wave": False,
    }
    return tables(classes, [row])._replace(beats=pa.Table.from_pylist([beat], BEATS))


def _beats(file: str, analysis: RecordingAnalysis) -> pa.Table:
    beats = analysis.beats
    count = len(beats)
    names = np.array([kind.short for kind in analysis.model.classes], object)
    verdicts = np.where(beats.confident, Verdict.CONFIDENT.value, Verdict.UNCERTAIN.value)
    return pa.table(
        {
            "file": pa.repeat(pa.scalar(file, pa.string()), count),
            "sample": beats.samples,
            "time_s": beats.samples / analysis.rate,
            "class": pa.array(names[beats.classes], pa.string()),
            "probability": beats.probabilities[np.arange(count), beats.classes],
            "verdict": pa.array(verdicts, pa.string()),
            "plausible": _plausible(beats.probabilities, beats.plausible, names),
            "family": pa.array(beats.families + 1, pa.int16(), mask=beats.families < 0),
            "interval_s": pa.array(known_intervals(analysis), pa.float64(), from_pandas=True),
            "wave": beats.fibrillates,
        },
        schema=BEATS,
    )


def _plausible(
    probabilities: NDArray[np.float32], plausible: NDArray[np.bool_], names: NDArray[np.object_]
) -> pa.ListArray:
    """``[n]`` lists of the plausible classes, the most probable first."""
    order = np.argsort(-probabilities, axis=1, kind="stable")
    kept = np.take_along_axis(plausible, order, axis=1)
    ends = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(names[order[kept]], pa.string()))


def _at(measures: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = measures
    for key in path:
        value = value[key]
    return value
