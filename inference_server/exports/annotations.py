"""Beats and rhythm as WFDB annotations: what other programs read beside the recording.

Beats carry the code of their class, waves in ventricular fibrillation ``!``, what a person called no beat ``|``
(isolated artifact that looks like a QRS complex). Changes of rhythm are ``+`` with the text
that MIT-BIH has for them, and ventricular fibrillation is between ``[`` and ``]`` as well. ``(N`` says that none of the
others is there. Two marks never share a sample, which WFDB's own programs don't take; beats keep theirs.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

import numpy as np

from ecg.formats import wfdb_annotations
from ecg.recording import Annotations
from inference_server.classification.recordings import EpisodeKind, RecordingAnalysis, RecordingEpisode
from inference_server.exports.corrections import Corrections
from inference_server.exports.symbols import symbols_of

#: Of rhythms at the same time the first is written; tachycardia, bradycardia and pauses are no rhythms of their own.
_RHYTHMS: Final = ("(VFL", "(VT", "(IVR", "(SVTA", "(B", "(T", "(AFIB")
_NONE: Final = "(N"
_ARTIFACT: Final = "|"
_TEXTS: Final = {
    EpisodeKind.VENTRICULAR_FIBRILLATION: "(VFL",
    EpisodeKind.SUPRAVENTRICULAR_RUN: "(SVTA",
    EpisodeKind.BIGEMINY: "(B",
    EpisodeKind.TRIGEMINY: "(T",
    EpisodeKind.ATRIAL_FIBRILLATION: "(AFIB",
}
#: Text of the mark at sample 0 that gives a file a rate of its own (annot(5)).
_RESOLUTION: Final = "## time resolution: "

_Mark = tuple[int, str, str]


def annotations_of(analysis: RecordingAnalysis, corrections: Corrections | None = None) -> Annotations:
    """Beats and changes of rhythm, at the recording's rate, in order of time; what ``corrections`` left out as well."""
    beats = [
        (sample, symbol, "")
        for sample, symbol in zip(analysis.beats.samples.tolist(), symbols_of(analysis).tolist(), strict=True)
    ]
    if corrections is not None:
        beats += [(sample, _ARTIFACT, "") for sample in _left_out(corrections)]
    marks = sorted([*beats, *_apart(_rhythm_marks(analysis), {sample for sample, _, _ in beats})])
    samples, symbols, notes = zip(*marks, strict=True) if marks else ((), (), ())
    return Annotations(np.array(samples, np.int64), np.array(symbols, np.str_), np.array(notes, np.str_))


def annotation_file(analysis: RecordingAnalysis, corrections: Corrections | None = None) -> bytes:
    """:func:`annotations_of` in MIT format; the file says its rate itself."""
    resolution = Annotations(
        np.zeros(1, np.int64), np.array(['"']), np.array([f"{_RESOLUTION}{np.format_float_positional(analysis.rate)}"])
    )
    return wfdb_annotations.encode(resolution)[:-2] + wfdb_annotations.encode(annotations_of(analysis, corrections))


def _left_out(corrections: Corrections) -> list[int]:
    """Samples of the model's beats that a person called none."""
    samples: list[int] = np.delete(corrections.said.beats.samples, corrections.places).tolist()
    return samples


def _text_of(episode: RecordingEpisode, tachycardia_rate: float) -> str | None:
    if episode.kind is EpisodeKind.VENTRICULAR_RUN:
        return "(VT" if (episode.rate or 0) > tachycardia_rate else "(IVR"
    return _TEXTS.get(episode.kind)


def _rhythm_marks(analysis: RecordingAnalysis) -> Iterator[_Mark]:
    """A mark before each change of rhythm, and after its last beat."""
    last = analysis.samples - 1
    changes: list[tuple[int, int, str]] = []
    for episode in analysis.episodes:
        text = _text_of(episode, analysis.measures.settings.ventricular_run_rate)
        if text is None:
            continue
        begin = max(0, round(episode.begin * analysis.rate) - 1)
        end = min(last, round(episode.end * analysis.rate) + 1)
        changes += [(begin, 1, text), (end, -1, text)]
        if text == "(VFL":
            yield begin, "[", ""
            yield end, "]", ""
    under_way = dict.fromkeys(_RHYTHMS, 0)
    now = _NONE
    begins_otherwise = any(sample == 0 for sample, _, _ in changes)
    if not begins_otherwise:
        yield 0, "+", _NONE
    for sample, several in itertools.groupby(sorted(changes), key=lambda change: change[0]):
        for _, step, text in several:
            under_way[text] += step
        rhythm = next((text for text in _RHYTHMS if under_way[text]), _NONE)
        if rhythm != now:
            yield sample, "+", rhythm
            now = rhythm


def _apart(marks: Iterator[_Mark], taken: set[int]) -> Iterator[_Mark]:
    """The marks, each moved on to the next sample that has none."""
    for sample, symbol, note in sorted(marks, key=lambda mark: mark[0]):
        free = sample
        while free in taken:
            free += 1
        taken.add(free)
        yield free, symbol, note
