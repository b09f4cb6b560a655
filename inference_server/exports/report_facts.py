"""What a report says beside its tables: what was recorded, how certain it is, and what people corrected in it."""

from __future__ import annotations

from collections.abc import Iterator

from ecg.recording import Recording
from inference_server.classification import BeatClass
from inference_server.classification.recordings import RecordingAnalysis
from inference_server.exports import report_tables
from inference_server.exports.corrections import Corrections
from inference_server.exports.report_tables import Row
from inference_server.exports.wording import UNKNOWN, Wording


def fact_rows(
    analysis: RecordingAnalysis, recording: Recording, words: Wording, corrections: Corrections | None = None
) -> Iterator[Row]:
    """What is known, and its value; quality lead by lead at last."""
    beats = int((~analysis.beats.fibrillates).sum())
    kinds = ", ".join(
        f"{name_of(kind, words)} {words.number(analysis.counts()[kind.short])}"
        for kind in analysis.model.classes
        if analysis.counts()[kind.short]
    )
    start = (
        words("from {begin}", begin=f"{recording.start:%Y-%m-%d %H:%M:%S}")
        if recording.start
        else words("(when is not known)")
    )
    recorded = words(
        "{length} {start}, {rate} samples a second",
        length=report_tables.clock(analysis.seconds),
        start=start,
        rate=words.short(analysis.rate),
    )
    yield words("Recorded"), recorded
    yield words("Leads"), ", ".join(analysis.leads)
    yield words("Beats"), f"{words.number(beats)}: {kinds}" if kinds else words.number(beats)
    yield words("Certain of"), certainty(analysis, words, corrections)
    for lead, share, wrong in report_tables.quality_rows(analysis, words):
        yield words("Lead {lead}", lead=lead), f"{share}; {wrong}"


def name_of(kind: BeatClass, words: Wording) -> str:
    """``Paced (PACED)``."""
    return f"{words(kind.name)} ({kind.short})"


def certainty(analysis: RecordingAnalysis, words: Wording, corrections: Corrections | None = None) -> str:
    """How many beats the model is certain of, of those that nobody judged."""
    counted = ~analysis.beats.fibrillates
    if corrections is not None:
        counted &= ~corrections.judged
    beats = int(counted.sum())
    if not beats:
        return UNKNOWN
    confident = int((analysis.beats.confident & counted).sum())
    share = words.percent(confident / beats)
    known = {"confident": words.number(confident), "beats": words.number(beats), "share": share}
    if corrections is None:
        text = "{confident} of {beats} beats ({share}); the model's own statement, not checked by anybody"
        return words(text, **known)
    text = "{confident} of {beats} beats that no person judged ({share}); the model's own statement"
    return words(text, **known)


def correction_summary(analysis: RecordingAnalysis, words: Wording, corrections: Corrections) -> str:
    """How many beats people judged, a sentence."""
    return words(
        "{judged} beats were given their class by a person, {changed} of them another one than by the model; {left_out}"
        " were called no beats and count nowhere.",
        judged=words.number(int(corrections.judged.sum()) + corrections.left_out),
        changed=words.number(corrections.changed(analysis)),
        left_out=words.number(corrections.left_out),
    )


def other_rows(analysis: RecordingAnalysis, words: Wording, corrections: Corrections) -> list[Row]:
    """Measures that corrections changed: name, by the model alone, with corrections."""
    pairs = zip(
        report_tables.MeasureRows(analysis, words), report_tables.MeasureRows(corrections.said, words), strict=True
    )
    rows: list[Row] = []
    name = ""
    for now, before in pairs:
        name = now[0] or name
        if now[1] != before[1]:
            rows.append((name, before[1], now[1]))
    return rows
