"""What the header of a recording says, checked before anything is done for it."""

from __future__ import annotations

import itertools
import math
from typing import Any, Final

from inference_server.generated.ecg.v1 import recording_pb2 as pb
from inference_server.generated.ecg.v1 import rhythm_pb2
from inference_server.workers.recording_tasks import RecordingFacts, RecordingRefused

LEAST_RATE: Final = 100.0
GREATEST_RATE: Final = 2000.0
"""Samples a second; as :mod:`ecg.signal.resampling` has them, whose SciPy the front doesn't load."""

MOST_LEADS: Final = 12
_MOST_NAME_BYTES: Final = 64
_MOST_PAUSES: Final = 16

_ENCODINGS: Final = {
    pb.SAMPLE_ENCODING_FLOAT32: "FLOAT32",
    pb.SAMPLE_ENCODING_INT16: "INT16",
    pb.SAMPLE_ENCODING_INT32: "INT32",
}

#: Bounds of definitions: whole numbers, then others.
_MOST_COUNT: Final = 1000
_LEAST_SECONDS: Final = 1.0
_MOST_NUMBER: Final = 86_400.0


def checked(header: pb.RecordingHeader, max_seconds: float) -> RecordingFacts:
    """What a header says.

    Raises:
        RecordingRefused: it says what can't be, or more than is taken.
    """
    rate, leads = header.rate, header.leads
    if not LEAST_RATE <= rate <= GREATEST_RATE:
        message = f"Recordings from {LEAST_RATE:g} to {GREATEST_RATE:g} Hz are analysed, not of {rate:g} Hz."
        raise RecordingRefused("RECORDING_RATE_INVALID", message, field="header.rate")
    if not leads:
        raise RecordingRefused("RECORDING_NO_ECG", "The header names no lead.", field="header.leads")
    if len(leads) > MOST_LEADS:
        message = f"The recording has {len(leads)} leads; the limit is {MOST_LEADS}."
        raise RecordingRefused("RECORDING_TOO_MANY_LEADS", message, field="header.leads")
    if header.encoding not in _ENCODINGS:
        message = "The header doesn't say how samples are written, or in a way that isn't known here."
        raise RecordingRefused("RECORDING_ENCODING_UNKNOWN", message, field="header.encoding")
    if header.samples < 1:
        raise RecordingRefused("RECORDING_EMPTY", "The header announces no samples.", field="header.samples")
    if header.samples > max_seconds * rate:
        message = f"The recording lasts {header.samples / rate:,.0f} s; the limit is {max_seconds:,.0f} s."
        raise RecordingRefused("RECORDING_TOO_LONG", message, field="header.samples")
    return RecordingFacts(
        rate=rate,
        samples=header.samples,
        leads=_names(header),
        scales=tuple(_scale(lead, f"header.leads[{place}]") for place, lead in enumerate(leads)),
        encoding=_ENCODINGS[header.encoding],
    )


def _names(header: pb.RecordingHeader) -> tuple[str, ...]:
    names = tuple(lead.name for lead in header.leads)
    for place, name in enumerate(names):
        if not name or len(name.encode()) > _MOST_NAME_BYTES or name in names[:place]:
            message = f"A lead needs a name of its own, of at most {_MOST_NAME_BYTES} bytes."
            raise RecordingRefused("RECORDING_LEAD_INVALID", message, field=f"header.leads[{place}].name")
    return names


def _scale(lead: pb.RecordingLead, field: str) -> tuple[float, float]:
    step = lead.millivolts_per_unit if lead.HasField("millivolts_per_unit") else 1.0
    if not math.isfinite(step) or not step or not math.isfinite(lead.offset_millivolts):
        message = "A unit of a lead has a number of millivolts that is not 0, and the value 0 has one."
        raise RecordingRefused("RECORDING_SCALE_INVALID", message, field=f"{field}.millivolts_per_unit")
    return step, lead.offset_millivolts


def chosen_settings(message: rhythm_pb2.RhythmSettings) -> dict[str, Any]:
    """The definitions that a header has, by the names of :class:`ecg.rhythm.settings.RhythmSettings`.

    Raises:
        RecordingRefused: one of them can't be.
    """
    chosen: dict[str, Any] = {}
    for field, value in message.ListFields():
        several = list(value) if field.name == "pauses_seconds" else [value]
        ascending = all(earlier < other for earlier, other in itertools.pairwise(several))
        if len(several) > _MOST_PAUSES or not ascending or not all(map(_can_be, several)):
            text = f"The definition {field.name} can't be {value}."
            raise RecordingRefused("RECORDING_SETTINGS_INVALID", text, field=f"header.settings.{field.name}")
        chosen[field.name] = several if field.name == "pauses_seconds" else value
    return chosen


def _can_be(value: float) -> bool:
    return 1 <= value <= _MOST_COUNT if isinstance(value, int) else _LEAST_SECONDS <= value <= _MOST_NUMBER
