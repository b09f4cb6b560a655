"""Beats and what lasts as annotations of an EDF+ file without signals, to be opened beside the recording.

A beat's text is the short name of its class, that of an episode its kind, with its length (EDF+ 2003, section 2.2.2).
The file begins when the recording does; EDF+ has no fractions of a second there, so onsets carry them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import edfio

from inference_server.classification.recordings import RecordingAnalysis

FLUTTER_WAVE: Final = "FLUTTER_WAVE"
"""Text of what counts as no beat in ventricular flutter or fibrillation."""

#: Years that an EDF+ header can name.
_YEARS: Final = range(1985, 2085)


def edf_annotation_file(analysis: RecordingAnalysis, start: datetime | None) -> bytes:
    """The annotations as an EDF+C file; its date is left out where EDF+ can't name it."""
    fraction = start.microsecond / 1_000_000 if start else 0.0
    about = edfio.Recording(
        startdate=start.date() if start and start.year in _YEARS else None, equipment_code="Beatlens"
    )
    begin = start.replace(microsecond=0, tzinfo=None).time() if start else None
    annotations = sorted(_annotations(analysis, fraction), key=lambda annotation: annotation.onset)
    return edfio.Edf([], recording=about, starttime=begin, annotations=annotations).to_bytes()


def _annotations(analysis: RecordingAnalysis, fraction: float) -> Iterator[edfio.EdfAnnotation]:
    names = [kind.short for kind in analysis.model.classes]
    beats = analysis.beats
    columns = zip(beats.samples.tolist(), beats.classes.tolist(), beats.fibrillates.tolist(), strict=True)
    for sample, kind, fibrillates in columns:
        onset = round(sample / analysis.rate + fraction, 6)
        yield edfio.EdfAnnotation(onset, None, FLUTTER_WAVE if fibrillates else names[kind])
    for episode in analysis.episodes:
        length = round(episode.end - episode.begin, 6)
        yield edfio.EdfAnnotation(round(episode.begin + fraction, 6), length, episode.kind.value)
