"""What was read of a strip or page as a recording: leads by name on one axis of time, with gaps where none stands."""

from __future__ import annotations

import numpy as np

from ecg.leads import distinct, in_printed_order
from ecg.pictures.pages.result import MESSAGES, RATE, Lead, PageReading
from ecg.recording import Recording, RecordingWarning


def recording_of(reading: PageReading) -> Recording:
    """The leads of a page, each at its place in time.

    The twelve standard leads come first, in their usual order. A lead that stands there twice is one: the longer
    stretch, with the other where that has gaps. A lead without a name is ``ECG1``, ``ECG2``, ….

    Raises:
        ValueError: nothing was read.
    """
    if not reading.leads:
        raise ValueError("There are no leads in the picture.")
    samples = max(_first(lead) + len(lead.millivolts) for lead in reading.leads)
    nameless = 0
    rows: dict[str, list[Lead]] = {}
    for lead in reading.leads:
        nameless += not lead.name
        rows.setdefault(lead.name or f"ECG{nameless}", []).append(lead)
    values = np.full((len(rows), samples), np.nan, np.float32)
    names = in_printed_order(list(rows))
    for row, name in zip(values, names, strict=True):
        for lead in sorted(rows[name], key=lambda stretch: -len(stretch.millivolts)):
            place = slice(_first(lead), _first(lead) + len(lead.millivolts))
            row[place] = np.where(np.isfinite(row[place]), row[place], lead.millivolts)
    recording = Recording.of_array(values, leads=tuple(distinct(names)), rate=RATE)
    warnings = tuple(RecordingWarning(warned, MESSAGES[warned]) for warned in reading.warnings)
    return Recording(recording.leads, recording.rate, recording.signal, warnings=warnings)


def _first(lead: Lead) -> int:
    """Its first sample on the page's axis of time."""
    return round(lead.begin * RATE)
